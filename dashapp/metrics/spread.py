"""Answers that are no sums: distributions read from histograms, and the ages of what is open now."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dashapp.domain.ask import Grain
from dashapp.domain.vocabulary import Severity
from dashapp.metrics.pool import Groups, Point, Pooling
from dashapp.metrics.registry import Metric, Policy
from dashapp.stats.histogram import Edges, Histogram, quantile
from dashapp.store.bins import unpacked


@dataclass(frozen=True)
class Spread:
    """The distribution of one group over the whole window."""

    groups: Groups
    counts: Histogram
    edges: Edges

    @property
    def n(self) -> int:
        """The number of cases."""
        return int(self.counts.sum())

    @property
    def filled(self) -> list[tuple[int, int]]:
        """The bins that have cases, in their order, each with how many."""
        return [(number, int(self.counts[number])) for number in self.counts.nonzero()[0].tolist()]

    def quantile(self, p: float) -> float:
        """The value below which the share p of the cases lies, as exact as the bins are wide."""
        return quantile(self.counts, self.edges, p)


Part = tuple[int, NDArray[np.integer]]
"""A stored histogram: its first bin, and the counts from there on."""
Binned = dict[Groups, dict[date, list[Part]]]


def binned(rows: Iterable[Sequence[Any]], covered: Collection[date]) -> Binned:
    """Result rows (bucket, *groups, first, counts) by group and day, of covered days."""
    found: Binned = {}
    for day, *group, first, counts in rows:
        if day in covered:
            found.setdefault(tuple(map(str, group)), {}).setdefault(day, []).append((first, unpacked(counts)))
    return found


def merged(parts: Iterable[Part]) -> Histogram:
    """Several histograms as one."""
    parts = list(parts)
    together = np.zeros(max((first + len(counts) for first, counts in parts), default=0), dtype=np.int64)
    for first, counts in parts:
        together[first : first + len(counts)] += counts
    return together


@dataclass(frozen=True)
class Distribution:
    """A distribution by group: its medians by bucket, the median of everything, and its shape over the window."""

    points: tuple[Point, ...]
    total: Point
    spreads: tuple[Spread, ...]


def distribution(found: Binned, pooling: Pooling, edges: Edges) -> Distribution:
    """What is to be said of histograms by group and day."""
    whole = {group: merged(chain.from_iterable(found[group].values())) for group in sorted(found)}
    together = merged((0, counts) for counts in whole.values())
    days = [day for day in pooling.ask.window if day in pooling.coverage.days]
    all_days = replace(pooling, ask=replace(pooling.ask, grain=Grain.WHOLE))
    groups = list(whole) or ([] if pooling.ask.by else [()])

    def counts_of(group: Groups, members: Sequence[date]) -> Histogram:
        if pooling.ask.grain is Grain.WHOLE:
            return whole.get(group, together)
        return merged(part for day in members for part in found.get(group, {}).get(day, ()))

    points = tuple(
        _median(bucket, group, counts_of(group, members), edges, pooling, members)
        for bucket, members in pooling.buckets()
        for group in groups
    )
    total = _median(pooling.ask.window.since, (), together, edges, all_days, days)
    return Distribution(points, total, tuple(Spread(group, counts, edges) for group, counts in whole.items()))


def _median(
    bucket: date, group: Groups, counts: Histogram, edges: Edges, pooling: Pooling, days: Sequence[date]
) -> Point:
    n = int(counts.sum())
    value = quantile(counts, edges, 0.5) if n else None
    provisional = pooling.incomplete(bucket, days) or any(map(pooling.pending, days))
    return Point(bucket, group, value, n, provisional=provisional)


def ages(rows: Iterable[Sequence[Any]], metric: Metric, policy: Policy, now: datetime, today: date) -> list[Point]:
    """Waiting times reduced to a value by group, from rows (*groups, flagged_at, flagged_day, severity). Flags raised
    after now, by a clock that is ahead, do not wait yet.
    """
    waiting: dict[Groups, tuple[list[float], list[float]]] = {}
    for *group, flagged_at, flagged_day, severity in rows:
        if (age := _age(flagged_at, flagged_day, policy.zone, now)) < 0:
            continue
        hours, slas = waiting.setdefault(tuple(map(str, group)), ([], []))
        hours.append(age)
        slas.append(policy.sla[Severity(severity)])
    reduce: Callable[[Sequence[float], Sequence[float]], float] | None = metric.reduce
    if reduce is None:
        raise ValueError(f"{metric.key} does not say what to make of ages")
    return [Point(today, group, reduce(*waiting[group]), len(waiting[group][0])) for group in sorted(waiting)]


def _age(flagged_at: datetime | None, flagged_day: date, zone: ZoneInfo, now: datetime) -> float:
    """Hours since a flag was raised; for day-only input since the midnight its day began with."""
    begun = flagged_at or datetime.combine(flagged_day, datetime.min.time(), zone).astimezone(UTC)
    return (now - begun).total_seconds() / 3600
