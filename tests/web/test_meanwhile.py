"""Looking at a password takes long: what an admin does meanwhile holds for the sign-in that is under way, too."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from dashapp.domain.access import Permission, Role, TokenScope, Visitor
from dashapp.domain.passwords import hashed
from dashapp.settings import Settings
from dashapp.store.administration import Acting
from dashapp.store.sessions import invited, sessions
from dashapp.store.tokens import tokens
from dashapp.store.trail import changes_of
from dashapp.store.users import User, get_user, rename
from dashapp.web.administering import SIGNED_OUT, administer
from dashapp.web.desk import EXTENSION
from tests.web.entrance import NOW, PASSWORD, Browser, Entrance, entrance, while_checking

pytestmark = pytest.mark.both_engines

NEW = "another long password"
WRONG = "The name or the password is wrong."
Do = Callable[[Acting, User], object]


def given(acting: Acting, user: User) -> None:
    acting.give_password(user, hashed("what the admin chose"))


def demoted(acting: Acting, user: User) -> None:
    acting.give_role(user, Role.VIEWER)


RESETS = [
    pytest.param(Acting.invite, id="invited anew"),
    pytest.param(given, id="another password"),
    pytest.param(demoted, id="another role"),
    pytest.param(Acting.keep_out, id="deactivated"),
]


@pytest.fixture
def door(settings: Settings, writer: Engine) -> Iterator[Entrance]:
    with entrance(settings, writer) as made:
        made.user("Ada", Role.ANALYST)
        yield made


@pytest.fixture
def ada(door: Entrance) -> Browser:
    browser = door.browser()
    browser.sign_in()
    return browser


def actions(door: Entrance) -> list[str]:
    with door.writer.connect() as connection:
        return [change.action for change in changes_of(connection, "user 1")]


def kept(door: Entrance) -> User:
    with door.writer.connect() as connection:
        user = get_user(connection, 1)
    assert user is not None
    return user


def change(browser: Browser) -> tuple[int, str | None]:
    fields = {"present": PASSWORD, "password": NEW, "again": NEW}
    answer = browser.send("/account", "/account/password", **fields)
    return answer.status_code, answer.headers.get("Location")


@pytest.mark.parametrize("reset", RESETS)
def test_a_password_that_was_right_when_it_was_typed_begins_no_session_after_a_reset(
    door: Entrance, monkeypatch: pytest.MonkeyPatch, reset: Do
) -> None:
    browser = door.browser()
    while_checking(monkeypatch, lambda: door.acts(reset))
    answer = browser.sign_in()
    assert (answer.status_code, WRONG in answer.text) == (403, True)
    assert browser.status() == 401
    with door.writer.connect() as connection:
        assert sessions(connection) == []
    assert (actions(door)[0], kept(door).signed_in_at) == ("sign-in refused", None)


@pytest.mark.parametrize("reset", [*RESETS, pytest.param(Acting.sign_out, id="signed out")])
def test_a_session_that_an_admin_ends_changes_no_password_any_more(
    door: Entrance, ada: Browser, monkeypatch: pytest.MonkeyPatch, reset: Do
) -> None:
    came: list[Any] = []
    while_checking(monkeypatch, lambda: came.append((door.acts(reset), kept(door), actions(door))))
    assert change(ada) == (302, "/sign-in")
    assert ada.status() == 401
    [(secret, after, noted)] = came
    assert (kept(door), actions(door)) == (after, noted)
    if reset is Acting.invite:
        with door.writer.connect() as connection:
            assert invited(connection, secret, NOW) == (1,)


def test_what_changes_nothing_that_somebody_may_do_keeps_them_not_out(
    door: Entrance, monkeypatch: pytest.MonkeyPatch
) -> None:
    while_checking(monkeypatch, lambda: door.acts(lambda acting, user: rename(acting.connection, user.id, "Ada L.")))
    assert door.browser().sign_in().status_code == 302


def asked_before(door: Entrance) -> Visitor:
    """Ada, as she was found when her request came."""
    door.acts(lambda acting, user: acting.give_role(user, Role.ADMIN))
    door.browser().sign_in()
    with door.writer.connect() as connection:
        [here] = sessions(connection)
    return Visitor("Ada", frozenset(Permission), Role.ADMIN, 1, here.digest)


def make_token(door: Entrance, asks: Visitor) -> str:
    form = {"do": "make-token", "token": "report", "scope": TokenScope.ADMIN}
    return administer(door.app.server.extensions[EXTENSION], form, asks, NOW).problem


def test_who_is_admin_no_more_since_they_asked_makes_no_token(door: Entrance) -> None:
    asks = asked_before(door)
    door.user("Root", Role.ADMIN)
    door.acts(demoted)
    assert make_token(door, asks) == SIGNED_OUT
    with door.writer.connect() as connection:
        assert tokens(connection) == []


def test_a_token_is_of_who_makes_it_by_the_name_that_they_have_now(door: Entrance) -> None:
    asks = asked_before(door)
    door.acts(lambda acting, user: rename(acting.connection, user.id, "Ada Example"))
    assert make_token(door, asks) == ""
    with door.writer.connect() as connection:
        assert [one.made_by for one in tokens(connection)] == ["Ada Example"]
