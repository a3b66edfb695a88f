"""From sums a day to points: trailing windows, wider buckets, zeros on covered days, intervals."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

from dashapp.domain.ask import Ask, Grain
from dashapp.metrics.registry import Kind, Metric
from dashapp.stats.intervals import wilson
from dashapp.store.reads import Coverage

Groups = tuple[str, ...]
Sums = dict[Groups, dict[date, tuple[float, float]]]
"""By group and day: num and den."""

LEAST_TRAILING = 3
"""Fewest covered days for a trailing figure (all of a shorter trail)."""


@dataclass(frozen=True)
class Point:
    """One number: of which bucket and groups, from how many cases, its 95 % interval, whether it may still change."""

    bucket: date
    groups: Groups
    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    provisional: bool = False


@dataclass(frozen=True)
class Pooling:
    """How the days of one answer become points."""

    ask: Ask
    metric: Metric
    coverage: Coverage
    settled: date
    """The last day that was over so long ago that it has settled."""

    def points(self, sums: Sums) -> list[Point]:
        """Every point of the answer, by bucket and group; none for a bucket of which no day is covered."""
        groups = sorted(sums) or ([] if self.ask.by else [()])
        return [
            self.point(bucket, group, sums.get(group, {}), days)
            for bucket, days in self.buckets()
            for group in groups
            if len(days) >= min(LEAST_TRAILING, self.ask.trailing)
        ]

    def total(self, sums: Sums) -> Point:
        """The whole window and all groups pooled; without any covered day its value is None."""
        everything: dict[date, tuple[float, float]] = {}
        for days in sums.values():
            for day, (num, den) in days.items():
                before = everything.get(day, (0, 0))
                everything[day] = (before[0] + num, before[1] + den)
        covered = [day for day in self.ask.window if day in self.coverage.days]
        if not covered:
            return Point(self.ask.window.since, (), None, 0)
        whole = replace(self, ask=replace(self.ask, grain=Grain.WHOLE))
        return whole.point(self.ask.window.since, (), everything, covered)

    def buckets(self) -> Iterator[tuple[date, Sequence[date]]]:
        """Each bucket with the covered days that are pooled into it."""
        window, covered = self.ask.window, self.coverage.days
        if self.ask.trailing > 1:
            reach = range(self.ask.trailing - 1, -1, -1)
            for day in (day for day in window if day in covered):
                yield day, [d for d in (day - timedelta(days=i) for i in reach) if d in covered]
            return
        days = (day for day in window if day in covered)
        for bucket, members in groupby(days, key=lambda day: self.ask.grain.bucket(day, window.since)):
            yield bucket, list(members)

    def point(self, bucket: date, group: Groups, sums: dict[date, tuple[float, float]], days: Sequence[date]) -> Point:
        """One point from the sums of its days."""
        num = sum(sums[day][0] for day in days if day in sums)
        den = sum(sums[day][1] for day in days if day in sums)
        provisional = self.incomplete(bucket, days) or any(map(self.pending, days))
        match self.metric.kind:
            case Kind.FLOW:
                return Point(bucket, group, num, int(num), provisional=provisional)
            case Kind.STOCK:
                level = sums.get(days[-1], (0, 0))[0]
                return Point(bucket, group, level, int(level), provisional=provisional)
            case Kind.RATIO:
                return Point(bucket, group, 100 * num / den if den else None, int(num), provisional=provisional)
        if not den:
            return Point(bucket, group, None, 0, provisional=provisional)
        value = num / self.metric.scale / den
        if self.metric.kind is Kind.MEAN:
            return Point(bucket, group, value, int(den), provisional=provisional)
        low, high = wilson(num, den)
        return Point(bucket, group, 100 * value, int(den), 100 * low, 100 * high, provisional)

    def incomplete(self, bucket: date, days: Sequence[date]) -> bool:
        """Whether a week or month lacks days, because the window or the data begins or ends within it."""
        if self.ask.grain not in (Grain.WEEK, Grain.MONTH) or self.ask.trailing > 1:
            return False
        return len(days) <= (self.ask.grain.last_day(bucket, self.ask.window.until) - bucket).days

    def pending(self, day: date) -> bool:
        """Whether a day may still change: not over for long enough, or an origin has not delivered it."""
        return day > self.settled or day in self.coverage.partial


def levels(sums: Sums, covered: Collection[date]) -> Sums:
    """Running sums at the end of each covered day. What happened on days that are not covered counts all the same."""
    found: Sums = {}
    for group, days in sums.items():
        level: float = 0
        for day in sorted({*days, *covered}):
            level += days.get(day, (0, 0))[0]
            if day in covered:
                found.setdefault(group, {})[day] = (level, 0)
    return found


def by_group(rows: Iterable[Sequence[object]], covered: Collection[date] | None) -> Sums:
    """Result rows (bucket, *groups, num, den) by group and day. Days that are not covered and sums over no case are
    left out, so that a group is there only when it has cases; `covered` None keeps every day.
    """
    sums: Sums = {}
    for day, *group, num, den in rows:
        if (covered is None or day in covered) and (num or den):
            sums.setdefault(tuple(str(value) for value in group), {})[day] = (num, den)  # type: ignore[index,assignment] # rows are untyped
    return sums
