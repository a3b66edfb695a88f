"""`python -m dashapp demo --live`: sends events to a running server until it is stopped."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import typer

from dashapp.cli.opening import Store, Wrong
from dashapp.demo.plan import Demo
from dashapp.demo.stream import NotTaken, Stream, run, sender
from dashapp.domain.access import TokenScope
from dashapp.store.administration import Acting
from dashapp.store.reads import DEMO, origins
from dashapp.store.tokens import tokens
from dashapp.store.trail import COMMAND

TOKEN = "demo --live"  # noqa: S105 # the name that a token goes by, not one
"""What the token is called that is made for the time of sending."""


def stream(store: Store, url: str, token: str | None, rate: float, seed: int) -> None:
    """Send `rate` reports a second and what is decided on them to the server at `url`. Without a token the store gets
    one for the time, for the server is then taken to be over the same store.
    """
    demo = Demo(datetime.now(UTC), store.settings.zone, 1, seed, 1.0)
    try:
        send = sender(url, token or _made(store))
        typer.echo(f"sending events to {url} until you press Ctrl-C")
        if _left_out(store):
            typer.echo("the store has other data, beside which pages leave the demo out: see /live?origin=demo")
        run(Stream(demo), send, rate, lambda: datetime.now(UTC), _tell)
    except NotTaken as error:
        raise Wrong(str(error)) from None
    except KeyboardInterrupt:
        typer.echo("stopped")
    finally:
        if token is None:
            _revoke(store)


def _left_out(store: Store) -> bool:
    with store.writer.connect() as connection:
        return any(origin.kind != DEMO for origin in origins(connection))


def _made(store: Store) -> str:
    _revoke(store)  # one that was left behind
    with store.writer.begin() as connection:
        return Acting(connection, COMMAND, datetime.now(UTC)).make_token(TOKEN, TokenScope.INGEST, None)


def _revoke(store: Store) -> None:
    with store.writer.begin() as connection:
        if any(token.name == TOKEN for token in tokens(connection)):
            Acting(connection, COMMAND, datetime.now(UTC)).revoke(TOKEN)


def _tell(result: Mapping[str, Any]) -> None:
    """A line for every second: what became of its events."""
    said = result.get("error") or f"{result['new']} new, {result['seen']} seen, {len(result['refused'])} refused"
    typer.echo(f"{datetime.now(UTC):%H:%M:%S} {said}")
