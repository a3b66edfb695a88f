"""Where questions are asked, and what an answer is."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Connection

from dashapp.domain.access import Permission
from dashapp.domain.ask import FIRST_DAY, Ask, Window
from dashapp.domain.vocabulary import Dim, Feed
from dashapp.metrics import stretches
from dashapp.metrics.measurement import Measurement
from dashapp.metrics.registry import Metric, Policy
from dashapp.store.closed import first_open_day
from dashapp.store.meta import FormerSla, former_slas
from dashapp.store.reads import (
    Coverage,
    Origin,
    Spans,
    any_spans_of,
    coverage_of,
    default_origins,
    live_since,
    origins,
    received_since,
    receiving,
    spans_of,
)
from dashapp.store.version import version

T = TypeVar("T")

USUAL_DAYS = 34
"""Days before a window's last that a page asks for anyway: four weeks for a tile's line, and a trailing week."""
TRAIL = timedelta(days=6)
"""What a trailing week asks for before a window's first day."""


class Audience(StrEnum):
    """Where an answer goes: onto a screen, or out of it as file, API answer, alert or summary."""

    SCREEN = "screen"
    FILE = "file"


@dataclass(frozen=True)
class Desk:
    """Where and when a question is asked: a reading connection, the wall clock, and the settings numbers depend on.

    The connection reads in one transaction, so what was asked once at a desk is not asked again. `ahead` tells whether
    an answer may be given that was computed ahead. `permissions` are those of whoever asks; jobs and
    commands have none.
    """

    connection: Connection
    now: datetime
    policy: Policy
    audience: Audience = Audience.FILE
    ahead: bool = True
    permissions: frozenset[Permission] = frozenset()
    known: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def shows_reviewers(self) -> bool:
        """Whether figures of single reviewers may be told: to leads, on screen."""
        return self.audience is Audience.SCREEN and Permission.TEAM in self.permissions

    def once(self, question: Hashable, answer: Callable[[], T]) -> T:
        """The answer to a question, found the first time it is put."""
        if question not in self.known:
            self.known[question] = answer()
        found: T = self.known[question]
        return found

    @property
    def failed(self) -> bool:
        """Whether something went wrong that may go well another time."""
        answers = (answer for answer in self.known.values() if isinstance(answer, Measurement))
        return any(answer.error and not answer.refused for answer in answers)

    @property
    def version(self) -> int:
        """The version of the data."""
        return self.once("version", lambda: version(self.connection))

    def default_origins(self, feed: Feed = Feed.FLAGS) -> tuple[str, ...]:
        """The origins whose feed a view shows when it names none."""
        if feed is Feed.WIRE:
            return receiving(self._received_since)
        return self.once(("default origins", feed), lambda: default_origins(self.origins(feed), feed))

    def origins(self, feed: Feed = Feed.ANY) -> list[Origin]:
        """All origins with what they cover of a feed."""
        live = self._live_since if feed is Feed.LIVE else None
        return self.once(("origins", feed), lambda: origins(self.connection, feed, live))

    def coverage(self, names: tuple[str, ...], window: Window | None = None, feed: Feed = Feed.FLAGS) -> Coverage:
        """What the feed of some origins covers until today, of the window where one is given."""
        return self.once(("covered", names, window, feed), lambda: self._coverage(names, window, feed))

    def _coverage(self, names: tuple[str, ...], window: Window | None, feed: Feed) -> Coverage:
        if feed is Feed.ANY:
            return stretches.covered_between(self.spans(names), window)
        if feed is Feed.WIRE:
            return stretches.covered_since(self.received_since(names), self.today, window)
        if feed is Feed.LIVE:
            days = {name: first.astimezone(self.policy.zone).date() for name, first in self.live_since(names).items()}
            return stretches.covered_since(days, self.today, window)
        key = ("coverage", names, feed)
        read, found = self.known.get(key, (None, None))
        if found is None or (window and (read is None or not read.holds(window))):
            read = widened(window, read) if window else None
            spans = self.once(("spans", names, feed), lambda: spans_of(self.connection, names, self.today, feed))
            found = coverage_of(self.connection, spans, feed, read)
            self.known[key] = (read, found)
        covered: Coverage = found.within(window) if window else found
        return covered

    def spans(self, names: tuple[str, ...]) -> Spans:
        """The first and the last day until today that any feed of some origins tells of, by name."""
        return self.once(("any spans", names), lambda: any_spans_of(self.connection, names, self.today))

    def received_since(self, names: tuple[str, ...]) -> dict[str, date]:
        """When events of some origins were first received, by name; of those that sent any."""
        found = self._received_since
        return {name: found[name] for name in names if name in found}

    @property
    def _received_since(self) -> dict[str, date]:
        return self.once("received since", lambda: received_since(self.connection))

    def live_since(self, names: tuple[str, ...]) -> dict[str, datetime]:
        """When the first events of some origins came, by name; of those that sent any."""
        return {name: self._live_since[name] for name in names if name in self._live_since}

    @property
    def _live_since(self) -> dict[str, datetime]:
        return self.once("live since", lambda: live_since(self.connection))

    @property
    def first_open_day(self) -> date | None:
        """The first day of which single rows are kept; None where those of all days are."""
        return self.once("first open day", lambda: first_open_day(self.connection))

    def former_slas(self, window: Window) -> list[FormerSla]:
        """The SLAs, other than the present one, that closed days of a window were counted under."""
        found: list[FormerSla] = self.once("former slas", lambda: former_slas(self.connection))
        begins = [FIRST_DAY, *(one.before for one in found)]
        return [
            one
            for begin, one in zip(begins, found, strict=False)
            if window.since < one.before and begin <= window.until and one.hours != self.policy.sla
        ]

    @property
    def today(self) -> date:
        """The day it is in the reporting zone."""
        return self.now.astimezone(self.policy.zone).date()

    def day_over(self, ago: timedelta) -> date:
        """The last day that was over, whole, so long ago."""
        return (self.now - ago).astimezone(self.policy.zone).date() - timedelta(days=1)


def settled_day(desk: Desk, metric: Metric) -> date:
    """The last day whose figure of this metric cannot change any more by waiting."""
    return desk.day_over(metric.settles(desk.policy))


def with_origins(desk: Desk, ask: Ask, feed: Feed = Feed.FLAGS) -> Ask:
    """The question with its origins named: numbers of different systems are added only when that is meant."""
    return ask if ask.chosen(Dim.ORIGIN) else ask.where(Dim.ORIGIN, desk.default_origins(feed))


def widened(days: Window, read: Window | None) -> Window:
    """Days with those before them that tiles and trailing lines ask for, and those read already."""
    since = max(min(days.since - TRAIL, days.until - timedelta(days=USUAL_DAYS)), FIRST_DAY)
    return Window(min(since, read.since), max(days.until, read.until)) if read else Window(since, days.until)
