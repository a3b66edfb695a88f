"""Days that are closed: what was counted of them stays as it is, and their single rows are gone."""

from datetime import date

from sqlalchemy import Connection, delete, insert, select

from dashapp.store.schema import meta
from dashapp.store.version import next_version

CLOSED_BEFORE = "closed_before"
PRESENT = select(meta.c.value).where(meta.c.key == CLOSED_BEFORE)


def first_open_day(connection: Connection) -> date | None:
    """The first day that is not closed; None where none is closed."""
    stored = connection.scalar(PRESENT)
    return None if stored is None else date.fromisoformat(stored)


def close_days(connection: Connection, before: date) -> None:
    """Close the days before a date, for good."""
    closed = first_open_day(connection)
    if closed is None or closed < before:
        connection.execute(delete(meta).where(meta.c.key == CLOSED_BEFORE))
        connection.execute(insert(meta).values(key=CLOSED_BEFORE, value=before.isoformat()))
        next_version(connection)
