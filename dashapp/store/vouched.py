"""Users whom an OpenID provider vouches for: made at their first sign-in, and changed by what it says at each."""

from datetime import datetime
from itertools import chain, count

from sqlalchemy import Connection

from dashapp.domain.access import ANONYMOUS, Role
from dashapp.domain.identity import Identity
from dashapp.store.sessions import end_sessions
from dashapp.store.tokens import revoke_made_by
from dashapp.store.trail import names_nobody, note_change
from dashapp.store.users import User, add_user, get_user, rename, set_role, user_named, user_of

WAY = "oidc"
"""How these users sign in, as the trail says it."""


def vouched(connection: Connection, identity: Identity, now: datetime) -> User | None:
    """The user as the store has them from now on; None for who may not come in, whose sessions and tokens end."""
    user = user_of(connection, identity.issuer, identity.subject)
    role = identity.role
    if role is None or (user and not user.active):
        _refuse(connection, identity, user, now)
        return None
    if user is None:
        return get_user(connection, _new(connection, identity, role, now))
    if role != user.role:
        _give_role(connection, user, role, now)
    if not _goes_by(user.name, _wanted(identity)):
        name = _free(connection, _wanted(identity))
        rename(connection, user.id, name)
        note_change(connection, now, user.name, "renamed", _subject(user.id), {"name": name, "way": WAY})
    return get_user(connection, user.id)


def _give_role(connection: Connection, user: User, role: Role, now: datetime) -> None:
    if role is not Role.ADMIN:
        revoke_made_by(connection, user, now, user.name, way=WAY)
    set_role(connection, user.id, role, now)
    note_change(connection, now, user.name, "role", _subject(user.id), {"role": role, "was": user.role, "way": WAY})


def _refuse(connection: Connection, identity: Identity, user: User | None, now: datetime) -> None:
    """Keep that somebody was refused. Of a stranger the trail has what the provider knows them by, not the name."""
    if user:
        end_sessions(connection, user.id)
        revoke_made_by(connection, user, now, user.name, way=WAY)
    reason = "no role" if identity.role is None else "not active"
    detail = {"way": WAY, "reason": reason, "subject": identity.subject}
    note_change(connection, now, user.name if user else ANONYMOUS.name, "refused", "sign-in", detail)


def _new(connection: Connection, identity: Identity, role: Role, now: datetime) -> int:
    name = _free(connection, _wanted(identity))
    number = add_user(connection, name, role, now, issuer=identity.issuer, subject=identity.subject)
    note_change(connection, now, name, "user", _subject(number), {"name": name, "role": role, "way": WAY})
    return number


def _subject(number: int) -> str:
    return f"user {number}"


def _wanted(identity: Identity) -> str:
    """The name that the provider tells, in quotes where the trail would take it for no person's."""
    name = identity.name
    return f'"{name}"' if names_nobody(name) else name


def _goes_by(held: str, name: str) -> bool:
    """Whether a name is the wanted one, as it is or with a number."""
    return held == name or (held.startswith(f"{name} (") and held.endswith(")"))


def _free(connection: Connection, name: str) -> str:
    """The name, with a number where somebody else has it: nobody is to be taken for another in the trail."""
    numbered = chain([name], (f"{name} ({number})" for number in count(2)))
    return next(one for one in numbered if user_named(connection, one) is None)
