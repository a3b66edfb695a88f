"""`python -m dashapp audit`: the trail of who did what."""

import csv as writing
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain
from typing import Annotated

import typer

from dashapp.cli import showing
from dashapp.cli.opening import Wrong, open_store
from dashapp.domain.cells import text_cell
from dashapp.store.auditing import Asked, Entry, as_text, entries, every_entry, without_text

MOST = 1000
"""Entries that are printed for people and as JSON; CSV has them all."""
HEADS = ("at", "actor", "action", "subject", "detail")


def audit(
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day, in UTC.")] = None,
    actor: Annotated[str | None, typer.Option(metavar="NAME", help="Only what this one did.")] = None,
    action: Annotated[str | None, typer.Option(metavar="ACTION", help="Only this, such as 'refused'.")] = None,
    most: Annotated[int, typer.Option(min=1, max=MOST, help="At most so many; --csv has all.")] = 100,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print all of it as CSV.")] = False,
) -> None:
    """Print who did what, the newest first."""
    if json and csv:
        raise Wrong("--json and --csv exclude each other")
    asked = Asked(since=since and since.replace(tzinfo=UTC), actor=actor, action=action)
    with open_store().writer.connect() as connection:
        if csv:
            _print_csv(chain.from_iterable(every_entry(connection, asked)))
            return
        found = entries(connection, asked, most)
    if json:
        showing.as_json({"entries": [{**vars(one), "detail": without_text(one.detail)} for one in found]})
        return
    for one in found:
        typer.echo(_line(one))
    if not found:
        typer.echo("nothing of that kind is in the trail")


def _line(one: Entry) -> str:
    """An entry in a line. What a name or a detail holds that cannot be printed is written out."""
    text = f"{one.at:%Y-%m-%d %H:%M:%S} {one.actor}: {one.action}, {one.subject} {as_text(one.detail)}".rstrip()
    return "".join(part if part.isprintable() else repr(part)[1:-1] for part in text)


def _print_csv(found: Iterable[Entry]) -> None:
    lines = writing.writer(sys.stdout)
    lines.writerow(HEADS)
    for one in found:
        told = (one.actor, one.action, one.subject, as_text(one.detail))
        lines.writerow([one.at.isoformat().replace("+00:00", "Z"), *map(text_cell, told)])
