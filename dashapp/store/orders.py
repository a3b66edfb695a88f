"""Summaries that somebody wants now: put on a list by pages and programs, made by a job, which says how far it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from dashapp.store.trail import note_change
from dashapp.store.writings import summary_order

MOST_OPEN = 20
"""Orders that may wait: each may take a model's time and money."""

WAITS = timedelta(days=1)
"""So long an order may wait; who wanted the summary then does not look for it any more."""

TOO_LATE = "nothing made it within a day"
"""What became of an order that waited longer."""

KEPT = timedelta(days=30)
"""So long it can be asked what became of an order."""

OPEN = summary_order.c.ended_at.is_(None)


@dataclass(frozen=True)
class Wanted:
    """An order as the store has it; `writings.summary_order` says what each part is."""

    id: int
    week: str | None
    filters: str
    asked_at: datetime
    asked_by: str
    step: str | None
    ended_at: datetime | None
    made: str | None
    version: int | None
    error: str | None


def put_order(connection: Connection, week: str | None, filters: str, by: str, now: datetime) -> int:
    """Put an order on the list, and into the trail; returns its number. Where the same is wanted already and not yet
    begun, it is that.
    """
    of = summary_order.c
    same = (of.week == week if week else of.week.is_(None)) & (of.filters == filters)
    waiting: int | None = connection.scalar(select(of.id).where(OPEN, same, of.step.is_(None)).limit(1))
    if waiting is not None:
        return waiting
    row = {"week": week, "filters": filters, "asked_at": now, "asked_by": by}
    number: int = connection.execute(insert(summary_order).values(row).returning(summary_order.c.id)).scalar_one()
    note_change(connection, now, by, "ordered", f"summary {week or 'of the last week'}", {"order": number})
    return number


def get_order(connection: Connection, number: int) -> Wanted | None:
    """An order by its number."""
    row = connection.execute(select(summary_order).where(summary_order.c.id == number)).mappings().one_or_none()
    return Wanted(**row) if row else None


def next_order(connection: Connection) -> Wanted | None:
    """The oldest order that has not ended."""
    oldest = select(summary_order).where(OPEN).order_by(summary_order.c.id).limit(1)
    row = connection.execute(oldest).mappings().one_or_none()
    return Wanted(**row) if row else None


def newest_order(connection: Connection) -> Wanted | None:
    """The order that was put last, of those that have not ended."""
    last = select(summary_order).where(OPEN).order_by(summary_order.c.id.desc()).limit(1)
    row = connection.execute(last).mappings().one_or_none()
    return Wanted(**row) if row else None


def open_orders(connection: Connection) -> int:
    """How many orders have not ended."""
    return connection.scalars(select(func.count()).select_from(summary_order).where(OPEN)).one()


def end_late_orders(connection: Connection, now: datetime) -> int:
    """End the orders that waited too long; returns how many."""
    late = update(summary_order).where(OPEN, summary_order.c.asked_at < now - WAITS)
    return connection.execute(late.values(ended_at=now, error=TOO_LATE)).rowcount


def forget_orders(connection: Connection, now: datetime) -> int:
    """Delete the orders that ended long ago; returns how many."""
    return connection.execute(delete(summary_order).where(summary_order.c.ended_at < now - KEPT)).rowcount


def note_step(connection: Connection, number: int, step: str) -> None:
    """Say what is being done about an order."""
    _change(connection, number, {"step": step})


def end_order(
    connection: Connection, number: int, now: datetime, made: tuple[str, int] | None, error: str | None = None
) -> None:
    """Say what became of an order: the week and the version that were made, or what went wrong."""
    week, version = made or (None, None)
    _change(connection, number, {"ended_at": now, "made": week, "version": version, "error": error})


def _change(connection: Connection, number: int, values: dict[str, Any]) -> None:
    connection.execute(update(summary_order).where(summary_order.c.id == number).values(values))
