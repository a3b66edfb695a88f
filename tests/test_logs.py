"""What the log says, and what it never says."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import BaseModel, ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from dashapp.domain.access import Permission, TokenScope
from dashapp.logs import set_up
from dashapp.settings import Settings
from dashapp.store.engine import reader_engine
from dashapp.store.tokens import create_token
from dashapp.web import events_api
from dashapp.web.api import blueprint
from dashapp.web.desk import EXTENSION, Services
from dashapp.web.guard import install, needs
from dashapp.web.observe import HEADER, observe, tell_routes

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
PASSWORD = "p/w?d 4-hidden"
FREE_TEXT = "they said that I was a fool"


def settings_of(**more: Any) -> Settings:
    return Settings(_env_file=None, **{"log_format": "json", **more})


@pytest.fixture(autouse=True)
def as_json() -> Iterator[None]:
    """Set the log up for a test, and have it as it was after it."""
    root, alembic = logging.getLogger(), logging.getLogger("alembic")
    before, level, other = list(root.handlers), root.level, alembic.level
    set_up(settings_of(database_url="postgresql+psycopg://watchfloor:p%2Fw%3Fd%204-hidden@127.0.0.1/w"))
    yield
    root.handlers[:] = before
    root.setLevel(level)
    alembic.setLevel(other)


@pytest.fixture
def client(settings: Settings, writer: Engine) -> Iterator[FlaskClient]:
    reader = reader_engine(settings.database_url, settings.read_seconds)
    app = Flask("observed")
    app.extensions[EXTENSION] = Services(settings, reader, lambda: NOW, writer)
    install(app, {})
    app.register_blueprint(events_api.blueprint())
    app.register_blueprint(blueprint())
    app.add_url_rule("/broken", view_func=needs(Permission.OPEN)(broken))
    tell_routes(app, {"/"})
    observe(app)
    yield app.test_client()
    reader.dispose()


def broken() -> str:
    logging.getLogger("elsewhere").warning("about to break")
    raise RuntimeError("out of paper")


def not_written() -> None:
    try:
        list[str]().pop()
    except IndexError as error:
        raise RuntimeError("not written") from error


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_says_when_how_grave_who_and_what(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("somewhere.else").warning("%d of %d", 2, 3)
    [line] = lines(capsys)
    assert datetime.fromisoformat(line.pop("timestamp")).tzinfo == UTC
    assert line == {"level": "warning", "logger": "somewhere.else", "event": "2 of 3"}


def test_a_request_has_one_line_and_all_lines_of_it_its_id(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get("/broken?reviewer_id=R17", headers={HEADER: "edge-1.a_B"}, buffered=True)
    client.get("/healthz", buffered=True)
    first, failure, request, other = lines(capsys)
    assert [first["event"], failure["event"]] == ["about to break", "Exception on /broken [GET]"]
    assert [line["request_id"] for line in (first, failure, request)] == ["edge-1.a_B"] * 3
    assert {key: request[key] for key in ("event", "method", "route", "status")} == {
        "event": "request",
        "method": "GET",
        "route": "/broken",
        "status": 500,
    }
    assert request["ms"] > 0
    assert other["request_id"] not in ("edge-1.a_B", "")


@pytest.mark.parametrize("given", ["", "a b", "a;b", "x" * 65, "é", "$(id)"])
def test_a_request_with_an_id_that_is_not_plain_gets_another(client: FlaskClient, given: str) -> None:
    named = client.get("/healthz", headers={HEADER: given}, buffered=True).headers[HEADER]
    assert named != given
    assert len(named) == 12
    assert named.isalnum()


def test_an_error_names_its_request_and_an_answer_does_not(client: FlaskClient) -> None:
    headers = {HEADER: "ab12cd34"}
    wrong = client.get("/api/v1/metrics/flags.json?since=x", headers=headers, buffered=True)
    assert (wrong.status_code, wrong.get_json()["request_id"], wrong.headers[HEADER]) == (400, "ab12cd34", "ab12cd34")
    unauthorised = client.post("/api/v1/events", data="{}", headers=headers, buffered=True)
    assert (unauthorised.status_code, unauthorised.get_json()["request_id"]) == (401, "ab12cd34")
    assert "request_id" not in client.get("/api/v1/metrics", headers=headers, buffered=True).get_json()


def test_a_traceback_is_for_the_log_alone(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    answer = client.get("/broken", buffered=True)
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "paper" not in answer.text
    failure = lines(capsys)[1]
    assert failure["exception"].startswith("Traceback (most recent call last):\n  File ")
    assert failure["exception"].endswith("in broken\nRuntimeError: out of paper")


def test_the_log_has_no_free_text_no_token_and_no_question(
    client: FlaskClient, writer: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    with writer.begin() as connection:
        token = create_token(connection, "sender", TokenScope.INGEST, NOW)
    report = {"message_type": "ModerationReport", "media_type": "image", "event": "created", "violation": "other"}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    bodies = [
        json.dumps({**report, "violation": FREE_TEXT}),
        FREE_TEXT,
        json.dumps({**report, "description": FREE_TEXT}),
    ]
    for body in bodies:
        answer = client.post("/api/v1/events?origin=secret-origin", data=body, headers=headers, buffered=True)
        assert answer.status_code == 200
    with writer.begin() as connection:
        connection.exec_driver_sql("DROP TABLE event_bin")
    failed = client.post("/api/v1/events", data=json.dumps(report), headers=headers, buffered=True)
    assert failed.status_code == 503
    written = capsys.readouterr().err
    assert written.count('"event": "request"') == 4
    assert "OperationalError" in written
    for secret in (FREE_TEXT, token, "secret-origin"):
        assert secret not in written


def test_of_what_failed_neither_rows_nor_input_nor_passwords_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    class Form(BaseModel):
        count: int

    log = logging.getLogger("a")
    try:
        Form.model_validate({"count": FREE_TEXT})
    except ValidationError:
        log.exception("no form")
    told = Exception(f'duplicate key violates "ux"\nDETAIL:  Key (item)=({FREE_TEXT}) already exists.')
    log.error("not stored", exc_info=IntegrityError("INSERT", {"item": FREE_TEXT}, told, hide_parameters=True))
    log.error("no connection to %s", f"postgresql://watchfloor:{PASSWORD}@127.0.0.1/w")
    log.error("refused", exc_info=OSError("postgresql://watchfloor:p%2Fw%3Fd%204-hidden@127.0.0.1/w"))
    form, stored, connection, refused = lines(capsys)
    assert form["exception"].endswith("ValidationError: 1 validation error for Form")
    assert stored["exception"].endswith('IntegrityError: (builtins.Exception) duplicate key violates "ux"')
    assert connection["event"] == "no connection to postgresql://watchfloor:[hidden]@127.0.0.1/w"
    assert refused["exception"].endswith("OSError: postgresql://watchfloor:[hidden]@127.0.0.1/w")


def test_our_secret_at_the_sign_in_provider_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(settings_of(log_format="json", oidc_client_secret="of-the-application"))
    logging.getLogger("a").warning("the provider answered %r", "no client of-the-application")
    (line,) = lines(capsys)
    assert line["event"] == "the provider answered 'no client [hidden]'"


def test_an_exception_is_told_with_what_led_to_it(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        not_written()
    except RuntimeError:
        logging.getLogger("a").exception("failed")
    told = lines(capsys)[0]["exception"].splitlines()
    assert [line for line in told if not line.startswith("  File")] == [
        "Traceback (most recent call last):",
        "IndexError: pop from empty list",
        "RuntimeError: not written",
    ]


def test_for_people_a_line_is_a_line_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(settings_of(log_format="text"))
    logging.getLogger("a").warning("no such page: %s", "/x\n2024-01-01 [error] made up\x1b[31m")
    [line] = capsys.readouterr().err.splitlines()
    assert r"no such page: /x\n2024-01-01 [error] made up\x1b[31m" in line
    assert "[warning" in line


def test_where_nobody_watches_the_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(settings_of(log_format="auto"))
    logging.getLogger("a").warning("seen")
    assert lines(capsys)[0]["event"] == "seen"


@pytest.mark.parametrize(("level", "heard"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_what_is_below_the_level_is_not_heard(capsys: pytest.CaptureFixture[str], level: str, heard: int) -> None:
    set_up(settings_of(log_level=level))
    log = logging.getLogger("a")
    for say in (log.debug, log.info, log.warning, log.error):
        say("heard")
    assert len(lines(capsys)) == heard


def test_what_libraries_say_every_few_seconds_is_heard_by_who_looks_for_mistakes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logging.getLogger("alembic").info("Context impl SQLiteImpl.")
    assert lines(capsys) == []
    set_up(settings_of(log_level="debug"))
    logging.getLogger("alembic").info("Context impl SQLiteImpl.")
    assert len(lines(capsys)) == 1


def test_gunicorn_names_an_address_without_what_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("gunicorn.error").error("Error handling request %s %s", "GET", "/export/flags.csv?item_id=7")
    assert lines(capsys)[0]["event"] == "Error handling request GET /export/flags.csv"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("ip=203.0.113.7: Invalid HTTP Header: 'Authorization Bearer abc'", "Invalid HTTP Header"),
        ("ip=2001:db8::7: Invalid HTTP request line: 'item-7'", "Invalid HTTP request line"),
        ("ip=203.0.113.7: Invalid HTTP method: 'a: 203.0.113.7'\n203.0.113.7", "Invalid HTTP method"),
        ("ip=: Request Line is too large (5000 > 4094)", "Request Line is too large (5000 > 4094)"),
        ("ip=127.0.0.1: Proxy request from '203.0.113.7' not allowed", "Proxy request from "),
    ],
)
def test_gunicorn_does_not_tell_where_what_is_no_request_came_from(
    capsys: pytest.CaptureFixture[str], said: str, kept: str
) -> None:
    logging.getLogger("gunicorn.error").warning("Invalid request from %s", said)
    assert lines(capsys)[0]["event"] == f"Invalid request: {kept}"
