"""What a concern is, and the view of the store from which the checks find them."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from dashapp.domain.ask import Ask, Filters, Grain, Window, to_filters
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS, Desk, Measurement, Metric, measure, settled_day
from dashapp.store.reads import values_of

WEEK = 7
SHOWN_DAYS = 30
"""The window that a link opens: the preset that holds the days a check looks at."""


class State(StrEnum):
    """How urgent a concern is, most urgent first. `data` doubts the numbers, not what they count."""

    ALERT = "alert"
    WARN = "warn"
    WATCH = "watch"
    DATA = "data"


@dataclass(frozen=True)
class Concern:
    """Something that needs attention: a sentence, what more to know, where to look, and since when it is so."""

    state: State
    title: str
    detail: str
    key: str
    link: str
    since: date | None = None


@dataclass(frozen=True)
class Look:
    """What the checks share: whom to ask about which flags, and how far the data go."""

    desk: Desk
    filters: Filters

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The origins looked at."""
        return dict(self.filters).get(Dim.ORIGIN) or self.desk.default_origins()

    @cached_property
    def as_of(self) -> date | None:
        """The last covered day; None where there is none."""
        return self.desk.coverage(self.names).as_of

    @cached_property
    def until(self) -> date:
        """The last covered day that is over."""
        return self.settled(METRICS["flags"])

    @cached_property
    def known(self) -> frozenset[date]:
        """The days of the last two weeks that every origin has delivered."""
        coverage = self.desk.coverage(self.names, Window.ending(self.until, WEEK + WEEK))
        return coverage.days - coverage.partial

    @cached_property
    def by_category(self) -> Measurement:
        """The flags of these two weeks and of today, by day and category."""
        since = self.until - timedelta(days=WEEK + WEEK - 1)
        window = Window(since, max(self.until, self.as_of or self.until))
        return measure(self.desk, METRICS["flags"], Ask(window, by=(Dim.CATEGORY,), filters=self.filters))

    @cached_property
    def new(self) -> dict[str, date]:
        """The categories whose first flag is not older than the last complete week, with its day."""
        values = values_of(self.desk.connection, self.names).get(Dim.CATEGORY, [])
        return {value.value: value.first_day for value in values if value.first_day > self.until - timedelta(days=WEEK)}

    def settled(self, metric: Metric) -> date:
        """The last covered day on which the metric can have settled."""
        last = settled_day(self.desk, metric)
        return min(self.as_of or last, last)

    def ask(self, until: date, length: int, grain: Grain = Grain.DAY, by: tuple[Dim, ...] = ()) -> Ask:
        """A question about the days that end with `until`."""
        return Ask(Window.ending(until, length), grain, by, self.filters)

    def link(self, path: str, **chosen: str) -> str:
        """A page with the same filters, but for those of `chosen`."""
        filters = {**dict(self.filters), **{Dim(dim): (value,) for dim, value in chosen.items()}}
        return f"{path}?{View(days=SHOWN_DAYS, filters=to_filters(filters)).query()}"
