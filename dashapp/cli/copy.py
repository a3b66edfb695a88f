"""`python -m dashapp copy`: a store moves to another database."""

from dataclasses import asdict
from typing import Annotated

import typer
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from dashapp.cli import showing
from dashapp.cli.opening import Wrong, check_migrated, connect, opened
from dashapp.store.engine import reader_engine

DIFFERS = 1
"""Exit code when the copy is not what it was made from."""


def _target(url: str) -> Engine:
    """The database to copy into, with tables."""
    writer = opened(url, "--to")
    try:
        check_migrated(writer, migrating=True)
    except OperationalError as error:
        raise Wrong(f"--to: the database says: {error.orig}") from None
    return writer


def copy(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The database to copy into, which is empty.")],
    *,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Copy the store to another database and compare the two. Stop the server first; run again what was interrupted."""
    from dashapp.store.copy import OtherData, copy

    store = connect()
    check_migrated(store.writer, migrating=False)
    store.writer.dispose()
    writer = _target(to)
    source, reader = (reader_engine(url, store.settings.export_seconds) for url in (store.settings.database_url, to))
    try:
        with showing.progress_bar() as progress:
            compared = copy(source, writer, reader, progress)
    except OtherData as error:
        raise Wrong(f"--to: the database {error}") from None
    finally:
        for engine in (source, writer, reader):
            engine.dispose()
    same = all(one.same for one in compared)
    if json:
        showing.as_json({"same": same, "tables": [{**asdict(one), "same": one.same} for one in compared]})
    else:
        showing.copied(compared)
    if not same:
        raise typer.Exit(DIFFERS)
