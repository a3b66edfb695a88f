"""Whatever is sent, nothing of ours breaks: 300 malformed bodies of callbacks, and 300 lines of events. `make soak`
sends 10,000 of each to a real server.
"""

import logging
from collections.abc import Iterator

import pytest
from dash import Dash
from flask.testing import FlaskClient

from bench.fuzz import TAKES_EVENTS, Post, fuzz_callbacks, fuzz_events
from bench.malformed import Sent
from bench.sender import body_of
from bench.visitor import CALLBACKS
from bench.wellformed import EVENTS, callback_bodies
from dashapp.domain.access import TokenScope
from dashapp.store.tokens import create_token
from dashapp.web.desk import EXTENSION
from tests.web.served import browser
from tests.web.whole import NOW, made_store, whole_app


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    with whole_app(made_store(tmp_path_factory.mktemp("fuzz") / "store.sqlite")) as made:
        yield made


@pytest.fixture
def client(app: Dash) -> FlaskClient:
    return browser(app, app.server.extensions[EXTENSION].settings)


@pytest.fixture(scope="module")
def token(app: Dash) -> str:
    with app.server.extensions[EXTENSION].writer.begin() as connection:
        return create_token(connection, "feed", TokenScope.INGEST, NOW)


def poster(client: FlaskClient, **headers: str) -> Post:
    def post(path: str, sent: Sent) -> tuple[int, str]:
        answer = client.post(path, data=sent.body, headers={**headers, **sent.headers})
        return answer.status_code, answer.text

    return post


def broken(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [str(record.exc_info) for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


@pytest.mark.check(31)
def test_no_malformed_events_are_a_fault_of_ours(
    client: FlaskClient, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    outcome = fuzz_events(poster(client, Authorization=f"Bearer {token}"), 300)
    assert outcome.faults == []
    assert broken(caplog) == []
    assert set(outcome.statuses) == {200, 400, 415}
    honest = body_of([{**EVENTS[0], "id": "honest", "report_id": "honest"}])
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    assert client.post(TAKES_EVENTS, data=honest, headers=headers).get_json() == {"new": 1, "seen": 0, "refused": []}


@pytest.mark.check(31)
def test_no_malformed_question_to_a_callback_is_a_fault_of_ours(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    dependencies = client.get("/_dash-dependencies").get_json()
    outcome = fuzz_callbacks(poster(client), dependencies, 300)
    assert outcome.faults == []
    assert broken(caplog) == []
    assert {200, 400, 415} <= set(outcome.statuses)


@pytest.mark.check(31)
def test_what_pages_really_ask_is_answered(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    asked = callback_bodies(client.get("/_dash-dependencies").get_json())
    assert [client.post(CALLBACKS, json=body).status_code for body in asked] == [200] * len(asked)
    assert broken(caplog) == []


def test_what_is_not_on_a_page_is_not_computed_anew(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    asked = callback_bodies(client.get("/_dash-dependencies").get_json())
    [renewing, *_] = [body for body in asked if body["inputs"][0]["id"] == "renew"]
    renewing["inputs"][0]["value"] = "nothing"
    assert client.post(CALLBACKS, json=renewing).status_code == 400
    assert broken(caplog) == []


def test_events_may_be_more_than_other_bodies_may_be(client: FlaskClient, token: str) -> None:
    padded = body_of([{**EVENTS[0], "id": "padded", "report_id": "padded"}]) + b"\n" * 2_000_000
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    assert client.post(TAKES_EVENTS, data=padded, headers=headers).get_json()["new"] == 1
    refused = client.post(TAKES_EVENTS, data=padded, headers={**headers, "Authorization": "Bearer nobody's"})
    assert refused.status_code == 401


@pytest.mark.check(31)
def test_a_body_of_ten_megabytes_is_refused(client: FlaskClient) -> None:
    [body, *_] = callback_bodies(client.get("/_dash-dependencies").get_json())
    answer = client.post(CALLBACKS, json={**body, "more": "x" * 10_000_000})
    assert answer.status_code == 413
    assert "Traceback" not in answer.text
