"""People who may sign in. Whatever changes what they may do ends their sessions in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, update

from dashapp.domain.access import Role
from dashapp.store.moderation import api_token
from dashapp.store.people import invitation, session, user_account


@dataclass(frozen=True)
class User:
    """A person as the store knows them."""

    id: int
    name: str
    role: Role
    password: str | None
    """The Argon2 hash; None where the person signs in elsewhere, or has not chosen one yet."""
    issuer: str | None
    subject: str | None
    active: bool
    created_at: datetime
    signed_in_at: datetime | None

    @property
    def state(self) -> str:
        """Whether they may sign in, in a word or two."""
        if not self.active:
            return "not active"
        return "active" if self.password or self.issuer else "invited"


def add_user(connection: Connection, name: str, role: Role, now: datetime, **way_in: str | None) -> int:
    """A new user; returns the number. `way_in` is a `password` (its hash), or an `issuer` and its `subject`."""
    row = {"name": name, "role": role, "active": True, "created_at": now, "changed_at": now, **way_in}
    number: int = connection.execute(insert(user_account).values(row).returning(user_account.c.id)).scalar_one()
    return number


def get_user(connection: Connection, number: int) -> User | None:
    """The user of a number."""
    return _one(connection, _users().where(user_account.c.id == number))


def user_named(connection: Connection, name: str) -> User | None:
    """The user of a name."""
    return _one(connection, _users().where(user_account.c.name == name))


def user_of(connection: Connection, issuer: str, subject: str) -> User | None:
    """Whom an OpenID provider knows as `subject`."""
    of = user_account.c
    return _one(connection, _users().where(of.issuer == issuer, of.subject == subject))


def users(connection: Connection) -> Sequence[User]:
    """All users, by name."""
    return [_user(row) for row in connection.execute(_users().order_by(user_account.c.name))]


def any_user(connection: Connection) -> bool:
    """Whether there has ever been a user."""
    return connection.execute(select(user_account.c.id).limit(1)).first() is not None


def admin_beside(connection: Connection, number: int, provider: str | None) -> bool:
    """Whether somebody else than a user may administer, and has a way in: the OpenID provider where people sign in at
    one, else a password.
    """
    of = user_account.c
    has_way_in = of.issuer == provider if provider else of.issuer.is_(None) & of.password.is_not(None)
    others = select(of.id).where(of.id != number, of.role == Role.ADMIN, of.active, has_way_in)
    return connection.execute(others.limit(1)).first() is not None


def stands(connection: Connection, user: User) -> bool:
    """Whether somebody is still active, and has the role and the way in with which they were looked up. To be asked in
    the transaction that lets them in: looking at a password takes long enough for an admin to reset it.
    """
    found = get_user(connection, user.id)
    return found is not None and found.active and _way_in(found) == _way_in(user)


def forget_password(connection: Connection, number: int, now: datetime) -> None:
    """Have a user choose a new password before they sign in again."""
    _change(connection, number, now, password=None)


def set_password(connection: Connection, number: int, hashed: str, now: datetime) -> None:
    """Have a user sign in with another password, and everywhere anew."""
    _change(connection, number, now, password=hashed)


def set_role(connection: Connection, number: int, role: Role, now: datetime) -> None:
    """Give a user another role, and have them sign in anew."""
    _change(connection, number, now, role=role)


def set_active(connection: Connection, number: int, now: datetime, *, active: bool) -> None:
    """Keep a user out, or let them in again."""
    _change(connection, number, now, active=active)


def rename(connection: Connection, number: int, name: str) -> None:
    """Call a user by another name, which changes nothing that they may do. The tokens that they made stay theirs: who
    gets the name after them has made none.
    """
    held = select(user_account.c.name).where(user_account.c.id == number).scalar_subquery()
    connection.execute(update(api_token).where(api_token.c.made_by == held).values(made_by=name))
    connection.execute(update(user_account).where(user_account.c.id == number).values(name=name))


def note_sign_in(connection: Connection, number: int, now: datetime) -> None:
    """Keep when a user last signed in."""
    connection.execute(update(user_account).where(user_account.c.id == number).values(signed_in_at=now))


def rehash(connection: Connection, number: int, hashed: str) -> None:
    """Keep the same password under another hash."""
    connection.execute(update(user_account).where(user_account.c.id == number).values(password=hashed))


def _change(connection: Connection, number: int, now: datetime, **values: Any) -> None:
    connection.execute(update(user_account).where(user_account.c.id == number).values(changed_at=now, **values))
    connection.execute(delete(session).where(session.c.user_id == number))
    connection.execute(delete(invitation).where(invitation.c.user_id == number))


def _way_in(user: User) -> tuple[str | None, ...]:
    return user.role, user.password, user.issuer, user.subject


def _users() -> Select[Any]:
    of = user_account.c
    return select(
        of.id, of.name, of.role, of.password, of.issuer, of.subject, of.active, of.created_at, of.signed_in_at
    )


def _one(connection: Connection, statement: Select[Any]) -> User | None:
    row = connection.execute(statement).one_or_none()
    return None if row is None else _user(row)


def _user(row: Any) -> User:
    number, name, role, *rest = row
    return User(number, name, Role(role), *rest)
