"""A way in that works once: for the first administrator, and for whoever is to choose a password."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dashapp.domain.access import Role
from dashapp.settings import Settings
from dashapp.store.sessions import INVITED, invite, sessions
from dashapp.store.trail import changes_of
from dashapp.store.users import add_user, set_active, users
from tests.web.entrance import NOW, PASSWORD, Browser, Entrance, entrance

OVER = "This link has been used, or is too old. Ask for another."


@pytest.fixture
def door(settings: Settings, writer: Engine) -> Iterator[Entrance]:
    with entrance(settings, writer) as made:
        yield made


def invited(door: Entrance, number: int | None = None) -> str:
    with door.writer.begin() as connection:
        return f"/set-up?token={invite(connection, number, door.now)}"


def choose(browser: Browser, way: str, password: str = PASSWORD, again: str | None = None, name: str = "Ada") -> str:
    answer = browser.send(way, "/set-up", name=name, password=password, again=password if again is None else again)
    return answer.headers.get("Location") or answer.text


@pytest.mark.check(10)
def test_the_first_administrator_comes_in_once_and_only_while_there_is_no_user(door: Entrance) -> None:
    way, first = invited(door), door.browser()
    assert choose(first, way) == "/"
    with door.writer.connect() as connection:
        assert [(user.name, user.role) for user in users(connection)] == [("Ada", Role.ADMIN)]
        assert changes_of(connection, "user 1")[1].detail == {"name": "Ada", "role": "admin", "way": "invitation"}
    assert first.status() == 200
    assert door.browser().sign_in("Ada").status_code == 302
    for later in (way, invited(door)):
        assert OVER in door.browser().open(later).text
        assert OVER in choose(door.browser(), later, name="Eve")


@pytest.mark.both_engines
@pytest.mark.check(10)
def test_of_two_who_open_the_same_way_in_one_is_let_in(door: Entrance) -> None:
    way = invited(door)
    first, second = door.browser(), door.browser()
    forms = [one.open(way) for one in (first, second)]
    tokens = [form.text.split('name="csrf_token" value="')[1].split('"')[0] for form in forms]
    data = {"name": "Ada", "password": PASSWORD, "again": PASSWORD}
    answers = [
        one.client.post("/set-up", data={**data, "csrf_token": token}).status_code
        for one, token in zip((first, second), tokens, strict=True)
    ]
    assert answers == [302, 404]


def test_a_way_in_is_closed_after_three_days(door: Entrance) -> None:
    way = invited(door)
    door.later(INVITED - timedelta(seconds=1))
    assert "The first administrator" in door.browser().open(way).text
    door.later(timedelta(seconds=1))
    assert OVER in door.browser().open(way).text


def test_a_later_way_in_closes_the_earlier(door: Entrance) -> None:
    way, later = invited(door), invited(door)
    assert OVER in door.browser().open(way).text
    assert choose(door.browser(), later) == "/"


def test_the_secret_leaves_the_address_at_once_and_is_not_logged(
    door: Entrance, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    way = invited(door)
    answer = door.browser().client.get(way)
    assert (answer.headers["Location"], answer.headers["Referrer-Policy"]) == ("/set-up", "no-referrer")
    page = door.browser().open(way)
    secret = way.partition("=")[2]
    assert secret not in page.text
    assert secret not in caplog.text


def test_who_was_invited_chooses_a_password_and_is_signed_out_elsewhere(door: Entrance) -> None:
    number = door.user("Ada", Role.LEAD)
    before = door.browser()
    before.sign_in()
    way, browser = invited(door, number), door.browser()
    assert "For <b>Ada</b>." in browser.open(way).text
    assert choose(browser, way, "another long password", name="Eve") == "/"
    assert (before.status(), browser.status()) == (401, 200)
    assert [door.browser().sign_in("Ada", one).status_code for one in (PASSWORD, "another long password")] == [403, 302]
    assert OVER in door.browser().open(way).text


def test_who_was_locked_out_by_guesses_of_others_comes_in_by_an_invitation(door: Entrance) -> None:
    number = door.user()
    for _ in range(11):
        answer = door.browser().sign_in(password="wrong")
    assert answer.status_code == 429
    choose(door.browser(), invited(door, number), "another long password")
    assert door.browser().sign_in("Ada", "another long password").status_code == 302


@pytest.mark.check(17)
def test_no_way_in_gives_a_password_to_who_signs_in_elsewhere_or_may_not(door: Entrance) -> None:
    gone = door.user("Grace")
    with door.writer.begin() as connection:
        set_active(connection, gone, NOW, active=False)
        elsewhere = add_user(connection, "Olena", Role.VIEWER, NOW, issuer="https://login.example", subject="1")
    for number in (gone, elsewhere):
        way = invited(door, number)
        assert OVER in door.browser().open(way).text
        assert OVER in choose(door.browser(), way)


@pytest.mark.parametrize(
    ("password", "again", "name", "told"),
    [
        ("short", "short", "Ada", "at least 12 characters"),
        ("password1234", "password1234", "Ada", "tried first"),
        (PASSWORD, "quiet river under elm", "Ada", "not the same"),
        (PASSWORD, PASSWORD, "", "A name has 1 to 100 characters"),
        (PASSWORD, PASSWORD, "anonymous", "Choose another"),
        (PASSWORD, PASSWORD, "token of mine", "Choose another"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_the_way_in_stays_open(
    door: Entrance, password: str, again: str, name: str, told: str
) -> None:
    way, browser = invited(door), door.browser()
    page = choose(browser, way, password, again, name)
    assert told in page
    assert 'role="alert"' in page
    assert choose(browser, way) == "/"


@pytest.mark.check(20)
def test_a_form_of_somebody_else_uses_no_way_in(door: Entrance) -> None:
    way, browser = invited(door), door.browser()
    browser.open(way)
    data = {"name": "Eve", "password": PASSWORD, "again": PASSWORD}
    assert browser.client.post("/set-up", data=data).status_code == 400
    assert choose(browser, way) == "/"


def test_without_a_way_in_there_is_nothing_to_set_up(door: Entrance) -> None:
    for address in ("/set-up", "/set-up?token=", "/set-up?token=guessed"):
        answer = door.browser().open(address)
        assert (answer.status_code, OVER in answer.text) == (404, True)
    with door.writer.connect() as connection:
        assert sessions(connection) == []
