"""Counts the stored days anew after the reporting time zone was changed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from dashapp.domain.vocabulary import Severity
from dashapp.store.dirty import mark_all_dirty
from dashapp.store.meta import forget_zone, keep
from dashapp.store.rollup import rollup
from dashapp.store.schema import flag
from dashapp.store.writes import put_coverage

BATCH = 5_000
INSTANTS = {"flagged_day": "flagged_at", "decided_day": "decided_at"}
"""The moment, where it is known, that a day is the day of."""


def rezone(connection: Connection, zone: ZoneInfo, sla: Mapping[Severity, float]) -> int:
    """Count every day that has a moment in `zone`, rebuild the derived tables, and return how many days they hold.

    Days that came without a moment stay as they were given.
    """
    for rows in _batches(connection):
        _move(connection, rows, zone)
    forget_zone(connection)
    keep(connection, zone, sla)
    mark_all_dirty(connection)
    return rollup(connection, sla)


def _batches(connection: Connection) -> Iterator[Sequence[RowMapping]]:
    """The flags that have a moment, some thousand at a time."""
    columns = [flag.c.id, flag.c.origin, *(flag.c[name] for pair in INSTANTS.items() for name in pair)]
    timed = select(*columns).where(flag.c.flagged_at.is_not(None) | flag.c.decided_at.is_not(None))
    last = -1
    while rows := connection.execute(timed.where(flag.c.id > last).order_by(flag.c.id).limit(BATCH)).mappings().all():
        yield rows
        last = rows[-1]["id"]


def _move(connection: Connection, rows: Sequence[RowMapping], zone: ZoneInfo) -> None:
    """Put flags on their days in `zone`; a day on which one was raised is a day its origin told us of."""
    moved = [{**row, **_days(row, zone)} for row in rows]
    changed = [new for old, new in zip(rows, moved, strict=True) if new != old]
    if not changed:
        return
    values: dict[str, Any] = {day: bindparam(f"new_{day}") for day in INSTANTS}
    parameters = [{"key": new["id"], **{f"new_{day}": new[day] for day in INSTANTS}} for new in changed]
    connection.execute(update(flag).where(flag.c.id == bindparam("key")).values(values), parameters)
    for name in {new["origin"] for new in changed}:
        put_coverage(connection, name, {new["flagged_day"] for new in changed if new["origin"] == name})


def _days(row: RowMapping, zone: ZoneInfo) -> dict[str, Any]:
    moments: dict[str, datetime | None] = {day: row[instant] for day, instant in INSTANTS.items()}
    return {day: moment.astimezone(zone).date() for day, moment in moments.items() if moment is not None}
