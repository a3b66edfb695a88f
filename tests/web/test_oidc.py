"""Signing in at a real OpenID provider, from the first redirect to the session."""

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from pydantic import ValidationError
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from dashapp.app import create_app
from dashapp.domain.access import Role
from dashapp.settings import Settings
from dashapp.store.sessions import sessions
from dashapp.store.trail import changes_of
from dashapp.store.users import user_named, users
from dashapp.web.desk import EXTENSION
from tests.notify.stubs import free_port
from tests.web.provider import CLIENT_ID, CLIENT_SECRET, PASSWORD, Provider, provider

PUBLIC = "http://127.0.0.1:8050"
BACK = "/sign-in/oidc/callback"
ROLES = {"readers": "viewer", "leads": "lead", "operators": "admin"}
PEOPLE = {
    "lead": ["readers", "leads"],
    "mover": ["operators"],
    "reader": ["readers"],
    "leaver": ["readers"],
    "stranger": ["everybody"],
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider(tmp_path_factory.mktemp("provider"), f"{PUBLIC}{BACK}", PEOPLE) as found:
        yield found


def settings_of(settings: Settings, issuer: str, **changes: Any) -> Settings:
    given: dict[str, Any] = {
        "database_url": settings.database_url,
        "auth": "oidc",
        "public_url": PUBLIC,
        "oidc_issuer": issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": CLIENT_SECRET,
        "oidc_scopes": "openid profile groups",
        "oidc_roles": ROLES,
    }
    return Settings(_env_file=None, **given | changes)


@pytest.fixture
def browser(settings: Settings, writer: Engine, running: Provider) -> Iterator[FlaskClient]:
    yield from browser_of(settings_of(settings, running.issuer))


def browser_of(settings: Settings) -> Iterator[FlaskClient]:
    app = create_app(settings)
    yield app.server.test_client()
    held = app.server.extensions[EXTENSION]
    for engine in {held.reader, held.store, held.writer}:
        engine.dispose()


def other(browser: FlaskClient) -> FlaskClient:
    return browser.application.test_client()


def way_back(browser: FlaskClient, running: Provider, user: str, following: str = "/", *, allow: bool = True) -> str:
    """The address that the provider sends a browser back to."""
    there = browser.get("/sign-in/oidc", query_string={"next": following})
    assert there.status_code == 302, there.text
    back = running.authorize(there.headers["Location"], user, allow=allow)
    assert back.startswith(f"{PUBLIC}{BACK}?")
    return back.removeprefix(PUBLIC)


def sign_in(browser: FlaskClient, running: Provider, user: str, following: str = "/") -> TestResponse:
    return browser.get(way_back(browser, running, user, following))


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/volume").status_code == 200


@pytest.mark.check(17)
def test_who_signs_in_at_the_provider_is_in_and_on_the_page_they_wanted(
    browser: FlaskClient, running: Provider, writer: Engine
) -> None:
    assert not is_in(browser)
    answer = sign_in(browser, running, "lead", "/volume?days=7")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/volume?days=7")
    assert is_in(browser)
    with writer.connect() as connection:
        (user,) = users(connection)
        actions = {change.action for change in changes_of(connection, f"user {user.id}")}
    assert (user.name, user.role, user.issuer, user.password) == ("Lead Example", Role.LEAD, running.issuer, None)
    assert actions == {"user", "signed in"}


@pytest.mark.check(14)
@pytest.mark.parametrize(
    "following", ["//evil.example.org", "/\\evil.example.org", "https:evil.example.org", "%2F%2Fevil"]
)
def test_nobody_is_led_away_after_signing_in(browser: FlaskClient, running: Provider, following: str) -> None:
    assert sign_in(browser, running, "lead", following).headers["Location"] == "/"


@pytest.mark.check(16)
def test_a_sign_in_begins_a_session_of_its_own_that_scripts_and_other_sites_do_not_get(
    browser: FlaskClient, running: Provider
) -> None:
    browser.get("/sign-in/oidc")
    with browser.session_transaction() as session:
        session["planted"] = "by somebody else"
    cookies = sign_in(browser, running, "lead").headers.getlist("Set-Cookie")
    (cookie,) = [one for one in cookies if "-session=" in one]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    with browser.session_transaction() as session:
        first = dict(session)
    assert set(first) == {"_permanent", "sign-in"}
    sign_in(browser, running, "lead")
    with browser.session_transaction() as session:
        assert session["sign-in"] != first["sign-in"]


@pytest.mark.check(16)
def test_under_https_the_cookie_stays_there(settings: Settings, writer: Engine, running: Provider) -> None:
    for browser in browser_of(settings_of(settings, running.issuer, public_url="https://watchfloor.example.org")):
        (cookie,) = browser.get("/sign-in/oidc").headers.getlist("Set-Cookie")
        assert "Secure" in cookie


@pytest.mark.check(17)
def test_a_way_back_works_once_and_in_the_browser_that_began(browser: FlaskClient, running: Provider) -> None:
    back = way_back(browser, running, "lead")
    stranger = other(browser)
    assert stranger.get(back).status_code == 400
    assert not is_in(stranger)
    assert browser.get(back).status_code == 302
    again = browser.get(back)
    assert again.status_code == 400
    assert "was not begun in this browser, or has been used. Begin again." in again.text


def test_who_does_not_allow_it_is_not_signed_in(browser: FlaskClient, running: Provider, writer: Engine) -> None:
    answer = browser.get(way_back(browser, running, "lead", allow=False))
    assert answer.status_code == 403
    assert "The sign-in provider did not let you in." in answer.text
    assert not is_in(browser)
    with writer.connect() as connection:
        assert list(users(connection)) == []


@pytest.mark.check(17)
def test_who_is_in_no_group_with_a_role_stays_out_and_is_in_the_trail(
    browser: FlaskClient, running: Provider, writer: Engine
) -> None:
    answer = sign_in(browser, running, "stranger")
    assert answer.status_code == 403
    assert "You may not use Watchfloor, or not any more." in answer.text
    assert not is_in(browser)
    with writer.connect() as connection:
        assert list(users(connection)) == []
        (change,) = changes_of(connection, "sign-in")
    assert (change.actor, change.action, change.detail["reason"]) == ("anonymous", "refused", "no role")


@pytest.mark.check(15)
def test_a_role_that_the_provider_has_changed_ends_the_other_sessions_at_the_next_sign_in(
    browser: FlaskClient, running: Provider, writer: Engine
) -> None:
    sign_in(browser, running, "mover")
    running.regroup("mover", ["readers"])
    assert is_in(browser)
    second = other(browser)
    sign_in(second, running, "mover")
    assert (is_in(browser), is_in(second)) == (False, True)
    with writer.connect() as connection:
        user = user_named(connection, "Mover Example")
    assert user is not None
    assert user.role is Role.VIEWER


def test_what_the_provider_says_and_the_session_come_together_or_not_at_all(
    browser: FlaskClient, running: Provider, writer: Engine
) -> None:
    with writer.begin() as connection:
        connection.execute(text("ALTER TABLE session RENAME TO away"))
    assert sign_in(browser, running, "lead").status_code == 503
    with writer.begin() as connection:
        assert list(users(connection)) == []
        connection.execute(text("ALTER TABLE away RENAME TO session"))
    assert sign_in(browser, running, "lead").status_code == 302


@pytest.mark.check(15)
def test_who_left_all_groups_is_out_everywhere_once_they_try_again(
    browser: FlaskClient, running: Provider, writer: Engine
) -> None:
    sign_in(browser, running, "leaver")
    running.regroup("leaver", ["everybody"])
    assert sign_in(other(browser), running, "leaver").status_code == 403
    assert not is_in(browser)
    with writer.connect() as connection:
        assert sessions(connection) == []


def test_a_provider_that_is_down_is_said_to_be_on_a_short_page(settings: Settings, writer: Engine) -> None:
    for browser in browser_of(settings_of(settings, f"http://127.0.0.1:{free_port()}")):
        answer = browser.get("/sign-in/oidc")
        assert (answer.status_code, answer.mimetype) == (502, "text/html")
        assert "The sign-in provider does not answer. Try again later." in answer.text
        assert "Traceback" not in answer.text


def test_no_secret_of_a_sign_in_is_logged(
    browser: FlaskClient, running: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        back = way_back(browser, running, "stranger")
        browser.get(back)
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert "nobody was signed in at the provider: no role, or not active" in caplog.messages
    for secret in (code, CLIENT_SECRET, PASSWORD, "Stranger Example"):
        assert secret not in caplog.text


def test_without_oidc_there_is_no_way_to_a_provider(settings: Settings, writer: Engine) -> None:
    for browser in browser_of(settings):
        rules = {rule.rule for rule in browser.application.url_map.iter_rules()}
        assert not {"/sign-in/oidc", BACK} & rules


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"oidc_issuer": None, "oidc_roles": {}}, "AUTH=oidc needs OIDC_ISSUER, OIDC_ROLES"),
        ({"public_url": None, "oidc_client_id": None}, "AUTH=oidc needs OIDC_CLIENT_ID, PUBLIC_URL"),
        ({"oidc_issuer": "http://login.example.org"}, "is not https, and not of this machine"),
        ({"oidc_scopes": "profile groups"}, "lacks openid, without which there is no sign-in"),
        ({"oidc_roles": {"leads": "boss"}}, "Input should be 'viewer', 'analyst', 'lead' or 'admin'"),
    ],
    ids=["issuer", "client", "plain http", "scopes", "roles"],
)
def test_settings_that_cannot_work_are_refused_at_the_start(changes: dict[str, Any], told: str) -> None:
    given: dict[str, Any] = {
        "auth": "oidc",
        "public_url": PUBLIC,
        "oidc_issuer": "https://login.example.org",
        "oidc_client_id": CLIENT_ID,
        "oidc_roles": ROLES,
    }
    assert Settings(_env_file=None, **given).auth == "oidc"
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None, **given | changes)
    assert told in str(caught.value)
