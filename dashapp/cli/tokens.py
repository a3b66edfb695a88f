"""`python -m dashapp token`: tokens that let programs in."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from dashapp.cli import showing
from dashapp.cli.opening import Wrong, open_store
from dashapp.cli.showing import Json
from dashapp.domain.access import TokenScope
from dashapp.store.administration import MOST_TOKEN_DAYS, TOKEN_DAYS, Acting, Refused
from dashapp.store.tokens import Token, tokens
from dashapp.store.trail import COMMAND

app = typer.Typer(help="Tokens that let programs in.", no_args_is_help=True)


@app.command("create")
def create(
    scope: Annotated[TokenScope, typer.Option(help="What the token lets a program do.")],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What to know it by.")] = None,
    days: Annotated[int, typer.Option(min=1, max=MOST_TOKEN_DAYS, help="After so many it is void.")] = TOKEN_DAYS,
    *,
    no_expiry: Annotated[bool, typer.Option("--no-expiry", help="It is good until it is revoked.")] = False,
    json: Json = False,
) -> None:
    """Make a token and show it, this once: the store keeps only its digest."""
    named = name if name is not None else f"{scope}-{secrets.token_hex(4)}"
    lasts = None if no_expiry else timedelta(days=days)
    with _acting(migrating=True) as acting:
        token = acting.make_token(named, scope, lasts)
        expires = lasts and acting.now + lasts
    if json:
        showing.as_json({"token": token, "name": named, "scope": scope, "expires_at": expires})
        return
    typer.echo(token)
    until = f"good until {expires:%Y-%m-%d}" if expires else "good until it is revoked"
    typer.echo(f"{named}: {until}; keep it, it is not shown again", err=True)


@app.command("list")
def list_all(*, json: Json = False) -> None:
    """List the tokens by name, without the tokens themselves."""
    with open_store().writer.connect() as connection:
        found = tokens(connection)
    if json:
        showing.as_json({"tokens": [vars(token) for token in found]})
        return
    for token in found:
        typer.echo(_told(token, datetime.now(UTC)))
    if not found:
        typer.echo("no token yet: `python -m dashapp token create --scope ingest` makes one")


@app.command("revoke")
def revoke(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Let nobody in with a token any more."""
    with _acting() as acting:
        acting.revoke(name)
    typer.echo(f"{name} is revoked")


@contextmanager
def _acting(*, migrating: bool = False) -> Iterator[Acting]:
    """A transaction in which a command acts; what is refused ends the command."""
    try:
        with open_store(migrating=migrating).writer.begin() as connection:
            yield Acting(connection, COMMAND, datetime.now(UTC))
    except Refused as reason:
        raise Wrong(str(reason)) from None


def _told(token: Token, now: datetime) -> str:
    ends = token.expires_at
    until = "does not expire" if ends is None else f"{'expired' if ends <= now else 'expires'} {ends:%Y-%m-%d}"
    used = f"last used {token.used_at:%Y-%m-%d %H:%M} UTC" if token.used_at else "never used"
    return f"{token.name} ({token.scope}), made {token.created_at:%Y-%m-%d %H:%M} UTC, {until}, {used}"
