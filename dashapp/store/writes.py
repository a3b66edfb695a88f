"""Facts that are put into the store, or out of it. Callers hold the transaction; each change marks the days it makes
stale. `event_writes` has the changes of facts that events make.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, delete, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from dashapp.domain.messages import AggregateRow, DecisionRow, FlagRow, Incident, ReportRow, Reviewer
from dashapp.domain.vocabulary import NOT_GIVEN, Dim, Feed
from dashapp.store.bulk import insert_columns
from dashapp.store.closed import first_open_day
from dashapp.store.columns import metadata
from dashapp.store.engine import insert_missing
from dashapp.store.moderation import AGGREGATED, aggregate_day, decision, dirty_report_day, report
from dashapp.store.operations import snapshot
from dashapp.store.schema import coverage, dirty_day, flag, incident, origin, reviewer
from dashapp.store.values import FirstDays, note_values
from dashapp.store.version import next_live_version, next_version

Row = dict[str, Any]
Days = Callable[[Sequence[Row]], set[tuple[str, date]]]
"""The days, each of an origin, whose derived tables rows are counted in."""


class Derived(NamedTuple):
    """What rows are counted in: the table that marks days as stale, and which days those are."""

    marks: Table
    days: Days


@dataclass
class Counts:
    """What became of the rows that were handed in. `updated_places` and `seen_places` are those of the rows updated
    and seen; `conflicts` pairs a row's place with the column that differs. `closed_places` are those of rows that
    would change what was counted of a closed day.
    """

    new: int = 0
    updated: int = 0
    seen: int = 0
    updated_places: list[int] = field(default_factory=list, compare=False)
    seen_places: list[int] = field(default_factory=list, compare=False)
    conflicts: list[tuple[int, str]] = field(default_factory=list)
    closed_places: list[int] = field(default_factory=list, compare=False)

    @property
    def refused_places(self) -> set[int]:
        """The places of the rows that were not stored."""
        return {place for place, _ in self.conflicts}.union(self.closed_places)


def flag_row(origin_name: str, message: FlagRow, zone: ZoneInfo) -> Row:
    """A flag as the store keeps it: decided_day and hours_to_decision follow from each other where one is missing."""
    row = {"origin": origin_name, **vars(message)}
    hours, decided_at = message.hours_to_decision, message.decided_at
    if decided_at is None and hours is not None and message.flagged_at is not None:
        decided_at = row["decided_at"] = message.flagged_at + timedelta(hours=hours)
    if hours is None and decided_at is not None and message.flagged_at is not None:
        row["hours_to_decision"] = (decided_at - message.flagged_at).total_seconds() / 3600
    row["decided_day"] = _decided_day(message.flagged_day, decided_at, hours, zone)
    return row


def _decided_day(flagged: date, decided_at: datetime | None, hours: float | None, zone: ZoneInfo) -> date | None:
    """The day of a decision; for day-only input the day that lies `hours` after the midnight the day began with."""
    if decided_at is not None:
        return decided_at.astimezone(zone).date()
    return None if hours is None else flagged if hours < 24 else flagged + timedelta(days=int(hours // 24))


def put_flags(connection: Connection, rows: Sequence[Row], *, replace: bool = False) -> Counts:
    """Store flags, rows of `flag_row`; see `_put` for what becomes of those that are there already."""
    return _put(connection, flag, ("origin", "flag_id"), rows, Derived(dirty_day, _flag_days), replace=replace)


def report_row(origin_name: str, message: ReportRow, zone: ZoneInfo) -> Row:
    """A report as the store keeps it."""
    return {"origin": origin_name, **vars(message), "created_day": message.created_at.astimezone(zone).date()}


def decision_row(origin_name: str, message: DecisionRow, zone: ZoneInfo) -> Row:
    """A decision as the store keeps it."""
    return {"origin": origin_name, **vars(message), "decided_day": message.decided_at.astimezone(zone).date()}


def put_reports(connection: Connection, rows: Sequence[Row], *, replace: bool = False) -> Counts:
    """Store reports, rows of `report_row`; a decision that closes one later fills its gaps."""
    derived = Derived(dirty_report_day, _days_of("created_day"))
    return _put(connection, report, ("origin", "report_id"), rows, derived, replace=replace)


def put_decisions(connection: Connection, rows: Sequence[Row], *, replace: bool = False) -> Counts:
    """Store decisions, rows of `decision_row`."""
    derived = Derived(dirty_report_day, _days_of("decided_day"))
    return _put(connection, decision, ("origin", "decision_id"), rows, derived, replace=replace)


def put_reviewers(connection: Connection, origin_name: str, messages: Sequence[Reviewer], *, replace: bool) -> Counts:
    """Store reviewers. Teams are read through them, so a new or changed one makes the origin's days stale."""
    rows = [{"origin": origin_name, **message.model_dump()} for message in messages]
    counts = _put(connection, reviewer, ("origin", "reviewer_id"), rows, UNCOUNTED, replace=replace)
    if counts.new or counts.updated:
        known = select(coverage.c.day).where(coverage.c.origin == origin_name, coverage.c.feed == Feed.FLAGS)
        mark(connection, dirty_day, ((origin_name, day) for day in connection.scalars(known).all()))
    return counts


def put_incidents(connection: Connection, origin_name: str, messages: Sequence[Incident], *, replace: bool) -> Counts:
    """Store known attacks, which readers see at once."""
    rows = [{"origin": origin_name, **message.model_dump()} for message in messages]
    counts = _put(connection, incident, ("origin", "incident_id"), rows, UNCOUNTED, replace=replace)
    if counts.new or counts.updated:
        next_version(connection)
    return counts


def put_aggregates(
    connection: Connection, origin_name: str, messages: Sequence[AggregateRow], *, replace: bool
) -> Counts:
    """Store counts of days, which readers see at once; nothing is derived from them."""
    key = tuple(column.name for column in aggregate_day.primary_key)
    rows = [{"origin": origin_name, **vars(message)} for message in messages]
    counts = _put(connection, aggregate_day, key, rows, UNCOUNTED, replace=replace)
    if counts.new or counts.updated:
        note_values(connection, origin_name, _first_days(messages))
        next_version(connection)
    return counts


def _first_days(messages: Sequence[AggregateRow]) -> FirstDays:
    """The first of their days on which messages count anything of each platform and of each value."""
    found: FirstDays = {}
    for message in messages:
        told = [(Dim.PLATFORM, message.platform)]
        if message.dimension in AGGREGATED and message.value != NOT_GIVEN:
            told.append((Dim(message.dimension), message.value))
        for one in told if message.count else ():
            found[one] = min(message.day, found.get(one, message.day))
    return found


def put_origin(connection: Connection, name: str, kind: str, now: datetime) -> None:
    """Note that an origin delivered something."""
    row = {"origin": name, "kind": kind, "delivered_at": now}
    if not connection.execute(update(origin).where(origin.c.origin == name).values(row)).rowcount:
        connection.execute(insert(origin).values(row))
        next_version(connection)


def put_coverage(connection: Connection, name: str, days: Iterable[date], feed: Feed = Feed.FLAGS) -> None:
    """Note the days of which an origin told us something."""
    known = select(coverage.c.day).where(coverage.c.origin == name, coverage.c.feed == feed)
    told = set(days).difference(connection.scalars(known))
    if told:
        rows = [{"origin": name, "feed": feed, "day": day} for day in sorted(told)]
        connection.execute(insert_missing(connection, coverage), rows)
        next_version(connection)


def remove_origin(connection: Connection, name: str) -> int:
    """Undo an import: delete everything of one origin and return how many flags that were."""
    held = [table for table in metadata.sorted_tables if "origin" in table.columns]
    gone = {table.name: connection.execute(delete(table).where(table.c.origin == name)).rowcount for table in held}
    connection.execute(delete(snapshot))  # its answers name what the origin told of
    next_version(connection)
    next_live_version(connection)
    return gone[flag.name]


def _put(
    connection: Connection,
    table: Table,
    key: tuple[str, ...],
    rows: Sequence[Row],
    derived: Derived,
    *,
    replace: bool,
) -> Counts:
    """Insert what is new; compare the rest with what is stored.

    Equal, or saying less: seen. A gap filled: updated. Another value: a conflict, unless `replace`. All new is the
    common case and is tried first, as one statement.
    """
    if not rows:
        return Counts()
    closed = first_open_day(connection)
    if closed and any(day < closed for _, day in derived.days(rows)):
        return _merge(connection, table, key, rows, derived, replace=replace, closed=closed)
    try:
        with connection.begin_nested():
            insert_columns(connection, table, {name: [row[name] for row in rows] for name in rows[0]})
    except IntegrityError:
        return _merge(connection, table, key, rows, derived, replace=replace)
    mark(connection, derived.marks, derived.days(rows))
    return Counts(new=len(rows))


def _merge(
    connection: Connection,
    table: Table,
    key: tuple[str, ...],
    rows: Sequence[Row],
    derived: Derived,
    *,
    replace: bool,
    closed: date = date.min,
) -> Counts:
    """As `_put`, for a batch of which some rows are there already, or come twice, or lie on days before `closed`: what
    is there still may be seen again, and decided on an open day.
    """
    counts, columns = Counts(), [table.c[name] for name in key]
    wanted = (column.in_({row[column.name] for row in rows}) for column in columns)  # and some others, seldom many
    stored = {
        tuple(row[name] for name in key): dict(row)
        for row in connection.execute(select(table).where(*wanted)).mappings()
    }
    fresh: dict[tuple[Any, ...], Row] = {}
    dirty: set[tuple[str, date]] = set()
    for place, row in enumerate(rows):
        identity = tuple(row[name] for name in key)
        old = stored.get(identity)
        if any(day < closed for _, day in derived.days([row]) - derived.days([old] if old else [])):
            counts.closed_places.append(place)
        elif old is None:
            stored[identity] = fresh[identity] = dict(row)
            counts.new += 1
        elif not (change := _change(old, row)):
            counts.seen += 1
            counts.seen_places.append(place)
        elif not replace and (clash := next((name for name in change if old[name] is not None), None)):
            counts.conflicts.append((place, clash))
        else:
            dirty |= derived.days([old])
            old.update(change)
            dirty |= derived.days([old])
            if identity not in fresh:
                connection.execute(update(table).where(tuple_(*columns) == identity).values(change))
            counts.updated += 1
            counts.updated_places.append(place)
    if fresh:
        connection.execute(insert(table), list(fresh.values()))
    mark(connection, derived.marks, dirty | derived.days(list(fresh.values())))
    return counts


def _change(old: Row, new: Row) -> Row:
    """The columns in which a row sent again says something else; what it leaves out it does not take back."""
    return {name: value for name, value in new.items() if value is not None and value != old[name]}


def _flag_days(rows: Sequence[Row]) -> set[tuple[str, date]]:
    """The days whose cubes count these flags."""
    decided = {(row["origin"], row["decided_day"]) for row in rows if row["decided_day"] is not None}
    return decided.union((row["origin"], row["flagged_day"]) for row in rows)


def _days_of(column: str) -> Days:
    """The days that stand in one column."""
    return lambda rows: {(row["origin"], row[column]) for row in rows}


UNCOUNTED = Derived(dirty_day, lambda _rows: set())
"""Of rows that no derived table counts."""


def mark(connection: Connection, marks: Table, pairs: Iterable[tuple[str, date]]) -> None:
    """Mark days, each of an origin, in dirty_day or dirty_report_day."""
    rows = [{"origin": name, "day": day} for name, day in set(pairs)]
    if rows:
        connection.execute(insert_missing(connection, marks), rows)
