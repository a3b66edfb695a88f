"""What is put to callbacks that no page of ours asks: refused with a word, without an error in the log."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient
from sqlalchemy import Engine

from dashapp.app import create_app, warm
from dashapp.settings import Settings
from dashapp.web.questions import VALUES
from tests.web.served import browser, laying_out

CALLBACKS = "/_dash-update-component"
JSON = "application/json"
ADDRESS: dict[str, Any] = {"id": "address", "property": "data", "value": ""}
TICK: dict[str, Any] = {"id": "refresh", "property": "n_intervals", "value": 0}
PAGE: dict[str, Any] = {"id": "page", "property": "data", "value": "/definitions"}
FILL: dict[str, Any] = {
    "output": "answer.data",
    "outputs": {"id": "answer", "property": "data"},
    "inputs": [ADDRESS, TICK],
    "state": [PAGE],
    "changedPropIds": ["address.data"],
    "parsedChangedPropsIds": ["address.data"],
}
GO = laying_out("/definitions")
BODIES = {
    "nothing": b"",
    "no JSON": b"output=answer.data",
    "half of JSON": json.dumps(FILL).encode()[:-1],
    "UTF-16": json.dumps(FILL).encode("utf-16"),
    "broken UTF-8": json.dumps(FILL).encode().replace(b"/definitions", b"/\xff"),
    "null": b"null",
    "a number": b"1e400",
    "a text": b'"answer.data"',
    "an array": json.dumps([FILL]).encode(),
    "an empty object": b"{}",
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a deep value": json.dumps(FILL).encode().replace(b'"value": ""', b'"value": ' + b"[" * 500 + b"]" * 500),
}
QUESTIONS: dict[str, dict[str, Any]] = {
    "an unknown output": {"output": "nope.data"},
    "an output of the browser's own": {"output": "theme.data"},
    "no output": {"output": None},
    "an output that is none": {"output": ["answer.data"]},
    "another place for the answer": {"outputs": {"id": "theme", "property": "data"}},
    "a place for the answer that is none": {"outputs": "answer.data"},
    "no inputs": {"inputs": []},
    "inputs that are none": {"inputs": "address"},
    "inputs in another order": {"inputs": [TICK, ADDRESS]},
    "one input too many": {"inputs": [ADDRESS, TICK, PAGE]},
    "another input": {"inputs": [ADDRESS, PAGE]},
    "an input that is a list": {"inputs": [[ADDRESS], TICK]},
    "an address that is a number": {"inputs": [{**ADDRESS, "value": 7}, TICK]},
    "an address that is an object": {"inputs": [{**ADDRESS, "value": {}}, TICK]},
    "half a character": {"inputs": [{**ADDRESS, "value": "region=\ud800"}, TICK]},
    "no number": {"inputs": [ADDRESS, {**TICK, "value": float("nan")}]},
    "a page that there is not": {"state": [{**PAGE, "value": "/nope"}]},
    "no page": {"state": []},
    "a page without value": {"state": [{"id": "page", "property": "data"}]},
    "changes that are none": {"changedPropIds": [1]},
    "something more": {"more": "x"},
}


@pytest.fixture
def app(settings: Settings, writer: Engine) -> Dash:
    made = create_app(settings)
    warm(made)
    return made


@pytest.fixture
def client(app: Dash, settings: Settings, caplog: pytest.LogCaptureFixture) -> Iterator[FlaskClient]:
    """A client whose questions leave no error in the log."""
    yield browser(app, settings)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def refused(client: FlaskClient, body: bytes, status: int = 400) -> None:
    answer = client.post(CALLBACKS, data=body, content_type=JSON)
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    assert client.post(CALLBACKS, json=FILL).status_code == 200


@pytest.mark.parametrize("question", [FILL, GO], ids=["fill", "go"])
def test_what_a_page_asks_is_answered(client: FlaskClient, question: dict[str, Any]) -> None:
    assert client.post(CALLBACKS, json=question).status_code == 200


@pytest.mark.check(31)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_question_is_refused(client: FlaskClient, body: bytes) -> None:
    refused(client, body)


@pytest.mark.check(31)
@pytest.mark.parametrize("change", QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_that_no_page_asks_is_refused(client: FlaskClient, change: dict[str, Any]) -> None:
    refused(client, json.dumps({**FILL, **change}).encode())


@pytest.mark.check(31)
def test_a_body_of_ten_megabytes_is_refused_before_it_is_read(client: FlaskClient) -> None:
    refused(client, b'{"output": "' + b"x" * 10_000_000 + b'"}', 413)


@pytest.mark.check(20)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_a_form_of_another_site_can_send_is_no_question(client: FlaskClient, kind: str) -> None:
    answer = client.post(CALLBACKS, data=json.dumps(FILL), content_type=kind)
    assert answer.status_code == 415


@pytest.mark.check(31)
@pytest.mark.parametrize("path", ["", "nope", "javascript:alert(1)", "https://evil.example/"])
def test_a_path_that_is_none_is_refused(client: FlaskClient, path: str) -> None:
    inputs = [{**GO["inputs"][0], "value": path}, GO["inputs"][1]]
    refused(client, json.dumps({**GO, "inputs": inputs}).encode())


@pytest.mark.check(27, 31)
@pytest.mark.parametrize("path", ["/nope", "//evil.example/", "/..%2f..%2fetc/passwd", "/%5c..%5c", "/%00"])
def test_an_address_that_there_is_not_shows_the_page_that_says_so(client: FlaskClient, path: str) -> None:
    inputs = [{**GO["inputs"][0], "value": path}, {**GO["inputs"][1], "value": "?self=1&page=2&path=3&x=%FF"}]
    answer = client.post(CALLBACKS, json={**GO, "inputs": inputs})
    assert answer.status_code == 200
    assert "No such page" in answer.text


def test_of_every_property_that_a_callback_is_given_it_is_said_what_it_may_be(app: Dash) -> None:
    given = {
        f"{part['id']}.{part['property']}"
        for callback in app.callback_map.values()
        if callback.get("callback")
        for part in (*callback["inputs"], *callback["state"])
    }
    assert given == set(VALUES)
