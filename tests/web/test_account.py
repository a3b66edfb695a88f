"""One's own account: the password is changed there, and other sessions are ended."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dashapp.domain.access import Role
from dashapp.settings import Settings
from dashapp.store.sessions import begin_session, sessions
from dashapp.store.trail import changes_of
from dashapp.store.users import add_user
from tests.web.entrance import NOW, PASSWORD, Browser, Entrance, entrance

NEW = "another long password"


@pytest.fixture
def door(settings: Settings, writer: Engine) -> Iterator[Entrance]:
    with entrance(settings, writer) as made:
        made.user("Ada", Role.VIEWER)
        yield made


@pytest.fixture
def ada(door: Entrance) -> Browser:
    browser = door.browser()
    browser.sign_in()
    return browser


def change(browser: Browser, present: str = PASSWORD, new: str = NEW, again: str = NEW) -> tuple[int, str]:
    answer = browser.send("/account", "/account/password", present=present, password=new, again=again)
    return answer.status_code, answer.headers.get("Location") or answer.text


def test_the_page_says_who_somebody_is_and_where_they_are_signed_in(door: Entrance, ada: Browser) -> None:
    door.later(timedelta(hours=1))
    door.browser().sign_in()
    page = ada.open("/account").text
    assert "You are <b>Ada</b>, with the role <b>viewer</b>." in page
    assert "<td>2026-03-02 12:00</td><td>2026-03-02 13:00</td><td>this browser</td>" in page
    assert "<td>2026-03-02 13:00</td><td>2026-03-02 13:00</td><td>elsewhere</td>" in page


def test_who_is_not_signed_in_is_led_to_the_way_in_and_back(door: Entrance) -> None:
    browser = door.browser()
    asked = browser.client.get("/account")
    assert asked.headers["Location"] == "/sign-in?next=%2Faccount"
    assert browser.sign_in(following="/account").headers["Location"] == "/account"


@pytest.mark.check(15)
def test_a_changed_password_ends_all_sessions_but_the_one_it_was_changed_in(door: Entrance, ada: Browser) -> None:
    other = door.browser()
    other.sign_in()
    with ada.client.session_transaction() as held:
        before = held["sign-in"]
    assert change(ada) == (302, "/account?done=password")
    assert (ada.status(), other.status()) == (200, 401)
    with ada.client.session_transaction() as held:
        assert held["sign-in"] != before
    assert "The password is changed." in ada.open("/account?done=password").text
    assert [door.browser().sign_in("Ada", one).status_code for one in (PASSWORD, NEW)] == [403, 302]
    with door.writer.connect() as connection:
        assert "password" in [change.action for change in changes_of(connection, "user 1")]


@pytest.mark.parametrize(
    ("present", "new", "again", "status", "told"),
    [
        ("not the password", NEW, NEW, 403, "The present password is wrong."),
        (PASSWORD, NEW, "another", 422, "The two passwords are not the same."),
        (PASSWORD, "short", "short", 422, "at least 12 characters"),
    ],
)
def test_a_password_is_changed_by_who_knows_it_to_one_that_can_be(
    door: Entrance, ada: Browser, present: str, new: str, again: str, status: int, told: str
) -> None:
    found, page = change(ada, present, new, again)
    assert (found, told in page) == (status, True)
    assert (ada.status(), door.browser().sign_in().status_code) == (200, 302)


def test_a_session_that_was_left_open_is_no_way_to_guess_the_password(ada: Browser, writer: Engine) -> None:
    assert [change(ada, "guessed")[0] for _ in range(11)] == [403] * 10 + [429]
    with writer.connect() as connection:
        actions = [one.action for one in changes_of(connection, "user 1")]
    assert actions.count("password refused") == 10


def test_the_tries_of_others_keep_nobody_who_is_signed_in_from_changing_their_password(
    door: Entrance, ada: Browser
) -> None:
    for i in range(1, 12):
        for _ in range(10):
            door.browser(f"192.0.2.{i}").sign_in(password="wrong")
    assert door.browser("198.51.100.1").sign_in().status_code == 429
    assert change(ada, PASSWORD)[0] == 302


def test_somebody_signs_out_everywhere_else(door: Entrance, ada: Browser) -> None:
    others = [door.browser(), door.browser()]
    for other in others:
        other.sign_in()
    assert ada.send("/account", "/account/sessions").headers["Location"] == "/account?done=sessions"
    assert [browser.status() for browser in (ada, *others)] == [200, 401, 401]
    assert "Sign out everywhere else" not in ada.open("/account").text


@pytest.mark.check(20)
@pytest.mark.parametrize("path", ["/account/password", "/account/sessions"])
def test_a_form_of_somebody_else_changes_no_account(door: Entrance, ada: Browser, path: str) -> None:
    door.browser().sign_in()
    data = {"present": PASSWORD, "password": NEW, "again": NEW}
    assert ada.client.post(path, data=data).status_code == 400
    with door.writer.connect() as connection:
        assert len(sessions(connection)) == 2
    assert door.browser().sign_in().status_code == 302


@pytest.mark.check(17)
def test_who_signs_in_elsewhere_has_no_password_to_change(settings: Settings, writer: Engine) -> None:
    options = {
        "oidc_issuer": "https://login.example",
        "oidc_client_id": "us",
        "public_url": "https://watch.example.org",
    }
    with entrance(settings, writer, auth="oidc", **options) as door:
        with door.writer.begin() as connection:
            number = add_user(connection, "Olena", Role.VIEWER, NOW, issuer="https://login.example", subject="1")
            secret = begin_session(connection, number, NOW, timedelta(days=1))
        browser = door.browser()
        with browser.client.session_transaction() as held:
            held["sign-in"] = secret
        page = browser.open("/account").text
        assert "with the account of your organisation" in page
        assert 'type="password"' not in page
        assert browser.send("/account", "/account/password", password=NEW).status_code in (404, 405)
