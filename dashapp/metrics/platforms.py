"""Which days platforms cover: each its own, as far as it told of what a question reads."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter

from dashapp.domain.ask import Ask
from dashapp.domain.vocabulary import Dim
from dashapp.metrics.desk import Desk
from dashapp.metrics.pool import Point, Pooling, Sums
from dashapp.store.platforms import platform_days
from dashapp.store.reads import Coverage


@dataclass(frozen=True)
class Platforms:
    """The days of which each platform of some origins told, until today, by origin and platform."""

    ask: Ask
    told: Mapping[tuple[str, str], Collection[date]]

    def coverage(self, platform: str | None = None) -> Coverage:
        """What the platforms asked for cover together of the days that a question reaches, or one of them. A day is
        partial that one of them left out between two that it told of.
        """
        chosen = self.ask.chosen(Dim.PLATFORM) if platform is None else (platform,)
        parts = [days for (_, name), days in self.told.items() if name in chosen or not chosen]
        if not parts:
            return Coverage(frozenset(), frozenset(), None, None)
        spans = [(min(days), max(days), days) for days in parts]
        reach = list(self.ask.reach)
        partial = {day for first, last, days in spans for day in reach if first < day < last and day not in days}
        first, last = min(first for first, _, _ in spans), max(last for _, last, _ in spans)
        covered = frozenset(reach).intersection(frozenset().union(*parts))
        return Coverage(covered, frozenset(partial), first, last)

    def points(self, pooling: Pooling, sums: Sums) -> list[Point]:
        """The points of a question; by platform those of each on the days that it covers."""
        if Dim.PLATFORM not in self.ask.by:
            return pooling.points(sums)
        place = self.ask.by.index(Dim.PLATFORM)
        found: list[Point] = []
        for platform in {group[place] for group in sums}:
            own = {group: days for group, days in sums.items() if group[place] == platform}
            found += replace(pooling, coverage=self.coverage(platform)).points(own)
        return sorted(found, key=itemgetter(0, 1))  # by bucket and groups


def platforms_of(desk: Desk, ask: Ask, dimension: str) -> Platforms:
    """The platforms of the origins asked for, with the days of which they told of a dimension."""
    names = ask.chosen(Dim.ORIGIN)
    told = desk.once(
        ("platform days", names, dimension), lambda: platform_days(desk.connection, names, dimension, desk.today)
    )
    return Platforms(ask, told)
