"""What every answer tells the browser, which names the server answers to, and whom it believes about the visitor."""

import re
from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from dash import Dash
from flask import request
from sqlalchemy import Engine
from werkzeug.test import Client

from dashapp.app import create_app
from dashapp.domain.access import TokenScope
from dashapp.settings import Settings
from dashapp.store.tokens import create_token
from dashapp.web import static
from dashapp.web.observe import observe
from dashapp.web.security import known_names

PUBLIC = "https://watchfloor.example.org"
INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*json)[^>]*>(.*?)</script>", re.DOTALL)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def settings_with(database_url: str, **given: object) -> Settings:
    return Settings.model_validate({**Settings(_env_file=None).model_dump(), "database_url": database_url, **given})


@pytest.fixture
def app(settings: Settings) -> Dash:
    return create_app(settings)


def policy(app: Dash, url: str = "/") -> dict[str, list[str]]:
    rules = app.server.test_client().get(url).headers["Content-Security-Policy"].split("; ")
    return {rule.split()[0]: rule.split()[1:] for rule in rules}


@pytest.mark.check(24)
@pytest.mark.parametrize(
    "url", ["/", "/nope", "/api/v1/metrics", "/api/nope", "/healthz", "/_dash-layout", "/assets/app.js"]
)
def test_every_answer_says_what_a_browser_may_do_with_it(app: Dash, url: str) -> None:
    with app.server.test_client().get(url) as answer:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.check(24)
def test_the_very_first_page_names_each_of_its_inline_scripts_and_no_other(app: Dash) -> None:
    answer = app.server.test_client().get("/")
    scripts = INLINE.findall(answer.text)
    hashes = {f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts}
    allowed = re.search(r"script-src ([^;]+)", answer.headers["Content-Security-Policy"])
    assert allowed is not None
    assert len(scripts) == 2
    assert set(allowed[1].split()) == {"'self'", *hashes}


@pytest.mark.check(24)
def test_no_script_from_elsewhere_and_none_that_text_is_turned_into_may_run(app: Dash) -> None:
    found = policy(app)
    assert not {"'unsafe-eval'", "'unsafe-inline'", "*", "data:", "blob:"} & set(found["script-src"])
    assert found["frame-ancestors"] == found["object-src"] == found["base-uri"] == ["'none'"]
    assert found["form-action"] == found["connect-src"] == ["'self'"]


@pytest.mark.check(24)
def test_two_servers_over_one_store_name_the_same_scripts(app: Dash, settings: Settings) -> None:
    assert policy(app) == policy(create_app(settings))


def test_scripts_that_are_sent_ready_made_carry_the_headers_too(app: Dash, tmp_path: Path) -> None:
    static.publish(app, tmp_path)
    with Client(app.server).get("/assets/app.js") as answer:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers.getlist("X-Content-Type-Options") == ["nosniff"]


def test_where_people_come_by_tls_the_browser_keeps_to_it(database_url: str) -> None:
    app = create_app(settings_with(database_url, public_url=PUBLIC))
    assert app.server.test_client().get("/healthz").headers["Strict-Transport-Security"] == "max-age=31536000"


def test_pages_are_kept_by_nobody_and_do_not_tell_which_python_runs(app: Dash) -> None:
    answer = app.server.test_client().get("/")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "python_version" not in answer.text
    assert "dash_version" in answer.text  # which the names of scripts tell anyway


@pytest.mark.parametrize("host", ["localhost:8050", "127.0.0.1:8050", "[::1]", "10.2.3.4"])
def test_the_server_answers_to_this_machine_and_to_addresses_in_numbers(app: Dash, host: str) -> None:
    assert app.server.test_client().get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "a@localhost", "["]
)
@pytest.mark.parametrize("url", ["/", "/healthz", "/_dash-layout", "/api/v1/metrics"])
def test_a_name_that_somebody_else_made_lead_here_is_refused(app: Dash, host: str, url: str) -> None:
    answer = app.server.test_client().get(url, headers={"Host": host})
    assert answer.status_code == 400
    assert "This server does not go by that name" in answer.text
    assert "evil" not in answer.text


def test_the_name_that_people_use_is_known(database_url: str) -> None:
    client = create_app(settings_with(database_url, public_url=PUBLIC)).server.test_client()
    assert client.get("/healthz", headers={"Host": "watchfloor.example.org"}).status_code == 200
    assert client.get("/healthz", headers={"Host": "WATCHFLOOR.example.org:443"}).status_code == 200
    assert client.get("/healthz", headers={"Host": "example.org"}).status_code == 400


def test_a_server_that_others_reach_under_a_name_it_was_not_told_answers_to_all(settings: Settings) -> None:
    assert known_names(settings.model_copy(update={"host": "0.0.0.0"})) == frozenset()
    told = settings.model_copy(update={"host": "0.0.0.0", "public_url": PUBLIC})
    assert known_names(told) == {"localhost", "watchfloor.example.org"}


def seen_by(settings: Settings, forged: str) -> tuple[str | None, str]:
    """Who a visitor is taken to be, and over which scheme, who sends these headers from 192.0.2.7."""
    app = create_app(settings.model_copy(update={"auth": "password"}))
    seen = []
    app.server.before_request(lambda: seen.append((request.remote_addr, request.scheme)))
    told = {"X-Forwarded-For": forged, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    app.server.test_client().get("/healthz", headers=told, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    [found] = seen
    return found


@pytest.mark.check(19)
def test_without_a_proxy_that_is_counted_a_forged_address_changes_nothing(settings: Settings) -> None:
    assert seen_by(settings, "198.51.100.1") == ("192.0.2.7", "http")


@pytest.mark.check(19)
def test_of_the_addresses_that_are_told_only_the_one_that_the_proxy_added_counts(settings: Settings) -> None:
    one = settings.model_copy(update={"trusted_proxies": 1})
    assert seen_by(one, "198.51.100.1, 203.0.113.9") == ("203.0.113.9", "https")
    two = settings.model_copy(update={"trusted_proxies": 2})
    assert seen_by(two, "198.51.100.1, 203.0.113.9, 203.0.113.10") == ("203.0.113.9", "https")


@pytest.fixture
def token(app: Dash, writer: Engine, now: datetime) -> str:
    with writer.begin() as connection:
        return create_token(connection, "feed", TokenScope.INGEST, now)


def test_bodies_of_events_may_be_longer_than_others(app: Dash, token: str) -> None:
    body = b'{"message_type": "Flag"}' + b" " * 3_000_000
    headers = {"Content-Type": "application/x-ndjson"}
    client = app.server.test_client()
    let_in = client.post("/api/v1/events", data=body, headers={**headers, "Authorization": f"Bearer {token}"})
    assert let_in.status_code == 200
    assert len(let_in.get_json()["refused"]) == 1
    assert client.post("/api/v1/events", data=body, headers=headers).status_code == 401


def test_other_bodies_are_refused_that_are_longer_than_a_megabyte(app: Dash) -> None:
    body = b'{"output": "' + b" " * 1_050_000 + b'"}'
    answer = app.server.test_client().post("/_dash-update-component", data=body, content_type="application/json")
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/assets/none.js", 404, []),
        ("POST", "/volume", 405, ["GET", "HEAD", "OPTIONS"]),
        ("PUT", "/sign-in", 405, ["GET", "HEAD", "OPTIONS"]),
    ],
)
def test_what_no_view_answers_is_told_on_a_page_that_names_the_request(
    app: Dash, method: str, path: str, status: int, allowed: list[str]
) -> None:
    observe(app.server)
    answer = app.server.test_client().open(path, method=method, headers={"X-Request-ID": "of-a-test"}, buffered=True)
    assert (answer.status_code, sorted(answer.allow)) == (status, allowed)
    assert "Request of-a-test" in answer.text
    assert '<a href="/">Watchfloor</a>' in answer.text


def test_a_form_that_is_too_long_is_refused_on_a_page(settings: Settings) -> None:
    server = create_app(settings.model_copy(update={"auth": "password"})).server
    answer = server.test_client().post("/sign-in", data={"name": "a" * 1_100_000})
    assert (answer.status_code, "Request Entity Too Large" in answer.text) == (413, True)
    assert '<a href="/">Watchfloor</a>' in answer.text


def test_what_no_view_of_the_api_answers_is_told_in_json(app: Dash) -> None:
    asked = (("GET", "/api/v1/none", 404), ("PUT", "/api/v1/metrics", 405), ("PUT", "/healthz", 405))
    for method, path, status in asked:
        answer = app.server.test_client().open(path, method=method)
        assert (answer.status_code, answer.mimetype) == (status, "application/json")
        assert "error" in answer.get_json()
