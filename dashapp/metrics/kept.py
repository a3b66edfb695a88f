"""What the detection job made of each day, as the store keeps it: it leaves confirmed incidents out of its baselines
and begins anew where a series means something else, which nobody does who judges the counts alone.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from dashapp.domain.ask import Ask, Window
from dashapp.domain.vocabulary import Dim
from dashapp.metrics.counted import Counted, counted
from dashapp.metrics.desk import Desk
from dashapp.metrics.detecting import SUBJECTS, VERSION
from dashapp.metrics.detectors import DEFAULT_DETECTOR, SMALLEST, Detector
from dashapp.metrics.judgement import Judged, Series, anew
from dashapp.metrics.looking import name_of
from dashapp.metrics.pool import Groups
from dashapp.metrics.registry import METRICS
from dashapp.stats.outbreak import ALERT, FALL, LEAST
from dashapp.store.expectations import expectations
from dashapp.store.findings import Source

[FLAGS] = [subject for subject in SUBJECTS if subject.metric == "flags"]
SAME = frozenset({Dim.CATEGORY, Dim.ORIGIN})
"""Filters that leave series as the job looks at them, and only choose among them."""

Row = Mapping[str, Any]


def kept(desk: Desk, ask: Ask, detector: Detector) -> list[Series]:
    """What the job made of each day of the window, by series, with the counts of this moment. Days that it has still to
    judge, or to judge again, are judged anew. Nothing where it has judged no day, or looks at other series: those of
    another detector, of several origins together, of some flags only.
    """
    names = ask.chosen(Dim.ORIGIN) or desk.default_origins()
    same = (detector.key, detector.by) == (DEFAULT_DETECTOR, FLAGS.main) and {dim for dim, _ in ask.filters} <= SAME
    if not same or len(names) != 1:
        return []
    source = Source(names[0], FLAGS.metric, DEFAULT_DETECTOR, VERSION)
    return desk.once(("kept", ask.window, ask.filters), lambda: _read(desk, ask, source, detector))


def judged_day(day: date, row: Row, today: date) -> Judged:
    """A day as it was judged; today is no fall, for it is not over."""
    observed, p, p_low = row["observed"], row.get("p"), row.get("p_low")
    high_enough = observed is not None and observed >= LEAST
    return Judged(
        day,
        None if observed is None else int(observed),
        None if p is None else -math.log10(max(p, SMALLEST)),
        row["expected"],
        row.get("low"),
        row.get("high"),
        alarm=p is not None and p < ALERT and high_enough,
        drop=p_low is not None and p_low < FALL and day < today,
        provisional=bool(row.get("provisional")),
    )


def unjudged(day: date) -> Judged:
    """A day of which nothing is known."""
    return Judged(day, None, None, None, None, None, alarm=False, drop=False, provisional=False)


def _read(desk: Desk, ask: Ask, source: Source, detector: Detector) -> list[Series]:
    reach = Window(ask.window.since - timedelta(days=detector.before), ask.window.until)
    found = counted(desk, METRICS[source.metric], replace(ask, window=reach), detector.by)
    rows: defaultdict[str, dict[date, Row]] = defaultdict(dict)
    names = [name_of(detector.by, group) for group in found.groups]
    for row in expectations(desk.connection, source, ask.window, names):
        rows[row["series"]][row["day"]] = dict(row)
    if not rows:
        return []
    told = [_of_job(found, place, rows[name], desk.today) for place, name in enumerate(names)]
    over = {day for day, counts in zip(found.days, found.over.T, strict=True) if np.isfinite(counts).any()}
    if all(day in days for days in told for day in over.intersection(ask.window)):
        return [_series(group, days, ask.window) for group, days in zip(found.groups, told, strict=True)]
    fresh = {one.group: {day.day: day for day in one.days} for one in anew(desk, ask, detector)}
    return [_series(group, fresh[group] | days, ask.window) for group, days in zip(found.groups, told, strict=True)]


def _of_job(found: Counted, place: int, rows: Mapping[date, Row], today: date) -> dict[date, Judged]:
    """The days of a series that the job has judged. Their counts may have changed since."""
    counts = dict(zip(found.days, found.counts[place].tolist(), strict=True))
    now = {day: None if math.isnan(count) else int(count) for day, count in counts.items()}
    return {day: replace(judged_day(day, row, today), observed=now.get(day)) for day, row in rows.items()}


def _series(group: Groups, days: Mapping[date, Judged], window: Window) -> Series:
    return Series(group, tuple(days.get(day) or unjudged(day) for day in window))
