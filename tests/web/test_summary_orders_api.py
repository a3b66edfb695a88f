from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from dashapp.domain.access import TokenScope
from dashapp.settings import Settings
from dashapp.store.orders import end_order, get_order, note_step
from dashapp.store.tokens import create_token
from dashapp.store.trail import changes_of
from dashapp.web.desk import Services
from tests.web.served import client_of

pytestmark = pytest.mark.both_engines

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
ADDRESS = "/api/v1/summaries"


@pytest.fixture
def client(settings: Settings, reader: Engine, writer: Engine) -> FlaskClient:
    return client_of(Services(settings, reader, lambda: NOW, writer))


@pytest.fixture
def bearer(writer: Engine) -> dict[str, str]:
    with writer.begin() as connection:
        return {"Authorization": f"Bearer {create_token(connection, 'report', TokenScope.SUMMARY, NOW)}"}


@pytest.fixture
def post(client: FlaskClient, bearer: dict[str, str]) -> Any:
    def posted(body: Any) -> TestResponse:
        return client.post(ADDRESS, json=body, headers=bearer)

    return posted


def test_an_order_is_put_on_the_list_and_can_be_followed(
    post: Any, client: FlaskClient, bearer: dict[str, str], writer: Engine
) -> None:
    answer = post({"week": "2024-W12", "filters": "severity=high&category=spam"})
    assert (answer.status_code, answer.json) == (202, {"order": 1, "state": "waiting"})
    place = answer.headers["Location"]
    assert place == "/api/v1/summaries/orders/1"
    told = {
        "order": 1,
        "week": "2024-W12",
        "filters": "category=spam&severity=high",
        "asked_at": "2024-04-01T12:00:00Z",
        "state": "waiting",
        "step": None,
        "made": None,
        "error": None,
    }
    assert client.get(place, headers=bearer).json == told
    with writer.begin() as connection:
        note_step(connection, 1, "measuring")
    assert client.get(place, headers=bearer).json == {**told, "state": "being made", "step": "measuring"}
    with writer.begin() as connection:
        end_order(connection, 1, NOW, ("2024-W12", 2))
    made = {**told, "state": "made", "made": {"week": "2024-W12", "version": 2}}
    assert client.get(place, headers=bearer).json == made


def test_one_that_failed_says_why(post: Any, client: FlaskClient, bearer: dict[str, str], writer: Engine) -> None:
    place = post({}).headers["Location"]
    with writer.begin() as connection:
        end_order(connection, 1, NOW, None, "no day of 2024-W14 is over yet")
    told = client.get(place, headers=bearer).json
    assert (told["state"], told["error"], told["made"]) == ("failed", "no day of 2024-W14 is over yet", None)


def test_without_week_and_filters_it_is_the_last_complete_week_of_everything(post: Any, writer: Engine) -> None:
    assert post({}).status_code == 202
    assert post({"week": None, "filters": ""}).json["order"] == 1
    with writer.connect() as connection:
        wanted = get_order(connection, 1)
        changes = changes_of(connection, "summary of the last week")
    assert wanted
    assert (wanted.week, wanted.filters, wanted.asked_by, wanted.asked_at) == (None, "", "token report", NOW)
    assert [(one.actor, one.action) for one in changes] == [("token report", "ordered")]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"week": "2024-12"}, "week: '2024-12' is not an ISO week such as 2024-W12"),
        ({"week": "2024-W60"}, "week: '2024-W60' is not an ISO week such as 2024-W12"),
        ({"week": "2024-W14"}, "week: no day of 2024-W14 is over yet"),
        ({"week": "9999-W52"}, "week: no day of 9999-W52 is over yet"),
        ({"week": 12}, "week: Input should be a valid string"),
        (
            {"filters": "severity=urgent"},
            "the filters cannot be read: severity: 'urgent' is not one of low, medium, high, critical",
        ),
        ({"filters": "colour=red"}, "the filters cannot be read: colour: not a known filter"),
        (
            {"filters": "category=spam&range=30d"},
            "filters: hold more than filters such as category=spam; a summary has its week's days",
        ),
        ({"filters": "x" * 2001}, "filters: String should have at most 2000 characters"),
        ({"offline": True}, "offline: Extra inputs are not permitted"),
        (["2024-W12"], "body: Input should be an object"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(post: Any, writer: Engine, body: Any, problem: str) -> None:
    answer = post(body)
    assert (answer.status_code, answer.json["error"]) == (400, "The order could not be read.")
    assert answer.json["problems"] == [problem]
    with writer.connect() as connection:
        assert get_order(connection, 1) is None


def test_a_body_that_is_no_json_is_refused(client: FlaskClient, bearer: dict[str, str]) -> None:
    as_json, as_text = ({**bearer, "Content-Type": kind} for kind in ("application/json", "text/plain"))
    assert client.post(ADDRESS, data=b"{week", headers=as_json).status_code == 400
    assert client.post(ADDRESS, data=b"\xff\x00", headers=as_json).status_code == 400
    assert client.post(ADDRESS, data=b"{}", headers=as_text).status_code == 415
    assert client.post(ADDRESS, data=b" " * 20_000, headers=as_json).status_code == 413


def test_only_tokens_for_summaries_may_order_and_follow(
    client: FlaskClient, post: Any, writer: Engine, bearer: dict[str, str]
) -> None:
    place = post({}).headers["Location"]
    with writer.begin() as connection:
        other = create_token(connection, "feed", TokenScope.INGEST, NOW)
    with_other = {"Authorization": f"Bearer {other}"}
    for headers, status in (({}, 401), ({"Authorization": "Bearer nobody"}, 401), (with_other, 403)):
        for answer in (client.post(ADDRESS, json={}, headers=headers), client.get(place, headers=headers)):
            assert answer.status_code == status
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    events = client.post("/api/v1/events", json=[], headers=bearer)
    assert (events.status_code, events.json["error"]) == (
        403,
        "This needs the permission ingest, which you do not have here.",
    )


def test_an_order_that_is_not_there_is_not_found(client: FlaskClient, bearer: dict[str, str]) -> None:
    answer = client.get(f"{ADDRESS}/orders/7", headers=bearer)
    assert (answer.status_code, answer.json["error"]) == (404, "There is no order 7, or not any more.")
    assert client.get(f"{ADDRESS}/orders/{10**30}", headers=bearer).status_code == 404


def test_no_more_than_twenty_may_wait(post: Any) -> None:
    for week in range(1, 21):
        assert post({"week": f"2023-W{week:02}"}).status_code == 202
    answer = post({"week": "2023-W21"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
