"""The link by which the first administrator comes in."""

from datetime import UTC, datetime

import typer

from dashapp.cli.opening import Store
from dashapp.store.administration import Acting
from dashapp.store.sessions import INVITED
from dashapp.store.trail import COMMAND
from dashapp.store.users import any_user


def tell_first_way_in(store: Store) -> None:
    """Tell whoever starts the server how somebody can sign in, where nobody can yet. It is written past the log, which
    passes things on.
    """
    if store.settings.auth != "password":
        return
    found = first_way_in(store)
    if found:
        typer.echo(f"Nobody can sign in yet. Within {INVITED.days} days the first administrator can, once:", err=True)
        typer.echo(found, err=True)


def first_way_in(store: Store) -> str | None:
    """The link by which the first administrator comes in, once; None where there are users. Links of before do not work
    any more.
    """
    with store.writer.begin() as connection:
        if any_user(connection):
            return None
        secret = Acting(connection, COMMAND, datetime.now(UTC)).invite_first()
    return store.settings.way_in(secret)
