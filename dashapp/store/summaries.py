"""Weekly summaries, as they were made. A week's newer version stands beside the older ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, insert, select

from dashapp.store.operations import summary


@dataclass(frozen=True)
class Draft:
    """A summary of an ISO week before it is kept; `summary` says what each part is."""

    week: str
    made_at: datetime
    as_of: date | None
    complete: int
    facts: str
    markdown: str
    author: str
    reason: str


@dataclass(frozen=True)
class Kept(Draft):
    """A summary as the store has it."""

    version: int


def put_summary(connection: Connection, draft: Draft) -> Kept:
    """Keep a summary as the next version of its week."""
    versions = select(func.max(summary.c.version)).where(summary.c.week == draft.week)
    version = (connection.scalar(versions) or 0) + 1
    connection.execute(insert(summary), {**vars(draft), "version": version})
    return Kept(**vars(draft), version=version)


def newest_summary(connection: Connection, week: str) -> Kept | None:
    """The last version of a week's summary; None where there is none."""
    found = select(summary).where(summary.c.week == week).order_by(summary.c.version.desc()).limit(1)
    row = connection.execute(found).mappings().one_or_none()
    return Kept(**row) if row else None


def list_summaries(connection: Connection) -> Sequence[Kept]:
    """All summaries, the newest week first, and of a week the newest version."""
    rows = connection.execute(select(summary).order_by(summary.c.week.desc(), summary.c.version.desc())).mappings()
    return [Kept(**row) for row in rows]
