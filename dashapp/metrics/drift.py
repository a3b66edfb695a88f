"""Whether the data still mean the same: values never seen before, fields whose values turn over."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Select, Table, func, literal, select, union_all

from dashapp.domain.ask import Ask
from dashapp.domain.threshold import Threshold
from dashapp.domain.vocabulary import Dim, Feed
from dashapp.metrics.query import SINCE, UNTIL, per_day
from dashapp.metrics.registry import Better, JudgedSums, Kind, Sight, Statistics, Unit, metric
from dashapp.stats.drift import distances
from dashapp.store.moderation import report_field
from dashapp.store.schema import coverage, dimension_value, flag_field

LEARNING = 7
"""First days of an origin, which show what values it has."""
BASELINE = 7
"""Days that a day is held against."""
FEW, FEW_BEFORE = 50, 150
"""Fewest cases of a day, and of the days before, that a distribution is told of."""


@metric(
    "New values",
    Unit.VALUES,
    Kind.FLOW,
    dims=frozenset({Dim.ORIGIN, Dim.FIELD}),
    feed=Feed.ANY,
    threshold=Threshold(warn=10, alert=50),
    clock="day raised or received",
    rows=None,
)
def new_values(ask: Ask) -> Statistics:
    """Values that a field took for the first time from an origin, by the day of the first: categories, regions, media
    types, teams, detectors, model versions, sources, providers. The first seven days that an origin tells of show
    what values it has and are not counted. Each value is counted with all others; none is dropped.
    """
    value = dimension_value.c
    values = select(value.origin, value.dim.label("field"), value.first_day.label("day"), _known_days().label("known"))
    rows = values.subquery()
    return per_day(ask, rows, literal(1), None, rows.c.known >= LEARNING)


def _known_days() -> ColumnElement[int]:
    """How many days the origin of a value told of before the value's first."""
    before = (coverage.c.origin == dimension_value.c.origin) & (coverage.c.day < dimension_value.c.first_day)
    return select(func.count(coverage.c.day.distinct())).where(before).scalar_subquery()


def _flipped(rows: Sequence[Any], sight: Sight) -> JudgedSums:
    """The distance of each day from those before, in percent, of the field or origin where it is largest. Rows are
    (bucket, origin, field, value, cases).
    """
    by_field: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for day, name, field, value, cases in rows:
        by_field[name, field].append((day, value, cases))
    found: defaultdict[tuple[str, ...], dict[date, tuple[float, float]]] = defaultdict(dict)
    for (name, field), said in by_field.items():
        named = {Dim.ORIGIN: name, Dim.FIELD: field}
        group = tuple(named[dim] for dim in sight.by)
        for day, judged in _distances(said):
            found[group][day] = max(judged, found[group].get(day, judged))
    return dict(found)


def _distances(said: Sequence[tuple[date, str, int]]) -> Iterator[tuple[date, tuple[float, float]]]:
    """Each day that can be judged, how far its distribution lies from that of the days before, and its cases."""
    first, last = min(day for day, _, _ in said), max(day for day, _, _ in said)
    places: dict[str, int] = {}
    counts = np.zeros(((last - first).days + 1 + BASELINE, len({value for _, value, _ in said})))
    for day, value, cases in said:
        counts[(day - first).days + BASELINE, places.setdefault(value, len(places))] = cases
    apart = 100 * distances(counts, BASELINE, FEW, FEW_BEFORE)
    for place in np.flatnonzero(~np.isnan(apart)):
        day = first + timedelta(days=int(place) - BASELINE)
        yield day, (float(apart[place]), float(counts[place].sum()))


@metric(
    "Field flips",
    Unit.PERCENT,
    Kind.PEAK,
    dims=frozenset({Dim.ORIGIN, Dim.FIELD}),
    feed=Feed.ANY,
    better=Better.LOWER,
    threshold=Threshold(warn=40, alert=60),
    clock="day raised, received or decided",
    judge=_flipped,
    before=BASELINE,
    rows=None,
)
def field_flips(ask: Ask) -> Statistics:
    """How far what a field says on a day lies from what it said on the seven days before, of all fields and origins the
    farthest: half the sum of the differences of the shares (total variation), 0 % for the same, 100 % where no value is
    shared. Of days with 50 cases and at least 150 before. Labels, actions and whether a decision was automated count by
    the day decided and where they are given, violations by the day received, all others by the day raised, with those
    not given.
    """
    rows = union_all(*(_values(ask, table) for table in (flag_field, report_field))).subquery()
    wanted = ask.chosen(Dim.FIELD)
    return select(rows).where(rows.c.field.in_(wanted)) if wanted else select(rows)


def _values(ask: Ask, table: Table) -> Select[Any]:
    """How often fields took each value: day, origin, field, value, cases."""
    here = table.c.origin.in_(ask.chosen(Dim.ORIGIN)) & table.c.day.between(SINCE, UNTIL)
    return select(*(table.c[name] for name in ("day", "origin", "field", "value", "cases"))).where(here)
