"""ISO weeks: how they are written, and how much of one the data tell."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import Feed
from dashapp.metrics import Desk
from dashapp.metrics.words import day
from dashapp.store.reads import Coverage

DAYS = 7
FEEDS = (Feed.FLAGS, Feed.REPORTS)
"""What a week is judged complete by."""


class NoWeek(ValueError):
    """Why there is no summary of a week."""


@dataclass(frozen=True)
class Week:
    """A week from Monday to Sunday, by its first day."""

    monday: date

    @classmethod
    def of(cls, day: date) -> "Week":
        """The week that a day lies in."""
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def parse(cls, text: str) -> "Week":
        """The week of an ISO name such as 2024-W12."""
        match = re.fullmatch(r"(\d{4})-W(\d{2})", text, re.ASCII)
        try:
            return cls(date.fromisocalendar(int(match[1]), int(match[2]), 1)) if match else _refused(text)
        except ValueError:
            return _refused(text)

    @property
    def name(self) -> str:
        """The ISO name."""
        return "{:04}-W{:02}".format(*self.monday.isocalendar())

    @property
    def window(self) -> Window:
        """Its days."""
        return Window(self.monday, self.monday + timedelta(days=DAYS - 1))

    @property
    def previous(self) -> "Week":
        """The week before."""
        return Week(self.monday - timedelta(days=DAYS))


def _refused(text: str) -> Week:
    raise NoWeek(f"{text[:40]!r} is not an ISO week such as 2024-W12")


@dataclass(frozen=True)
class Known:
    """How much of a week, and of the week before, the data of one feed tell, of some origins or of those that a view
    shows when it names none.
    """

    desk: Desk
    week: Week
    feed: Feed
    origins: tuple[str, ...] = ()

    @cached_property
    def covered(self) -> frozenset[date]:
        """The days of both weeks that are covered and over."""
        return frozenset(day for day in self._coverage.days if day <= _yesterday(self.desk))

    @property
    def delivered(self) -> bool:
        """Whether the feed ever gave anything."""
        return self._coverage.first is not None

    @property
    def complete(self) -> int:
        """How many days of the week are covered by all origins, rolled up, and over."""
        return sum(day >= self.week.monday for day in self.covered - self._coverage.partial)

    @property
    def window(self) -> Window:
        """The week's days up to the last that is known. Without any, those that are over, which have no figures."""
        known = max((day for day in self.covered if day >= self.week.monday), default=None)
        return Window(self.week.monday, known or min(self.week.window.until, _yesterday(self.desk)))

    @property
    def before(self) -> Window:
        """The same days of the week before."""
        window, back = self.window, timedelta(days=DAYS)
        return Window(window.since - back, window.until - back)

    @property
    def comparable(self) -> bool:
        """Whether the same days are known in both weeks, so that their counts may be compared."""
        now, before = ({day for day in window if day in self.covered} for window in (self.window, self.before))
        return {day - timedelta(days=DAYS) for day in now} == before

    @cached_property
    def _coverage(self) -> Coverage:
        both = Window(self.week.previous.monday, self.week.window.until)
        return self.desk.coverage(self.origins or self.desk.default_origins(self.feed), both, self.feed)


def complete(desk: Desk, week: Week, origins: tuple[str, ...] = ()) -> int:
    """How many days of the week are complete, of what is delivered at all: by the feed that lacks most."""
    known = [Known(desk, week, feed, origins) for feed in FEEDS if _ends(desk, feed, origins)]
    return min((one.complete for one in known), default=0)


def as_of(desk: Desk, origins: tuple[str, ...] = ()) -> date | None:
    """The last covered day of all data; None where there is none."""
    return max((ends[1] for feed in FEEDS if (ends := _ends(desk, feed, origins))), default=None)


def last_complete(desk: Desk, origins: tuple[str, ...] = ()) -> Week:
    """The last week that is over, by the clock and by the data."""
    last = _yesterday(desk)
    return Week.of(min(last, as_of(desk, origins) or last) + timedelta(days=1)).previous


def check(desk: Desk, week: Week, origins: tuple[str, ...] = ()) -> None:
    """Refuse a week of which nothing can be known yet, or of before the data."""
    if week.monday > _yesterday(desk):
        raise NoWeek(f"no day of {week.name} is over yet")
    first = min((ends[0] for feed in FEEDS if (ends := _ends(desk, feed, origins))), default=None)
    if first and week.window.until < first:
        raise NoWeek(f"{week.name} is before the data begin, on {day(first)}")


def _ends(desk: Desk, feed: Feed, origins: tuple[str, ...] = ()) -> tuple[date, date] | None:
    """The first and the last covered day of a feed."""
    coverage = desk.coverage(origins or desk.default_origins(feed), feed=feed)
    return (coverage.first, coverage.as_of) if coverage.first and coverage.as_of else None


def _yesterday(desk: Desk) -> date:
    """The last day that is over."""
    return desk.day_over(timedelta())
