"""The twins of metrics that are more than a sum over cases: distributions, what is open now, work over capacity."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from tests.naive import DAY, TWINS, Expected, Flag, Question, Twin, World

REVIEWERS: Sequence[Flag] = (
    {"origin": "a", "reviewer_id": "r1", "team": "north", "capacity_per_day": 2},
    {"origin": "a", "reviewer_id": "r2", "team": "south", "capacity_per_day": 3},
    {"origin": "b", "reviewer_id": "r1", "team": "south", "capacity_per_day": 1},
)
"""The reviewers of every world. One id is used by two origins."""


def twin(metric: str, world: World, question: Question) -> Twin:
    """The twin of one metric for one question."""
    return {"distribution": Spread, "ages": Now, "ratio": Busy}.get(TWINS[metric][0], Twin)(metric, world, question)


def score_ends(value: float) -> tuple[float, float]:
    """The ends of the bin of a score: the whole part of 100 times it counts bins, 1 lies in the last. What is written
    as 0.29 lies in bin 29, although 100 times the nearest binary number is less.
    """
    number = min(int(Decimal(str(value)) * 100), 99)
    return number / 100, (number + 1) / 100


def hours_ends(value: float) -> tuple[float, float]:
    """The ends of the bin of some hours; the first goes from 0 to 36 seconds, each later one is 2 % wide."""
    low, high, number = 0.0, 24 / 1.02**393, 0
    while value >= high:
        low, high, number = high, 24 / 1.02**393 * 1.02 ** (number + 1), number + 1
    return low, high


def read_off(values: Sequence[float], ends: Callable[[float], tuple[float, float]], share: float) -> float:
    """Where `share` of the values lies below, each bin's values taken as spread evenly within it."""
    bins = sorted(ends(value) for value in values)
    below, here, low, high = next(
        (below, bins.count(one), *one)
        for one in bins
        if (below := bins.index(one)) + bins.count(one) >= share * len(bins)
    )
    return low + (high - low) * (share * len(bins) - below) / here


BINS = {"score_distribution": score_ends, "resolution_hours": hours_ends}


class Spread(Twin):
    """The median of each bucket, and the quartiles and range of the window, from fixed bins."""

    def point(self, bucket: date, groups: tuple[str, ...] | None, members: list[date], *, whole: bool) -> Expected:
        found = self.cases(members, groups)
        median = read_off(found, BINS[self.metric], 0.5) if found else None
        return bucket, groups or (), median, len(found), not whole or any(map(self.pending, members))

    def spreads(self, shares: Sequence[float]) -> list[tuple[tuple[str, ...], int, list[float]]]:
        """Each group with its number of cases in the window, and where the shares of them lie below."""
        cases = {groups: self.cases(self.known(), groups) for groups in self.all_groups()}
        return [
            (groups, len(found), [read_off(found, BINS[self.metric], share) for share in shares])
            for groups, found in cases.items()
            if found
        ]


def quantile(values: Sequence[float], share: float) -> float:
    """Between the two values nearest to the place that lies `share` of the way from the least to the greatest."""
    ordered, place = sorted(values), share * (len(values) - 1)
    below, above = ordered[int(place)], ordered[min(int(place) + 1, len(values) - 1)]
    return below + (above - below) * (place - int(place))


REDUCE: dict[str, Callable[[Sequence[float]], float]] = {
    "oldest_open": max,
    "open_age_p50": lambda waited: quantile(waited, 0.5),
    "open_age_p90": lambda waited: quantile(waited, 0.9),
    "sla_at_risk": sum,
}
OF_NOTHING = {"sla_at_risk": 0}


class Now(Twin):
    """What is open now, whatever days are asked for; nobody knows once the data ended more than two days ago."""

    @property
    def today(self) -> date:
        return self.world.now.astimezone(self.world.zone).date()

    @property
    def fresh(self) -> bool:
        return any(self.covered(self.today - n * DAY) for n in range(3))

    def open_cases(self, groups: tuple[str, ...] | None) -> list[float]:
        chosen = self.chosen(self.world.flags)
        found = [TWINS[self.metric][1](flag, self.world) for flag in chosen if groups in (None, self.groups(flag))]
        return [case[0] for case in found if case]

    def of(self, groups: tuple[str, ...] | None) -> Expected:
        found = self.open_cases(groups)
        value = REDUCE[self.metric](found) if found else OF_NOTHING.get(self.metric)
        return self.today, groups or (), value, len(found), False

    def points(self) -> list[Expected]:
        every = sorted({self.groups(flag) for flag in self.world.flags}) if self.question.by else [()]
        known = [groups for groups in every if self.open_cases(groups) or not self.question.by]
        return [self.of(groups) for groups in known] if self.fresh else []

    def total(self) -> Expected:
        return self.of(None) if self.fresh else (self.today, (), None, 0, False)


class Busy(Twin):
    """Human-review flags decided, over what reviewers can decide on the days that their origin covers."""

    def capacity(self, members: Sequence[date], groups: tuple[str, ...] | None) -> int:
        return sum(
            one["capacity_per_day"]
            for one in self.chosen(REVIEWERS)
            for day in members
            if day in self.world.covered[one["origin"]] and groups in (None, self.groups(one))
        )

    def all_groups(self) -> list[tuple[str, ...]]:
        """The groups that decided something, or could have."""
        every = sorted({self.groups(row) for row in (*self.world.flags, *REVIEWERS)})
        known = self.known()
        return [group for group in every if self.cases(known, group) or self.capacity(known, group) or group == ()]

    def point(self, bucket: date, groups: tuple[str, ...] | None, members: list[date], *, whole: bool) -> Expected:
        done, could = len(self.cases(members, groups)), self.capacity(members, groups)
        provisional = not whole or any(map(self.pending, members))
        return bucket, groups or (), 100 * done / could if could else None, done, provisional
