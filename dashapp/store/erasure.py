"""Forgets a person: takes their key out of the rows that name it. The rows stay, so that what is counted stays true."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Column, Connection, Table, delete, func, select, update

from dashapp.domain.vocabulary import Dim
from dashapp.store.incidents import annotation, audit, finding
from dashapp.store.moderation import report
from dashapp.store.operations import snapshot
from dashapp.store.schema import dirty_day, flag, incident
from dashapp.store.trail import COMMAND, note_change
from dashapp.store.version import next_snapshots_version, next_version
from dashapp.store.writes import mark
from dashapp.store.writings import summary


class Person(StrEnum):
    """What a person may be to the systems that feed the store."""

    REPORTER = "reporter"
    TARGET = "target"
    CREATOR = "creator"


class Named(NamedTuple):
    """Where a kind of person is named: by the column `key`, beside which the columns `also` tell of them."""

    table: Table
    key: Column[str]
    also: tuple[str, ...] = ()


NAMED: Mapping[Person, Named] = {
    Person.REPORTER: Named(flag, flag.c.reporter_key),
    Person.TARGET: Named(flag, flag.c.target_key, ("target_created_at",)),
    Person.CREATOR: Named(report, report.c.creator),
}
WORDS: tuple[Column[str], ...] = (
    finding.c.note,
    annotation.c.text,
    summary.c.text,
    summary.c.comment,
    incident.c.pattern,
    audit.c.detail,
)
"""What people have written, or a model. A key that is in there is found, but not taken out."""


def erase(connection: Connection, origin: str, person: Person, key: str, now: datetime) -> int:
    """Take a person's key out of an origin's rows, and return of how many. What these rows have in common is to be
    counted anew, and answers that may name a creator go. The trail says that it was done, not to whom.
    """
    table, column, also = NAMED[person]
    here = (table.c.origin == origin) & (column == key)
    days = connection.scalars(select(flag.c.flagged_day).where(here).distinct()).all() if table is flag else []
    rows = connection.execute(update(table).where(here).values(dict.fromkeys((column.name, *also)))).rowcount
    if rows:
        mark(connection, dirty_day, ((origin, day) for day in days))
        if person is Person.CREATOR:
            connection.execute(delete(snapshot).where(snapshot.c.question.contains(f"by={Dim.CREATOR}")))
            next_snapshots_version(connection)
        next_version(connection)
        note_change(connection, now, COMMAND, "erased", f"origin {origin}", {"person": person, "rows": rows})
    return rows


def mentions(connection: Connection, key: str) -> dict[str, int]:
    """In how many texts of each kind a key occurs, those without any left out."""
    found = {
        f"{column.table.name}.{column.name}": connection.scalar(
            select(func.count()).select_from(column.table).where(column.contains(key, autoescape=True))
        )
        for column in WORDS
    }
    return {name: n for name, n in found.items() if n}
