"""What is typed into addresses is looked for as it is, or refused: it is never part of a statement or of a path."""

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from bench.wellformed import callback_bodies
from dashapp.domain.vocabulary import Dim
from tests.web.served import browser
from tests.web.whole import made_store, whole_app

CALLBACKS = "/_dash-update-component"
DAYS = {"since": "2024-03-01", "until": "2024-03-29"}
SQL = (
    "' OR 1=1 --",
    '" OR ""="',
    "x') UNION SELECT digest FROM api_token --",
    "'; DROP TABLE flag; --",
    "spam' AND 1=randomblob(1000000000) --",
    "%",
    "_",
    "\\",
    ":origin",
    "%(origin)s",
    "$1",
    "?",
)
KEYS = (
    "range",
    "since",
    "until",
    "grain",
    "by",
    "compare",
    "method",
    "case",
    "board",
    "rank",
    "sort",
    "desc",
    "page",
    "q",
)
KEYS += ("last", "bin", "job", "outcome", "week", "version", "id")
CLIMBING = ("../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/wsgi.py", "..%5c..%5cwsgi.py", "..\\wsgi.py")
CLIMBING += ("....//wsgi.py", "%2fetc%2fpasswd", "/etc/passwd", "app.js%00.css", "..%252f..%252fwsgi.py", "../wsgi.py")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    settings = made_store(tmp_path_factory.mktemp("injected") / "store.sqlite")
    with whole_app(settings) as app:
        yield browser(app, settings)


@pytest.fixture(autouse=True)
def nothing_fails(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever is asked, the log has no error of ours."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def flags(client: FlaskClient, **asked: str) -> Any:
    answer = client.get(f"/api/v1/metrics/flags.json?{urlencode({**DAYS, **asked})}")
    assert answer.status_code == 200, answer.text
    return answer.get_json()["total"]["value"]


@pytest.mark.check(25)
@pytest.mark.parametrize("text", SQL)
def test_a_filter_is_looked_for_as_it_is_written(client: FlaskClient, text: str) -> None:
    every = flags(client)
    assert every > 0
    for dim in (Dim.CATEGORY, Dim.ORIGIN, Dim.REGION, Dim.TEAM, Dim.DETECTOR, Dim.MODEL_VERSION, Dim.MEDIA_TYPE):
        assert not flags(client, **{dim: text})
    rows = client.get(f"/export/flags.csv?{urlencode({**DAYS, 'category': text})}").text
    assert rows.count("\n") == 1
    assert flags(client) == every


@pytest.mark.check(25)
@pytest.mark.parametrize("address", ["/api/v1/metrics/flags.json", "/api/v1/metrics/flags.csv", "/export/flags.csv"])
@pytest.mark.parametrize("key", ["since", "grain", "by", "sort", "order", "limit", "severity; --"])
def test_a_parameter_that_cannot_be_read_is_refused_with_what_is_wrong(
    client: FlaskClient, address: str, key: str
) -> None:
    for text in SQL:
        answer = client.get(f"{address}?{urlencode({key: text})}")
        assert answer.status_code == 400
        assert answer.get_json()["error"].startswith("The question could not be read.")


@pytest.mark.check(25)
@pytest.mark.parametrize("key", KEYS)
def test_no_part_of_an_address_of_a_page_is_part_of_a_statement(client: FlaskClient, key: str) -> None:
    asked = callback_bodies(client.get("/_dash-dependencies").get_json())
    fills = [body for body in asked if body["output"] == "answer.data"]
    assert len(fills) > 8
    for body in fills:
        [path] = [part["value"] for part in body["state"]]
        for text in SQL[:4] if path in ("/flags", "/reports", "/status", "/summary", "/live") else SQL[:1]:
            body["inputs"][0]["value"] = urlencode({key: text})
            answer = client.post(CALLBACKS, json=body)
            assert answer.status_code == 200
            assert "could not be computed" not in answer.text
            assert "That did not work" not in answer.text


@pytest.mark.check(25)
def test_a_search_takes_marks_of_patterns_for_themselves(client: FlaskClient) -> None:
    asked = callback_bodies(client.get("/_dash-dependencies").get_json())
    [body] = [one for one in asked if one["output"] == "answer.data" and one["state"][0]["value"] == "/flags"]

    def rows(search: str) -> int:
        body["inputs"][0]["value"] = urlencode({"q": search, **DAYS})
        answer = client.post(CALLBACKS, json=body).get_json()["response"]["answer"]["data"]
        return "".join(answer["parts"].values()).count("<tr")

    assert rows("") > 10
    assert [rows(search) for search in ("%", "_", "' OR 1=1 --")] == [0, 0, 0]


@pytest.mark.check(27)
@pytest.mark.parametrize("path", CLIMBING)
@pytest.mark.parametrize("folder", ["assets", "static", "export", "api/v1/summaries", "_dash-component-suites/dash"])
def test_no_path_climbs_out_of_its_folder(client: FlaskClient, folder: str, path: str) -> None:
    with client.get(f"/{folder}/{path}") as answer:
        page = answer.status_code == 200 and answer.mimetype == "text/html"
        assert page or answer.status_code in (400, 403, 404), answer.status
        assert "root:" not in answer.text
        assert "create_app" not in answer.text


@pytest.mark.check(27)
@pytest.mark.parametrize("week", ["..%2f..%2fetc%2fpasswd", "2024-W12%2f..%2f..", "2024-W12%00", "%2e%2e"])
@pytest.mark.parametrize("ending", ["json", "md", "html", "pdf"])
def test_a_week_is_no_path(client: FlaskClient, week: str, ending: str) -> None:
    answer = client.get(f"/api/v1/summaries/{week}.{ending}")
    assert answer.status_code in (400, 404)
    assert answer.is_json
