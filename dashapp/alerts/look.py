"""What a concern is, and the view of the store from which the checks find them."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from dashapp.domain.ask import Ask, Filters, Grain, Window, to_filters
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS, Desk, Kind, Measurement, Metric, measure, settled_day
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


OF_DATA = ("quality", "drift", "wire")
"""The families that say whether data can be trusted."""


def of_data(metric: Metric) -> bool:
    """Whether a metric says something of data as such."""
    return metric.family in OF_DATA


@dataclass(frozen=True)
class Concern:
    """Something that needs attention: a sentence, what more to know, where to look, and since when it is so."""

    state: State
    title: str
    detail: str
    key: str
    link: str
    since: date | None = None


Found = list[Concern] | None
"""What a check found; None where it lacked the data."""


class Failed(Exception):
    """Something that a check needs could not be had."""


def sound(answer: Measurement) -> Measurement:
    """The answer, also where the question cannot be put; Failed where there should be an answer and is none."""
    if answer.error and not answer.refused:
        raise Failed
    return answer


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

    @cached_property
    def overdue(self) -> frozenset[str]:
        """The origins that more is expected of and that have not delivered for long."""
        late: set[str] = set()
        for metric in METRICS.values():
            threshold = metric.threshold_under(self.desk.policy)
            if metric.kind is Kind.SILENCE and threshold:
                answer = measure(self.desk, metric, self.of_origins(self.desk.today, 1, Grain.DAY, (Dim.ORIGIN,)))
                late |= {
                    point.groups[0] for point in answer.points if threshold.state(point.value) in ("warn", "alert")
                }
        return frozenset(late)

    def settled(self, metric: Metric) -> date:
        """The last covered day on which the metric can have settled."""
        names = dict(self.filters).get(Dim.ORIGIN) or self.desk.default_origins(metric.feed)
        last = settled_day(self.desk, metric)
        return min(self.desk.coverage(names, feed=metric.feed).as_of or last, last)

    def of_origins(self, until: date, length: int, grain: Grain = Grain.DAY, by: tuple[Dim, ...] = ()) -> Ask:
        """A question about all that the origins gave, whatever else is filtered."""
        filters = tuple(pair for pair in self.filters if pair[0] is Dim.ORIGIN)
        return Ask(Window.ending(until, length), grain, by, filters)

    def ask(self, until: date, length: int, grain: Grain = Grain.DAY, by: tuple[Dim, ...] = ()) -> Ask:
        """A question about the days that end with `until`."""
        return Ask(Window.ending(until, length), grain, by, self.filters)

    def link(self, path: str, **chosen: str) -> str:
        """A page with the same filters, but for those of `chosen`."""
        filters = {**dict(self.filters), **{Dim(dim): (value,) for dim, value in chosen.items()}}
        return f"{path}?{View(days=SHOWN_DAYS, filters=to_filters(filters)).query()}"
