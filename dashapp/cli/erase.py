"""`python -m dashapp erase`: the store forgets a person."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy import Engine

from dashapp.cli import showing
from dashapp.cli.opening import Wrong, open_store
from dashapp.settings import Settings
from dashapp.store.erasure import Person, erase, mentions
from dashapp.store.reads import origins

LEFT = (("archive_dir", "*.csv.gz", "archives"), ("backup_dir", "watchfloor-*.sqlite", "backups"))
"""Files that may have the key still, by the setting that says where they are, and what they are called."""


def erase_person(
    reporter: Annotated[str | None, typer.Option(metavar="KEY", help="A reporter's key, as flags have it.")] = None,
    target: Annotated[str | None, typer.Option(metavar="KEY", help="An account's key, as flags have it.")] = None,
    creator: Annotated[str | None, typer.Option(metavar="NAME", help="A creator's name, as reports have it.")] = None,
    origin: Annotated[str | None, typer.Option(metavar="NAME", help="In this origin only; else in all.")] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Take a person's key out of all rows. The rows stay, and are counted as before."""
    given = {Person.REPORTER: reporter, Person.TARGET: target, Person.CREATOR: creator}
    wanted = [(person, key) for person, key in given.items() if key]
    if len(wanted) != 1:
        raise Wrong("one of --reporter, --target and --creator says whom to erase")
    [(person, key)] = wanted
    store = open_store()
    rows = _erased(store.writer, person, key, origin)
    with store.writer.connect() as connection:
        texts = mentions(connection, key)
    files = _left(store.settings)
    if json:
        showing.as_json({"person": person, "rows": rows, "mentions": texts, "files": files})
    else:
        _tell(rows, texts, files)


def _erased(writer: Engine, person: Person, key: str, origin: str | None) -> dict[str, int]:
    """Erase in each origin, or in one, in a transaction of its own; of how many rows, by origin that had any."""
    with writer.connect() as connection:
        names = [one.name for one in origins(connection)]
    if origin is not None and origin not in names:
        raise Wrong(f"--origin: no origin {origin!r}; there are: {', '.join(names) or 'none'}")
    rows: dict[str, int] = {}
    for name in names if origin is None else [origin]:
        with writer.begin() as connection:
            rows[name] = erase(connection, name, person, key, datetime.now(UTC))
    return {name: n for name, n in rows.items() if n}


def _left(settings: Settings) -> dict[str, int]:
    """How many files there are, by kind, that may have the key still: nothing in them is changed."""
    folders = [(kind, getattr(settings, name), pattern) for name, pattern, kind in LEFT]
    found = {kind: len(list(folder.glob(pattern))) for kind, folder, pattern in folders if folder}
    return {kind: n for kind, n in found.items() if n}


def _tell(rows: Mapping[str, int], texts: Mapping[str, int], files: Mapping[str, int]) -> None:
    """Print what was erased, and what has to be looked at by hand."""
    for name, n in rows.items():
        typer.echo(f"{name}: taken out of {n:,} rows")
    if not rows:
        typer.echo("no row has the key")
    for name, n in texts.items():
        typer.echo(f"{n:,} texts in {name} have the key, and are left as they are", err=True)
    for kind, n in files.items():
        typer.echo(f"{n:,} {kind} are left as they are, and may have the key", err=True)
