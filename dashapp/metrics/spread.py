"""Answers that are no sums: distributions read from histograms, and the ages of what is open now."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dashapp.domain.ask import Grain
from dashapp.domain.vocabulary import Dim, Severity
from dashapp.metrics.pool import Groups, Point, Pooling
from dashapp.metrics.registry import Metric, Policy
from dashapp.stats.histogram import Edges, Histogram, quantile
from dashapp.store.bins import BIN_BYTES, unpacked


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


Part = tuple[int, bytes]
"""A histogram as it is stored: its first bin, and the counts from there on."""
Hours = NDArray[np.floating]
Binned = dict[Groups, dict[date, list[Part]]]


def binned(rows: Iterable[Sequence[Any]], covered: Collection[date]) -> Binned:
    """Result rows (bucket, *groups, first, counts) by group and day, of covered days."""
    found: Binned = {}
    for day, *group, first, counts in rows:
        if day in covered:
            found.setdefault(tuple(map(str, group)), {}).setdefault(day, []).append((first, counts))
    return found


def merged(parts: Iterable[Part]) -> Histogram:
    """Several stored histograms as one: a page reads a thousand or two, so they are unpacked and added all at once."""
    parts = list(parts)
    counts = unpacked(b"".join(held for _, held in parts))
    lengths = np.array([len(held) // BIN_BYTES for _, held in parts], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    firsts = np.array([first for first, _ in parts], dtype=np.int64)
    bins = np.arange(len(counts)) + np.repeat(firsts - starts, lengths)
    return np.bincount(bins, weights=counts).astype(np.int64)


def added(histograms: Iterable[Histogram]) -> Histogram:
    """The cases of several histograms, all from the first bin on."""
    histograms = list(histograms)
    together = np.zeros(max(map(len, histograms), default=0), dtype=np.int64)
    for counts in histograms:
        together[: len(counts)] += counts
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
    together = added(whole.values())
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
    total = _median(pooling.ask.window.since, (), together, edges, all_days, all_days.days)
    return Distribution(points, total, tuple(Spread(group, counts, edges) for group, counts in whole.items()))


def _median(
    bucket: date, group: Groups, counts: Histogram, edges: Edges, pooling: Pooling, days: Sequence[date]
) -> Point:
    n = int(counts.sum())
    value = quantile(counts, edges, 0.5) if n else None
    return Point(bucket, group, value, n, provisional=bool(days) and pooling.provisional(bucket, days))


@dataclass(frozen=True)
class Waits:
    """How long the open flags of one group have waited, and how long its severity may."""

    groups: Groups
    hours: Hours
    sla: float


def waits(rows: Iterable[Sequence[Any]], dims: Sequence[Dim], policy: Policy, now: datetime) -> list[Waits]:
    """Result rows (*groups, moments, days) of open flags by the dimensions, severity among them. Flags raised after
    now, by a clock that is ahead, do not wait yet.
    """
    place, found = dims.index(Dim.SEVERITY), []
    for *group, moments, days in rows:
        hours = _waited(moments, days, policy.zone, now)
        found.append(Waits(tuple(map(str, group)), hours[hours >= 0], policy.sla[Severity(group[place])]))
    return [one for one in found if len(one.hours)]


def _waited(moments: str | None, days: str | None, zone: ZoneInfo, now: datetime) -> Hours:
    """Hours since flags were raised; for day-only input since the midnight its day began with."""
    known = days.split(",") if days else []
    midnights = {day: _plain(datetime.fromisoformat(day).replace(tzinfo=zone)) for day in set(known)}
    raised = np.array([midnights[day] for day in known], "datetime64[us]")
    waited = np.datetime64(_plain(now), "us") - np.concatenate([_moments(moments or ""), raised])
    return waited.astype(np.int64) / 1e6 / 3600


def _moments(text: str) -> NDArray[np.datetime64]:
    """Moments with commas between. Where all are of one length, which they mostly are, they are not taken apart: of ten
    thousand open flags that takes half the time.
    """
    width = text.find(",") + 1
    if not width or (len(text) + 1) % width or set(text[width - 1 :: width]) != {","}:
        return np.array(text.split(",") if text else [], "datetime64[us]")
    cut = np.frombuffer(f"{text},".encode(), f"S{width}")
    return cut.astype(f"S{width - 1}").astype("datetime64[us]")


def _plain(moment: datetime) -> str:
    """A moment as the database writes it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def ages(waiting: Iterable[Waits], splits: int, metric: Metric, today: date) -> list[Point]:
    """Waiting times reduced to a value by as many of their groups as the question is split by."""
    if metric.reduce is None:
        raise ValueError(f"{metric.key} does not say what to make of ages")
    together: dict[Groups, list[Waits]] = {}
    for one in waiting:
        together.setdefault(one.groups[:splits], []).append(one)
    points = []
    for group in sorted(together):
        hours = np.concatenate([one.hours for one in together[group]])
        slas = np.concatenate([np.full(len(one.hours), one.sla) for one in together[group]])
        points.append(Point(today, group, metric.reduce(hours, slas), len(hours)))
    return points
