"""What pages need to know beside numbers: the origins, the days they cover, the values of dimensions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, Select, Table, bindparam, func, select, union_all

from dashapp.domain.ask import Window
from dashapp.domain.messages import Incident
from dashapp.domain.vocabulary import NOT_GIVEN, Dim, Feed
from dashapp.store.moderation import (
    aggregate_day,
    cube_decision,
    cube_report,
    dirty_report_day,
    event_bin,
    ingest_count,
)
from dashapp.store.schema import CUBES, coverage, dimension_value, dirty_day, incident, origin

DEMO = "demo"
"""The kind, and the name, of the origin that our own generator makes."""

# What every page asks is made once: to make a SELECT takes longer than to run one of these.
NAMES: BindParameter[str] = bindparam("names", expanding=True)
ORIGINS = select(origin).order_by(origin.c.origin)
SPANS = select(coverage.c.origin, func.min(coverage.c.day), func.max(coverage.c.day)).group_by(coverage.c.origin)
OF_FEED = coverage.c.feed == bindparam("feed")
SPANS_OF = SPANS.where(OF_FEED)
RECEIVED = select(ingest_count.c.origin, func.min(ingest_count.c.day), func.max(ingest_count.c.day)).group_by(
    ingest_count.c.origin
)
ANY_SPANS_TO = union_all(
    *(
        spans.where(table.c.origin.in_(NAMES), table.c.day <= bindparam("today"))
        for spans, table in ((SPANS, coverage), (RECEIVED, ingest_count))
    )
)
SPANS_TO = SPANS_OF.where(coverage.c.origin.in_(NAMES), coverage.c.day <= bindparam("today"))
COVERED = select(coverage.c.origin, coverage.c.day).where(
    coverage.c.origin.in_(NAMES), OF_FEED, coverage.c.day.between(bindparam("since"), bindparam("until"))
)


def _days(table: Table) -> Select[Any]:
    """The days of a window that a table has rows of, each after its origin."""
    here = table.c.day.between(bindparam("since"), bindparam("until"))
    return select(table.c.origin, table.c.day).where(table.c.origin.in_(NAMES), here).distinct()


STALE = {
    Feed.FLAGS: (_days(dirty_day), _days(CUBES[None])),
    Feed.REPORTS: (_days(dirty_report_day), _days(cube_report)),
    Feed.DECISIONS: (_days(dirty_report_day), _days(cube_decision)),
}
"""By feed what finds the days that are to be rolled up, and those of which something was."""
LIVE_SINCE = select(
    origin.c.origin,
    select(func.min(event_bin.c.bin)).where(event_bin.c.origin == origin.c.origin).scalar_subquery(),
)
RECEIVED_SINCE = select(ingest_count.c.origin, func.min(ingest_count.c.day)).group_by(ingest_count.c.origin)
VALUE = (dimension_value.c.dim, dimension_value.c.value, dimension_value.c.position)
VALUES = (
    select(*VALUE, func.min(dimension_value.c.first_day).label("first_day"))
    .where(dimension_value.c.origin.in_(NAMES))
    .group_by(*VALUE)
    .order_by(dimension_value.c.dim, dimension_value.c.position)
)
FIRST_VALUES = (
    select(dimension_value.c.origin, dimension_value.c.dim, dimension_value.c.value, dimension_value.c.first_day)
    .where(
        dimension_value.c.origin.in_(NAMES),
        dimension_value.c.first_day.between(bindparam("since"), bindparam("until")),
        dimension_value.c.first_day
        > select(func.min(coverage.c.day)).where(coverage.c.origin == dimension_value.c.origin).scalar_subquery(),
    )
    .order_by(
        dimension_value.c.first_day.desc(), dimension_value.c.dim, dimension_value.c.value, dimension_value.c.origin
    )
)
ROW_COUNTS = {
    **{
        feed: select(column.table.c.origin, func.sum(column)).group_by(column.table.c.origin)
        for feed, column in (
            (Feed.FLAGS, CUBES[None].c.raised),
            (Feed.REPORTS, cube_report.c.received),
            (Feed.DECISIONS, cube_decision.c.taken),
        )
    },
    Feed.AGGREGATES: select(aggregate_day.c.origin, func.count()).group_by(aggregate_day.c.origin),
}


@dataclass(frozen=True)
class Origin:
    """A feeding system: when it last delivered, and the span it covers (None: nothing yet)."""

    name: str
    kind: str
    delivered_at: datetime
    first_day: date | None
    last_day: date | None


def origins(
    connection: Connection, feed: Feed | None = None, live: Mapping[str, datetime] | None = None
) -> list[Origin]:
    """All origins, by name, with what they cover, of one feed where it is given. `live` is what `live_since` found."""
    rows, spans = connection.execute(ORIGINS), _covered_by(connection, feed, live)
    return [Origin(row.origin, row.kind, row.delivered_at, *spans.get(row.origin, (None, None))) for row in rows]


def _covered_by(
    connection: Connection, feed: Feed | None, live: Mapping[str, datetime] | None
) -> dict[str, tuple[date, date | None]]:
    if feed is Feed.LIVE:
        found = live_since(connection) if live is None else live
        return {name: (first.date(), None) for name, first in found.items()}
    one = feed is not None and feed is not Feed.ANY
    spans = connection.execute(SPANS_OF, {"feed": feed}) if one else connection.execute(SPANS)
    return {name: (first, last) for name, first, last in spans}


def received_since(connection: Connection) -> dict[str, date]:
    """The first day on which events of each origin were received, by name."""
    return dict(connection.execute(RECEIVED_SINCE).all())


def live_since(connection: Connection) -> dict[str, datetime]:
    """When the first five minutes began of which each origin sent events, by name."""
    return {name: first for name, first in connection.execute(LIVE_SINCE) if first is not None}


def flag_counts(connection: Connection) -> dict[str, int]:
    """How many flags each origin gave, by name; none for one that gave none."""
    return row_counts(connection)[Feed.FLAGS]


def row_counts(connection: Connection) -> dict[Feed, dict[str, int]]:
    """How many flags, reports, decisions and counts of days each origin gave, by name; none for one that gave none."""
    return {
        feed: {name: int(count) for name, count in connection.execute(counted) if count}
        for feed, counted in ROW_COUNTS.items()
    }


def default_origins(found: list[Origin], feed: Feed) -> tuple[str, ...]:
    """The origins that a view shows when it names none, of all with what they cover of a feed: the real ones that have
    the feed, or all that are real where none has, which shows no data, or where any feed will do; the demo as long as
    there is nothing else.
    """
    real = [origin for origin in found if origin.kind != DEMO] or found
    delivering = [origin for origin in real if origin.first_day and feed is not Feed.ANY]
    return tuple(origin.name for origin in delivering or real)


def receiving(received: Collection[str]) -> tuple[str, ...]:
    """The origins that a view of what is received shows when it names none: of those whose events were received the
    real ones, with what nobody can be told to have sent; else all.
    """
    real = set(received) - {DEMO, NOT_GIVEN}
    return tuple(sorted((real | {NOT_GIVEN}).intersection(received) if real else received))


@dataclass(frozen=True)
class Coverage:
    """Which days of a window some origins cover, and where all of them end."""

    days: frozenset[date]
    """Covered by at least one of the origins."""
    partial: frozenset[date]
    """Not covered by an origin although it lies within that origin's span."""
    first: date | None
    as_of: date | None
    """The last covered day."""

    def within(self, window: Window) -> "Coverage":
        """The same of fewer days."""
        days, partial = (
            frozenset(day for day in days if window.since <= day <= window.until) for days in (self.days, self.partial)
        )
        return Coverage(days, partial, self.first, self.as_of)


def _to_be_rolled_up(
    connection: Connection, feed: Feed, asked: Mapping[str, Any]
) -> tuple[set[tuple[str, date]], set[tuple[str, date]]]:
    """The days of a window that are to be rolled up, and those among them of which nothing ever was."""
    if feed not in STALE:
        return set(), set()
    found, counted = STALE[feed]
    dirty = {(name, day) for name, day in connection.execute(found, asked)}
    if not dirty:
        return dirty, dirty
    return dirty, dirty - {(name, day) for name, day in connection.execute(counted, asked)}


Spans = Mapping[str, tuple[date, date]]
"""The first and the last covered day by origin."""


def spans_of(connection: Connection, names: Sequence[str], today: date, feed: Feed) -> Spans:
    """From when to when the origins' feed covers days; days after `today` do not count."""
    rows = connection.execute(SPANS_TO, {"names": names, "today": today, "feed": feed})
    return {name: (first, last) for name, first, last in rows}


def any_spans_of(connection: Connection, names: Sequence[str], today: date) -> Spans:
    """From when to when the origins told of anything, or anything was received of them."""
    found: dict[str, tuple[date, date]] = {}
    for name, first, last in connection.execute(ANY_SPANS_TO, {"names": names, "today": today}):
        known = found.get(name, (first, last))
        found[name] = (min(known[0], first), max(known[1], last))
    return found


def coverage_of(connection: Connection, spans: Spans, feed: Feed, window: Window | None = None) -> Coverage:
    """What the origins' feed covers within its spans, of the window where one is given. A day that is to be rolled up
    is partial, and not covered at all as long as nothing of it was: it would count 0.
    """
    if not spans:
        return Coverage(frozenset(), frozenset(), None, None)
    first, last = min(first for first, _ in spans.values()), max(last for _, last in spans.values())
    if window is None:
        return Coverage(frozenset(), frozenset(), first, last)
    asked = {"names": list(spans), "feed": feed, "since": window.since, "until": min(window.until, last)}
    known: dict[str, set[date]] = {name: set() for name in spans}
    for name, day in connection.execute(COVERED, asked):
        known[name].add(day)
    partial = {
        day for name, (begin, end) in spans.items() for day in window if begin <= day <= end and day not in known[name]
    }
    stale, uncounted = _to_be_rolled_up(connection, feed, asked)
    partial |= {day for _, day in stale}
    for name, day in uncounted:
        known[name].discard(day)
    return Coverage(frozenset().union(*known.values()), frozenset(partial), first, last)


def has_data(connection: Connection) -> bool:
    """Whether any origin has delivered anything."""
    return connection.execute(select(origin.c.origin).limit(1)).first() is not None


def last_covered_day(connection: Connection) -> date | None:
    """The last day of which any origin delivered anything."""
    last: date | None = connection.scalar(select(func.max(coverage.c.day)))
    return last


def is_stale(connection: Connection) -> bool:
    """Whether there are days to roll up."""
    return any(connection.execute(select(days).limit(1)).first() for days in (dirty_day, dirty_report_day))


@dataclass(frozen=True)
class Value:
    """One value of an open dimension. `position` picks its colour and never changes."""

    value: str
    position: int
    first_day: date


def values_of(connection: Connection, names: Sequence[str]) -> dict[Dim, list[Value]]:
    """The values that the origins' open dimensions have taken, by dimension, in the order of their positions."""
    rows = connection.execute(VALUES, {"names": names})
    found: dict[Dim, list[Value]] = {}
    for row in rows:
        found.setdefault(Dim(row.dim), []).append(Value(row.value, row.position, row.first_day))
    return found


class NewValue(NamedTuple):
    """A value of an open dimension that an origin gave for the first time."""

    origin: str
    dim: str
    value: str
    first_day: date


def values_by_origin(connection: Connection, names: Sequence[str], window: Window) -> list[NewValue]:
    """The values that origins gave for the first time on a day of the window, the latest first; those of the first day
    that an origin told of are not among them.
    """
    rows = connection.execute(FIRST_VALUES, {"names": names, "since": window.since, "until": window.until})
    return [NewValue(*row) for row in rows]


def known_attacks(connection: Connection, names: Sequence[str], window: Window) -> list[Incident]:
    """The attacks that the origins declared and that touch the window, by day."""
    here = incident.c.origin.in_(names) & (incident.c.since <= window.until) & (incident.c.until >= window.since)
    rows = connection.execute(
        select(incident).where(here).order_by(incident.c.since, incident.c.incident_id, incident.c.origin)
    ).mappings()
    return [Incident(**{name: row[name] for name in Incident.model_fields}) for row in rows]
