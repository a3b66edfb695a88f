"""Counts the stored days anew after the reporting time zone was changed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, Table, bindparam, or_, select, update

from dashapp.domain.vocabulary import Feed, Severity
from dashapp.store.closed import first_open_day
from dashapp.store.dirty import mark_all_dirty
from dashapp.store.meta import forget_zone, keep
from dashapp.store.moderation import decision, report
from dashapp.store.rollup import rollup
from dashapp.store.schema import flag
from dashapp.store.writes import put_coverage

BATCH = 5_000


class Closed(Exception):
    """Days cannot be counted anew, for what they were counted from is gone."""


class Facts(NamedTuple):
    """Rows that lie on days: their table, the moment, where it is known, that each day is the day of, and the feed that
    covers the first of these days.
    """

    table: Table
    instants: Mapping[str, str]
    feed: Feed


FACTS = (
    Facts(flag, {"flagged_day": "flagged_at", "decided_day": "decided_at"}, Feed.FLAGS),
    Facts(report, {"created_day": "created_at"}, Feed.REPORTS),
    Facts(decision, {"decided_day": "decided_at"}, Feed.DECISIONS),
)


def rezone(connection: Connection, zone: ZoneInfo, sla: Mapping[Severity, float]) -> int:
    """Count every day that has a moment in `zone`, rebuild the derived tables, and return how many days they hold.

    Days that came without a moment stay as they were given; where days are closed none can be counted anew (Closed).
    """
    if (first := first_open_day(connection)) is not None:
        raise Closed(f"the days before {first} are closed and cannot be counted anew in {zone.key}")
    for facts in FACTS:
        for rows in _batches(connection, facts):
            _move(connection, facts, rows, zone)
    forget_zone(connection)
    keep(connection, zone, sla)
    mark_all_dirty(connection)
    return rollup(connection, sla)


def _batches(connection: Connection, facts: Facts) -> Iterator[Sequence[RowMapping]]:
    """The rows that have a moment, some thousand at a time."""
    known = facts.table.c
    columns = [known.id, known.origin, *(known[name] for pair in facts.instants.items() for name in pair)]
    timed = select(*columns).where(or_(*(known[instant].is_not(None) for instant in facts.instants.values())))
    last = -1
    while rows := connection.execute(timed.where(known.id > last).order_by(known.id).limit(BATCH)).mappings().all():
        yield rows
        last = rows[-1]["id"]


def _move(connection: Connection, facts: Facts, rows: Sequence[RowMapping], zone: ZoneInfo) -> None:
    """Put rows on their days in `zone`; a day on which one lies is a day its origin told us of."""
    moved = [{**row, **_days(facts, row, zone)} for row in rows]
    changed = [new for old, new in zip(rows, moved, strict=True) if new != old]
    if not changed:
        return
    days = list(facts.instants)
    values: dict[str, Any] = {day: bindparam(f"new_{day}") for day in days}
    parameters = [{"key": new["id"], **{f"new_{day}": new[day] for day in days}} for new in changed]
    connection.execute(update(facts.table).where(facts.table.c.id == bindparam("key")).values(values), parameters)
    for name in {new["origin"] for new in changed}:
        covered = {new[days[0]] for new in changed if new["origin"] == name}
        put_coverage(connection, name, covered, facts.feed)


def _days(facts: Facts, row: RowMapping, zone: ZoneInfo) -> dict[str, Any]:
    moments: dict[str, datetime | None] = {day: row[instant] for day, instant in facts.instants.items()}
    return {day: moment.astimezone(zone).date() for day, moment in moments.items() if moment is not None}
