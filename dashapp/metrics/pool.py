"""From sums a day to points: trailing windows, wider buckets, zeros on covered days, intervals."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from dashapp.domain.ask import Ask, Grain
from dashapp.metrics.registry import Kind, Metric
from dashapp.stats.intervals import wilson
from dashapp.store.reads import Coverage

Groups = tuple[str, ...]
Pair = tuple[float, float]
"""Sums that make a figure: num and den."""
NOTHING: Pair = (0, 0)
Sums = dict[Groups, dict[date, Pair]]
"""By group and day."""

LEAST_TRAILING = 3
"""Fewest covered days for a trailing figure (all of a shorter trail)."""


class Point(NamedTuple):
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

    @cached_property
    def days(self) -> list[date]:
        """The covered days of the window."""
        return [day for day in self.ask.window if day in self.coverage.days]

    def points(self, sums: Sums) -> list[Point]:
        """Every point of the answer, by bucket and group; none for a bucket of which no day is covered."""
        groups = sorted(sums.items()) or ([] if self.ask.by else [((), {})])
        return [
            self.point(bucket, group, *self.pooled(known, days), provisional)
            for bucket, days in self.buckets()
            if len(days) >= min(LEAST_TRAILING, self.ask.trailing)
            for provisional in (self.provisional(bucket, days),)
            for group, known in groups
        ]

    def total(self, sums: Sums) -> Point:
        """The whole window and all groups pooled; without any covered day its value is None."""
        if not self.days:
            return Point(self.ask.window.since, (), None, 0)
        parts = [self.pooled(days, self.days) for days in sums.values()]
        if self.metric.kind is Kind.PEAK:
            return self.point(self.ask.window.since, (), *max(parts, default=NOTHING), self.pending(self.days))
        num, den = sum(num for num, _ in parts), sum(den for _, den in parts)
        return self.point(self.ask.window.since, (), num, den, self.pending(self.days))

    def buckets(self) -> Iterator[tuple[date, Sequence[date]]]:
        """Each bucket with the covered days that are pooled into it."""
        ask, covered = self.ask, self.coverage.days
        if ask.trailing > 1:
            reach = list(ask.reach)
            for place, day in enumerate(ask.window):
                if day in covered:
                    yield day, [d for d in reach[place : place + ask.trailing] if d in covered]
            return
        for bucket, members in groupby(self.days, key=lambda day: ask.grain.bucket(day, ask.window.since)):
            yield bucket, list(members)

    def pooled(self, sums: Mapping[date, Pair], days: Sequence[date]) -> Pair:
        """The num and den of some days together; of a stock, those at the end of the last."""
        if self.metric.kind is Kind.STOCK or len(days) == 1:
            return sums.get(days[-1], NOTHING)
        if len(sums) == 1:  # groups over the whole window come pooled, and may be many
            ((day, pair),) = sums.items()
            return pair if days[0] <= day <= days[-1] and day in self.coverage.days else NOTHING
        known = [sums[day] for day in days if day in sums]
        if self.metric.kind is Kind.PEAK:
            return max(known, default=NOTHING)
        return sum([num for num, _ in known]), sum([den for _, den in known])

    def point(self, bucket: date, group: Groups, num: float, den: float, provisional: bool) -> Point:  # noqa: FBT001 # given by place, as it comes
        """One point from its sums."""
        match self.metric.kind:
            case Kind.FLOW | Kind.STOCK:
                return Point(bucket, group, num, int(num), provisional=provisional)
            case Kind.RATIO:
                return Point(bucket, group, 100 * num / den if den else None, int(num), provisional=provisional)
            case Kind.PEAK:
                return Point(bucket, group, num if den else None, int(den), provisional=provisional)
        if not den:
            return Point(bucket, group, None, 0, provisional=provisional)
        value = num / self.metric.scale / den
        if self.metric.kind is Kind.MEAN:
            return Point(bucket, group, value, int(den), provisional=provisional)
        low, high = wilson(num, den)
        return Point(bucket, group, 100 * value, int(den), 100 * low, 100 * high, provisional)

    def provisional(self, bucket: date, days: Sequence[date]) -> bool:
        """Whether a bucket's figure may still change, or lacks days."""
        return self.pending(days) or self.incomplete(bucket, days)

    def incomplete(self, bucket: date, days: Sequence[date]) -> bool:
        """Whether a week or month lacks days, because the window or the data begins or ends within it."""
        if self.ask.grain not in (Grain.WEEK, Grain.MONTH) or self.ask.trailing > 1:
            return False
        return len(days) <= (self.ask.grain.last_day(bucket, self.ask.window.until) - bucket).days

    def pending(self, days: Sequence[date]) -> bool:
        """Whether any of the days may still change: not over for long enough, or an origin has not delivered it."""
        return days[-1] > self.settled or not self.coverage.partial.isdisjoint(days)


def levels(sums: Sums, covered: Collection[date]) -> Sums:
    """Running sums at the end of each covered day. What happened on days that are not covered counts all the same."""
    found: Sums = {}
    for group, days in sums.items():
        level: float = 0
        for day in sorted({*days, *covered}):
            level += days.get(day, NOTHING)[0]
            if day in covered:
                found.setdefault(group, {})[day] = (level, 0)
    return found


def by_group(rows: Iterable[Sequence[object]]) -> Sums:
    """Result rows (bucket, *groups, num, den) by group and day, without sums over no case."""
    sums: Sums = {}
    for day, *group, num, den in rows:
        if num or den:
            sums.setdefault(tuple(map(str, group)), {})[day] = (num, den)  # type: ignore[index,assignment] # rows are untyped
    return sums


def together(sums: Sums) -> Sums:
    """The sums of all groups as those of one."""
    whole: dict[date, Pair] = {}
    for days in sums.values():
        for day, (num, den) in days.items():
            before = whole.get(day, NOTHING)
            whole[day] = (before[0] + num, before[1] + den)
    return {(): whole} if whole else {}


def ranked(points: Iterable[Point]) -> list[Point]:
    """Points in the order of a leaderboard: by all that the first group of each has, largest first, and by its name."""
    told, size = list(points), Counter[str]()
    for point in told:
        size[point.groups[0]] += point.n
    return sorted(told, key=lambda point: (-size[point.groups[0]], point.groups))
