"""What admins do to users and tokens: what is refused, what ends sessions, and what the trail has of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from dashapp.domain.access import Role, TokenScope
from dashapp.store.administration import LAST_ADMIN, Acting, Refused
from dashapp.store.sessions import begin_session, invited, sessions
from dashapp.store.tokens import tokens, visitor_with
from dashapp.store.trail import changes_of
from dashapp.store.users import User, add_user, get_user, users

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PROVIDER = "https://login.example"
Do = Callable[[Acting, User], object]


def acted(writer: Engine, do: Callable[[Acting], object], provider: str | None = None) -> object:
    with writer.begin() as connection:
        return do(Acting(connection, "Root", NOW, provider))


def made(writer: Engine, name: str, role: Role, **way_in: str) -> User:
    with writer.begin() as connection:
        number = add_user(connection, name, role, NOW, **way_in)
        begin_session(connection, number, NOW, timedelta(days=7))
        found = get_user(connection, number)
    assert found
    return found


def test_a_user_is_added_invited_and_noted(writer: Engine) -> None:
    secret = acted(writer, lambda acting: acting.invite(acting.add("Anna", Role.ANALYST)))
    with writer.connect() as connection:
        [anna] = users(connection)
        assert (anna.name, anna.role, anna.state) == ("Anna", Role.ANALYST, "invited")
        assert invited(connection, str(secret), NOW) == (anna.id,)
        changes = changes_of(connection, f"user {anna.id}")
    assert [(one.actor, one.action, one.detail) for one in changes] == [
        ("Root", "invited", {"name": "Anna"}),
        ("Root", "user", {"name": "Anna", "role": "analyst"}),
    ]
    assert str(secret) not in str(changes)


@pytest.mark.parametrize("name", ["", " Anna", "An\nna", "a" * 101, "Detector", "token x", "PAGE", "command line"])
def test_nobody_is_called_what_the_trail_would_take_for_another(writer: Engine, name: str) -> None:
    with pytest.raises(Refused):
        acted(writer, lambda acting: acting.add(name, Role.VIEWER))


def test_a_name_is_given_once(writer: Engine) -> None:
    made(writer, "Anna", Role.VIEWER)
    with pytest.raises(Refused, match="already"):
        acted(writer, lambda acting: acting.add("Anna", Role.ADMIN))


@pytest.mark.check(15)
@pytest.mark.parametrize(
    ("do", "action", "state"),
    [
        pytest.param(lambda acting, user: acting.give_role(user, Role.VIEWER), "role", "active", id="role"),
        pytest.param(Acting.keep_out, "deactivated", "not active", id="deactivated"),
        pytest.param(Acting.invite, "invited", "invited", id="invited"),
        pytest.param(Acting.sign_out, "sessions ended", "active", id="signed out"),
        pytest.param(lambda acting, user: acting.give_password(user, "new"), "password", "active", id="password"),
    ],
)
def test_what_changes_a_user_ends_their_sessions_and_no_others(writer: Engine, do: Do, action: str, state: str) -> None:
    anna = made(writer, "Anna", Role.ANALYST, password="hash")
    made(writer, "Berta", Role.ANALYST, password="hash")
    acted(writer, lambda acting: do(acting, anna))
    with writer.connect() as connection:
        assert [one.name for one in sessions(connection)] == ["Berta"]
        [change] = changes_of(connection, f"user {anna.id}")
        found = get_user(connection, anna.id)
    assert (change.actor, change.action) == ("Root", action)
    assert found is not None
    assert found.state == state


def test_who_is_let_in_again_has_the_password_of_before(writer: Engine) -> None:
    anna = made(writer, "Anna", Role.VIEWER, password="hash")
    acted(writer, lambda acting: acting.keep_out(anna))
    acted(writer, lambda acting: acting.let_in(acting.user(anna.id)))
    with writer.connect() as connection:
        assert [(one.active, one.password) for one in users(connection)] == [(True, "hash")]


DEMOTED: Do = lambda acting, user: acting.give_role(user, Role.LEAD)  # noqa: E731 # as the methods beside it


@pytest.mark.parametrize("do", [DEMOTED, Acting.keep_out], ids=["role", "deactivated"])
@pytest.mark.parametrize(
    ("beside", "refused"),
    [
        pytest.param({}, True, id="nobody"),
        pytest.param({"role": Role.LEAD, "password": "hash"}, True, id="a lead"),
        pytest.param({"role": Role.ADMIN}, True, id="an admin who was only invited"),
        pytest.param({"role": Role.ADMIN, "password": "hash"}, False, id="an admin"),
        pytest.param({"role": Role.ADMIN, "issuer": PROVIDER, "subject": "7"}, True, id="an admin by OpenID"),
    ],
)
def test_the_last_admin_who_can_sign_in_stays_admin(
    writer: Engine, do: Do, beside: dict[str, str], *, refused: bool
) -> None:
    root = made(writer, "Anna", Role.ADMIN, password="hash")
    if beside:
        made(writer, "Berta", **beside)  # type: ignore[arg-type]
    if refused:
        with pytest.raises(Refused, match=LAST_ADMIN):
            acted(writer, lambda acting: do(acting, root))
    else:
        acted(writer, lambda acting: do(acting, root))
    with writer.connect() as connection:
        found = get_user(connection, root.id)
    assert found is not None
    assert (found.role is Role.ADMIN and found.active) == refused


@pytest.mark.parametrize(
    ("beside", "refused"),
    [
        pytest.param({"password": "hash"}, True, id="an admin with a password"),
        pytest.param({"issuer": "https://other.example", "subject": "8"}, True, id="an admin of another provider"),
        pytest.param({"issuer": PROVIDER, "subject": "8"}, False, id="another of the provider"),
    ],
)
def test_where_people_sign_in_at_a_provider_its_last_admin_stays(
    writer: Engine, beside: dict[str, str], *, refused: bool
) -> None:
    root = made(writer, "Anna", Role.ADMIN, issuer=PROVIDER, subject="7")
    old = made(writer, "Berta", Role.ADMIN, **beside)
    if refused:
        with pytest.raises(Refused, match=LAST_ADMIN):
            acted(writer, lambda acting: acting.keep_out(root), PROVIDER)
        acted(writer, lambda acting: acting.keep_out(old), PROVIDER)  # who cannot come in anyway
    else:
        acted(writer, lambda acting: acting.keep_out(root), PROVIDER)


@pytest.mark.check(17)
def test_who_signs_in_elsewhere_gets_no_password(writer: Engine) -> None:
    anna = made(writer, "Anna", Role.VIEWER, issuer=PROVIDER, subject="7")
    for do in (Acting.invite, lambda acting, user: acting.give_password(user, "hash")):
        with pytest.raises(Refused, match="OpenID"):
            acted(writer, lambda acting, do=do: do(acting, anna))


@pytest.mark.check(10)
def test_the_first_admin_is_invited_only_while_there_is_nobody(writer: Engine) -> None:
    secret = acted(writer, lambda acting: acting.invite_first())
    with writer.connect() as connection:
        assert invited(connection, str(secret), NOW) == (None,)
    made(writer, "Anna", Role.VIEWER)
    with pytest.raises(Refused):
        acted(writer, lambda acting: acting.invite_first())


def test_a_session_is_ended_once(writer: Engine) -> None:
    made(writer, "Anna", Role.VIEWER, password="hash")
    with writer.connect() as connection:
        [one] = sessions(connection)
    acted(writer, lambda acting: acting.end(one.digest))
    with pytest.raises(Refused, match="already"):
        acted(writer, lambda acting: acting.end(one.digest))


@pytest.mark.check(18)
def test_a_token_expires_is_revoked_and_is_noted_without_itself(writer: Engine) -> None:
    secret = str(acted(writer, lambda acting: acting.make_token("feed", TokenScope.READ, timedelta(days=90))))
    with writer.connect() as connection:
        [token] = tokens(connection)
        assert (token.made_by, token.expires_at) == ("Root", NOW + timedelta(days=90))
        assert visitor_with(connection, secret, NOW + timedelta(days=90)) is None
    acted(writer, lambda acting: acting.revoke("feed"))
    with writer.connect() as connection:
        assert visitor_with(connection, secret, NOW) is None
        changes = changes_of(connection, "token feed")
    assert [(one.action, one.detail) for one in changes] == [
        ("token revoked", {}),
        ("token made", {"scope": "read", "expires": "2026-05-31"}),
    ]
    assert secret not in str(changes)


@pytest.mark.parametrize("name", ["", " feed", "fe\ned", "a" * 195, "held"])
def test_a_token_has_a_name_of_its_own(writer: Engine, name: str) -> None:
    acted(writer, lambda acting: acting.make_token("held", TokenScope.INGEST, None))
    with pytest.raises(Refused):
        acted(writer, lambda acting: acting.make_token(name, TokenScope.INGEST, None))


@pytest.mark.parametrize("leaves", [Acting.keep_out, lambda acting, user: acting.give_role(user, Role.LEAD)])
def test_who_leaves_takes_the_tokens_along_that_read(writer: Engine, leaves: Do) -> None:
    made(writer, "Root", Role.ADMIN, password="hash")
    anna = made(writer, "Anna", Role.ADMIN, password="hash")
    with writer.begin() as connection:
        for scope in TokenScope:
            Acting(connection, "Anna", NOW).make_token(f"of Anna, {scope}", scope, None)
            Acting(connection, "Root", NOW).make_token(f"of Root, {scope}", scope, None)
    acted(writer, lambda acting: leaves(acting, anna))
    with writer.connect() as connection:
        left = [token.name for token in tokens(connection) if token.made_by == "Anna"]
        assert left == ["of Anna, ingest"]
        assert len(tokens(connection)) == 1 + len(TokenScope)
