"""`python -m dashapp token`: tokens that let programs in."""

import secrets
from datetime import UTC, datetime
from typing import Annotated

import typer

from dashapp.cli import showing
from dashapp.cli.opening import Wrong, open_store
from dashapp.store.tokens import TokenScope, create_token, revoke_token, tokens

app = typer.Typer(help="Tokens that let programs in.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


@app.command("create")
def create(
    scope: Annotated[TokenScope, typer.Option(help="What the token lets a program do.")],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="What to know it by.")] = None,
    *,
    json: Json = False,
) -> None:
    """Make a token and show it, this once: the store keeps only its digest."""
    named = name if name is not None else f"{scope}-{secrets.token_hex(4)}"
    if not (named.strip() and named.isprintable() and len(named) <= 200):
        raise Wrong("--name: is not a name of 1 to 200 printable characters")
    with open_store(migrating=True).writer.begin() as connection:
        if named in {token.name for token in tokens(connection)}:
            raise Wrong(f"--name: there is a token {named!r} already")
        token = create_token(connection, named, scope, datetime.now(UTC))
    if json:
        showing.as_json({"token": token, "name": named, "scope": scope})
    else:
        typer.echo(token)
        typer.echo(f"{named}: keep it, it is not shown again", err=True)


@app.command("list")
def list_all(*, json: Json = False) -> None:
    """List the tokens by name, without the tokens themselves."""
    with open_store().writer.connect() as connection:
        found = tokens(connection)
    if json:
        showing.as_json({"tokens": [vars(token) for token in found]})
        return
    for token in found:
        typer.echo(f"{token.name} ({token.scope}), made {token.created_at:%Y-%m-%d %H:%M} UTC")
    if not found:
        typer.echo("no token yet: `python -m dashapp token create --scope ingest` makes one")


@app.command("revoke")
def revoke(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Let nobody in with a token any more."""
    with open_store().writer.begin() as connection:
        if not revoke_token(connection, name):
            raise Wrong(f"no token {name!r}")
    typer.echo(f"{name} is revoked")
