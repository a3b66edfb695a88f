"""Tokens that let programs in. Of a token only its SHA-256 is kept, so that nobody can read tokens out of the store."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update

from dashapp.domain.access import SCOPES, TokenScope, Visitor
from dashapp.store.moderation import api_token
from dashapp.store.secrets import digest_of, new_secret
from dashapp.store.trail import note_change
from dashapp.store.users import User

USED = timedelta(minutes=1)
"""How old the moment may be at which a token was last used, so that few requests write."""


@dataclass(frozen=True)
class Token:
    """What is known of a token."""

    name: str
    scope: TokenScope
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    made_by: str | None
    """What the trail calls who made it; a user who is renamed is named anew here, too."""


def create_token(
    connection: Connection,
    name: str,
    scope: TokenScope,
    now: datetime,
    expires_at: datetime | None = None,
    made_by: str | None = None,
) -> str:
    """A new token, which is told this once."""
    token = new_secret()
    row = {"digest": digest_of(token), "name": name, "scope": scope, "created_at": now}
    connection.execute(insert(api_token).values(row | {"expires_at": expires_at, "made_by": made_by}))
    return token


def tokens(connection: Connection) -> list[Token]:
    """All tokens, by name."""
    of = api_token.c
    rows = connection.execute(
        select(of.name, of.scope, of.created_at, of.expires_at, of.used_at, of.made_by).order_by(of.name)
    )
    return [Token(name, TokenScope(scope), *rest) for name, scope, *rest in rows]


def revoke_token(connection: Connection, name: str) -> bool:
    """Delete a token, and return whether there was one of that name."""
    return bool(connection.execute(delete(api_token).where(api_token.c.name == name)).rowcount)


def revoke_made_by(connection: Connection, user: User, now: datetime, actor: str, **about: str) -> None:
    """Revoke what somebody who leaves, or administers no more, could still read and change with; pipelines go on to
    send events. Whatever takes the role of admin from somebody, or keeps them out, comes by here.
    """
    of = api_token.c
    theirs = delete(api_token).where(of.made_by == user.name, of.scope != TokenScope.INGEST).returning(of.name)
    for name in sorted(connection.execute(theirs).scalars()):
        note_change(connection, now, actor, "token revoked", f"token {name}", about)


def visitor_with(connection: Connection, token: str, now: datetime) -> tuple[Visitor, bool] | None:
    """The program that holds a token, and whether it is time to note that it was used; None where the token is not
    known or has expired.
    """
    of = api_token.c
    found = connection.execute(
        select(of.name, of.scope, of.used_at).where(
            of.digest == digest_of(token), or_(of.expires_at.is_(None), of.expires_at > now)
        )
    ).one_or_none()
    if found is None:
        return None
    return Visitor(
        f"token {found.name}", SCOPES[TokenScope(found.scope)]
    ), not found.used_at or now - found.used_at > USED


def note_used(connection: Connection, token: str, now: datetime) -> None:
    """Keep when a token was last used."""
    connection.execute(update(api_token).where(api_token.c.digest == digest_of(token)).values(used_at=now))
