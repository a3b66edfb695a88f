"""Tokens that let programs in. Of a token only its SHA-256 is kept, so that nobody can read tokens out of the store."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import Connection, delete, insert, select

from dashapp.store.moderation import api_token

BYTES = 32
"""Of chance in a token."""


class TokenScope(StrEnum):
    """What a token lets a program do."""

    INGEST = "ingest"


@dataclass(frozen=True)
class Token:
    """What is known of a token."""

    name: str
    scope: TokenScope
    created_at: datetime


def create_token(connection: Connection, name: str, scope: TokenScope, now: datetime) -> str:
    """A new token, which is told this once."""
    token = secrets.token_urlsafe(BYTES)
    row = {"digest": _digest(token), "name": name, "scope": scope, "created_at": now}
    connection.execute(insert(api_token).values(row))
    return token


def tokens(connection: Connection) -> list[Token]:
    """All tokens, by name."""
    rows = connection.execute(select(api_token).order_by(api_token.c.name))
    return [Token(row.name, TokenScope(row.scope), row.created_at) for row in rows]


def revoke_token(connection: Connection, name: str) -> bool:
    """Delete a token, and return whether there was one of that name."""
    return bool(connection.execute(delete(api_token).where(api_token.c.name == name)).rowcount)


def scope_of(connection: Connection, token: str) -> TokenScope | None:
    """What a token lets a program do; None for one that is not known."""
    scope = connection.scalar(select(api_token.c.scope).where(api_token.c.digest == _digest(token)))
    return scope and TokenScope(scope)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
