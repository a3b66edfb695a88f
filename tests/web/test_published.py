"""What programs are told of published counts."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from dashapp.settings import Settings
from dashapp.store.writes import put_origin
from tests.published import publish
from tests.web.served import served

NOW = datetime(2024, 3, 31, 12, tzinfo=UTC)


def fill(engine: Engine, _: Settings) -> None:
    with engine.begin() as connection:
        put_origin(connection, "dsa", "import", NOW)
        publish(connection, "dsa", date(2024, 3, 30), days=40)


@pytest.fixture(scope="module")
def client(shared_url: str) -> Iterator[FlaskClient]:
    with served(shared_url, NOW, fill) as made:
        yield made


def test_the_window_ends_where_the_counts_do(client: FlaskClient) -> None:
    body = client.get("/api/v1/metrics/statements.json?range=2d&by=platform").json
    assert body["as_of"] == "2024-03-30"
    assert [(one["bucket"], one["group"], one["value"]) for one in body["points"]] == [
        ("2024-03-29", "Board", 1010),
        ("2024-03-29", "Chat", 1940),
        ("2024-03-30", "Board", 990),
        ("2024-03-30", "Chat", 1920),
    ]


def test_what_no_count_tells_is_a_wrong_question(client: FlaskClient) -> None:
    answer = client.get("/api/v1/metrics/statements.json?by=category&content_type=text")
    assert answer.status_code == 400
    assert answer.json == {
        "error": "Statements of reasons is not kept by category and content_type together: choose one."
    }


def test_the_csv_has_a_row_a_day_and_platform(client: FlaskClient) -> None:
    lines = client.get("/api/v1/metrics/disclosure_delay.csv?range=1d&by=platform").text.splitlines()
    assert lines == [
        "bucket,platform,value,n,low,high,provisional",
        "2024-03-30,Board,12.65,990,,,false",
        "2024-03-30,Chat,12.65,1920,,,false",
    ]
