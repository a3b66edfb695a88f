"""What becomes of a way in that works once: the first admin, or a password for somebody who was invited."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dashapp.domain.access import Role
from dashapp.domain.passwords import wrong_name
from dashapp.store.sessions import invited, use_invitation
from dashapp.store.trail import names_nobody, note_change
from dashapp.store.users import User, add_user, any_user, get_user, set_password, user_named

WAY = "invitation"
"""How these users came in, as the trail says it."""


@dataclass(frozen=True)
class Invited:
    """Whom a way in is for; nobody yet where it is for the first admin."""

    user: User | None


def invited_by(connection: Connection, secret: str, now: datetime) -> Invited | None:
    """Whom a way in is for, if it still is one. To become the first admin is possible while there is no user; to choose
    a password, for who is active and does not sign in elsewhere.
    """
    found = invited(connection, secret, now)
    if found is None:
        return None
    [number] = found
    if number is None:
        return None if any_user(connection) else Invited(None)
    user = get_user(connection, number)
    return Invited(user) if user and user.active and not user.issuer else None


def wrong_new_name(connection: Connection, name: str) -> str | None:
    """Why another user cannot be called this; None where they can."""
    wrong = wrong_name(name)
    if wrong is None and names_nobody(name):
        return "The trail of changes calls something else by this name. Choose another."
    if wrong is None and user_named(connection, name):
        return "Somebody has this name already. Choose another."
    return wrong


def accept(connection: Connection, secret: str, name: str, hashed: str, now: datetime) -> User | None:
    """The user whom a way in has led in, with the password chosen there; the first admin also chooses a name. None
    where it is no way in any more: of two who use it at once, one is let in.
    """
    found = invited_by(connection, secret, now)
    if found is None or not use_invitation(connection, secret):
        return None
    user = found.user
    if user is None:
        number = add_user(connection, name, Role.ADMIN, now, password=hashed)
        note_change(connection, now, name, "user", f"user {number}", {"name": name, "role": Role.ADMIN, "way": WAY})
        return get_user(connection, number)
    set_password(connection, user.id, hashed, now)
    note_change(connection, now, user.name, "password", f"user {user.id}", {"way": WAY})
    return get_user(connection, user.id)
