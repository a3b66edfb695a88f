"""Times from reports to their decisions, which no sums tell: from the moments of every report to one value a group."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashapp.metrics.pool import Groups, Point, Pooling

Pairs = NDArray[np.datetime64]
"""When each case began and when it ended, NaT while it is open: shape (cases, 2)."""


class Moments(NamedTuple):
    """When the reports of a day and group came in and when they were decided, and of how many it is not known when."""

    pairs: Pairs
    unknown: int


Found = Mapping[Groups, Mapping[date, Moments]]


def moments(rows: Iterable[Sequence[Any]]) -> Found:
    """Result rows (bucket, *groups, moments, unknown) by group and day; moments are text (metrics.query_reports)."""
    found: dict[Groups, dict[date, Moments]] = {}
    for day, *group, text, unknown in rows:
        found.setdefault(tuple(map(str, group)), {})[day] = Moments(_pairs(text or ""), unknown)
    return found


def _pairs(text: str) -> Pairs:
    """Moments written as `from/to,from/to`."""
    return np.array(text.replace("/", ",").split(",") if text else [], "datetime64[us]").reshape(-1, 2)


@dataclass(frozen=True)
class Told:
    """The durations by bucket and group reduced to a value, that of all together, and how many cases were left out."""

    points: tuple[Point, ...]
    total: Point
    left_out: int


def durations(found: Found, pooling: Pooling, now: datetime) -> Told:
    """What is to be said of the reports of covered days, of which the open ones have waited until now."""
    window = {group: {day: days[day] for day in pooling.days if day in days} for group, days in found.items()}
    groups = sorted(group for group, days in window.items() if days) or ([] if pooling.ask.by else [()])
    points = []
    for bucket, members in pooling.buckets():
        for group in groups:
            told = [window[group][day] for day in members if day in window.get(group, {})]
            provisional = pooling.provisional(bucket, members)
            points.append(_point(bucket, group, told, pooling, now)._replace(provisional=provisional))
    every = list(chain.from_iterable(days.values() for days in window.values()))
    total = _point(pooling.ask.window.since, (), every, pooling, now)
    pending = bool(pooling.days) and pooling.pending(pooling.days)
    return Told(tuple(points), total._replace(provisional=pending), sum(one.unknown for one in every))


def _point(bucket: date, group: Groups, told: Sequence[Moments], pooling: Pooling, now: datetime) -> Point:
    """One value of the moments of some days."""
    metric = pooling.metric
    if metric.reduce is None:
        raise ValueError(f"{metric.key} does not say what to make of durations")
    decided, waiting = _hours([one.pairs for one in told], now)
    cases = len(decided) + (len(waiting) if metric.censored else 0)
    return Point(bucket, group, metric.reduce(decided, waiting) if cases else None, cases)


def _hours(told: Sequence[Pairs], now: datetime) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Hours from report to decision of the decided, and until now of the others. A decision before its report counts
    as one at once; a report that comes in after now, by a clock that is ahead, does not wait yet.
    """
    pairs = np.concatenate(told) if told else _pairs("")
    here = np.datetime64(now.astimezone(UTC).replace(tzinfo=None), "us")
    is_open = np.isnat(pairs[:, 1])
    ends = np.where(is_open, here, pairs[:, 1])
    hours = (ends - pairs[:, 0]).astype(np.int64) / 1e6 / 3600
    return np.maximum(hours[~is_open], 0), hours[is_open & (hours >= 0)]
