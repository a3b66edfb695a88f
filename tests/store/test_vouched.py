"""Users whom an OpenID provider vouches for."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from dashapp.domain.access import Role, TokenScope
from dashapp.domain.identity import Identity
from dashapp.store.administration import Acting
from dashapp.store.sessions import begin_session, sessions
from dashapp.store.tokens import tokens, visitor_with
from dashapp.store.trail import changes_of
from dashapp.store.users import User, add_user, get_user, set_active, set_password, users
from dashapp.store.vouched import vouched

ISSUER = "https://login.example.org"


def said(
    subject: str = "7", name: str = "Lead Example", role: Role | None = Role.LEAD, issuer: str = ISSUER
) -> Identity:
    return Identity(issuer, subject, name, role)


def known(connection: Connection, identity: Identity, now: datetime) -> User:
    user = vouched(connection, identity, now)
    assert user is not None
    return user


def test_who_comes_for_the_first_time_becomes_a_user_without_a_password(writer: Engine, now: datetime) -> None:
    with writer.begin() as connection:
        user = known(connection, said(), now)
        assert (user.name, user.role, user.issuer, user.subject) == ("Lead Example", Role.LEAD, ISSUER, "7")
        assert (user.password, user.active) == (None, True)
        (change,) = changes_of(connection, f"user {user.id}")
    assert (change.actor, change.action) == ("Lead Example", "user")
    assert change.detail == {"name": "Lead Example", "role": "lead", "way": "oidc"}


def test_issuer_and_subject_say_who_it_is_and_the_name_does_not(writer: Engine, now: datetime) -> None:
    with writer.begin() as connection:
        first = known(connection, said(), now)
        again = known(connection, said(), now + timedelta(days=1))
        namesake = known(connection, said("8"), now)
        elsewhere = known(connection, said(issuer="https://id.example.org"), now)
    assert again == first
    assert (first.name, namesake.name, elsewhere.name) == ("Lead Example", "Lead Example (2)", "Lead Example (3)")


def test_a_role_that_is_the_same_ends_no_session(writer: Engine, now: datetime) -> None:
    with writer.begin() as connection:
        user = known(connection, said(), now)
        begin_session(connection, user.id, now, timedelta(days=7))
        known(connection, said(), now)
        assert len(sessions(connection)) == 1


@pytest.mark.check(15, 17)
def test_another_role_holds_from_the_next_sign_in_and_ends_the_sessions_before(writer: Engine, now: datetime) -> None:
    with writer.begin() as connection:
        user = known(connection, said(role=Role.ADMIN), now)
        begin_session(connection, user.id, now, timedelta(days=7))
        assert known(connection, said(role=Role.VIEWER), now).role is Role.VIEWER
        assert sessions(connection) == []
        change = changes_of(connection, f"user {user.id}")[0]
    assert (change.action, change.detail) == ("role", {"role": "viewer", "was": "admin", "way": "oidc"})


@pytest.mark.check(17)
def test_who_has_no_role_any_more_is_refused_and_their_sessions_end(writer: Engine, now: datetime) -> None:
    with writer.begin() as connection:
        user = known(connection, said(), now)
        begin_session(connection, user.id, now, timedelta(days=7))
        assert vouched(connection, said(role=None), now) is None
        assert sessions(connection) == []
        (change,) = changes_of(connection, "sign-in")
    assert (change.actor, change.action) == ("Lead Example", "refused")
    assert change.detail == {"way": "oidc", "reason": "no role", "subject": "7"}


def an_admin_with_tokens(connection: Connection, now: datetime, name: str = "Ada") -> str:
    """Of scope admin and ingest; returns the first."""
    acting = Acting(connection, known(connection, said(name=name, role=Role.ADMIN), now).name, now, ISSUER)
    acting.make_token("feed", TokenScope.INGEST, None)
    return acting.make_token("report", TokenScope.ADMIN, None)


@pytest.mark.parametrize("role", [Role.LEAD, None], ids=["another role", "no role"])
def test_who_administers_no_more_as_the_provider_says_takes_their_tokens_along(
    writer: Engine, now: datetime, role: Role | None
) -> None:
    with writer.begin() as connection:
        token = an_admin_with_tokens(connection, now)
        Acting(connection, "Root", now, ISSUER).make_token("of Root", TokenScope.READ, None)
        vouched(connection, said(name="Ada Example", role=role), now)
        assert visitor_with(connection, token, now) is None
        assert [one.name for one in tokens(connection)] == ["feed", "of Root"]
        change = changes_of(connection, "token report")[0]
    assert (change.actor, change.action, change.detail) == ("Ada", "token revoked", {"way": "oidc"})


def test_an_admin_who_stays_one_keeps_their_tokens_under_another_name(writer: Engine, now: datetime) -> None:
    with writer.begin() as connection:
        token = an_admin_with_tokens(connection, now)
        known(connection, said(name="Ada Example", role=Role.ADMIN), now)
        assert visitor_with(connection, token, now) is not None
        assert {one.made_by for one in tokens(connection)} == {"Ada Example"}


def test_tokens_go_with_who_made_them_and_not_with_who_has_their_name_now(writer: Engine, now: datetime) -> None:
    with writer.begin() as connection:
        token = an_admin_with_tokens(connection, now)
        renamed = known(connection, said(name="Ada Example", role=Role.ADMIN), now)
        namesake = known(connection, said("8", name="Ada", role=Role.ADMIN), now)
        Acting(connection, "Root", now, ISSUER).keep_out(namesake)
        assert visitor_with(connection, token, now) is not None
        known(connection, said("9", name="Olena", role=Role.ADMIN), now)
        Acting(connection, "Root", now, ISSUER).keep_out(renamed)
        assert visitor_with(connection, token, now) is None


@pytest.mark.check(17)
def test_a_stranger_without_a_role_becomes_no_user_and_is_in_the_trail_without_a_name(
    writer: Engine, now: datetime
) -> None:
    with writer.begin() as connection:
        assert vouched(connection, said(name="Somebody Else", role=None), now) is None
        assert list(users(connection)) == []
        (change,) = changes_of(connection, "sign-in")
    assert (change.actor, change.action) == ("anonymous", "refused")
    assert change.detail == {"way": "oidc", "reason": "no role", "subject": "7"}


@pytest.mark.check(17)
def test_who_was_deactivated_here_stays_out_whatever_the_provider_says(writer: Engine, now: datetime) -> None:
    with writer.begin() as connection:
        user = known(connection, said(), now)
        set_active(connection, user.id, now, active=False)
        assert vouched(connection, said(role=Role.ADMIN), now) is None
        (change,) = changes_of(connection, "sign-in")
        after = get_user(connection, user.id)
    assert change.detail["reason"] == "not active"
    assert after is not None
    assert (after.active, after.role) == (False, Role.LEAD)


def test_a_new_name_is_taken_over_and_a_number_is_kept(writer: Engine, now: datetime) -> None:
    with writer.begin() as connection:
        known(connection, said(), now)
        second = known(connection, said("8"), now)
        assert known(connection, said("8"), now).name == "Lead Example (2)"
        assert known(connection, said("8", name="Second Example"), now).name == "Second Example"
        change = changes_of(connection, f"user {second.id}")[0]
    assert (change.actor, change.action) == ("Lead Example (2)", "renamed")


@pytest.mark.parametrize(
    ("name", "shown"), [("page", '"page"'), ("detector", '"detector"'), ("token ingest", '"token ingest"')]
)
def test_nobody_goes_by_what_the_trail_calls_others(writer: Engine, now: datetime, name: str, shown: str) -> None:
    with writer.begin() as connection:
        assert known(connection, said(name=name), now).name == shown
        assert known(connection, said(name=name), now).name == shown


def test_a_local_user_of_the_same_name_is_somebody_else(writer: Engine, now: datetime) -> None:
    with writer.begin() as connection:
        local = add_user(connection, "admin", Role.ADMIN, now, password="$argon2id$")
        user = known(connection, said(name="admin", role=Role.VIEWER), now)
    assert user.id != local
    assert (user.name, user.role) == ("admin (2)", Role.VIEWER)


@pytest.mark.check(17)
def test_the_database_refuses_a_password_for_who_signs_in_elsewhere(writer: Engine, now: datetime) -> None:
    with writer.begin() as connection:
        user = known(connection, said(), now)
    with pytest.raises(IntegrityError, match="one_way_in"), writer.begin() as connection:
        set_password(connection, user.id, "$argon2id$", now)
