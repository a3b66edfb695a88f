"""Whether the data still mean the same: values never seen before, fields whose values turn over."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from math import isnan
from operator import itemgetter
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Select, Table, func, literal, select, union_all

from dashapp.domain.ask import Ask, Window
from dashapp.domain.threshold import Threshold
from dashapp.domain.vocabulary import Dim, Feed, Field
from dashapp.metrics.query import SINCE, UNTIL, per_day
from dashapp.metrics.registry import Better, JudgedSums, Kind, Sight, Statistics, Unit, metric
from dashapp.stats.drift import Counts, distances
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
    return per_day(ask, rows, literal(1), None, rows.c.known >= LEARNING, rows.c.field.in_(tuple(Field)))


def _known_days() -> ColumnElement[int]:
    """How many days the origin of a value told of before the value's first."""
    before = (coverage.c.origin == dimension_value.c.origin) & (coverage.c.day < dimension_value.c.first_day)
    return select(func.count(coverage.c.day.distinct())).where(before).scalar_subquery()


def _flipped(rows: Sequence[Any], sight: Sight) -> JudgedSums:  # noqa: ARG001 # the rows say it all
    """The distance of each day from those before, in percent, by field and origin. Rows are (bucket, origin, field,
    value, cases).
    """
    if not rows:
        return {}
    told, names, fields, values, cases = zip(*rows, strict=True)
    days = Window(min(told) - timedelta(days=BASELINE), max(told))
    lines = {day: line for line, day in enumerate(days)}
    said = list(zip(fields, names, values, strict=True))
    places = {one: place for place, one in enumerate(sorted(dict.fromkeys(said), key=itemgetter(0, 1)))}
    counts = np.zeros((days.length, len(places)))
    counts[[lines[day] for day in told], [places[one] for one in said]] = cases
    groups = groupby(places, key=itemgetter(0, 1))
    return {group: _distances(counts[:, [places[one] for one in of]], days) for group, of in groups}


def _distances(counts: Counts, days: Window) -> dict[date, tuple[float, float]]:
    """Each day that can be judged, how far its distribution lies from that of the days before, and its cases."""
    apart, cases = 100 * distances(counts, BASELINE, FEW, FEW_BEFORE), counts.sum(axis=1)
    judged = zip(days, apart.tolist(), cases.tolist(), strict=True)
    return {day: (far, of) for day, far, of in judged if not isnan(far)}


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
