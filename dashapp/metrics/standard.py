"""The questions that pages put without filters, whose answers are computed ahead where they take long."""

from collections.abc import Iterator
from datetime import date

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.metrics.ahead import reads_facts
from dashapp.metrics.desk import Desk, settled_day, with_origins
from dashapp.metrics.registry import METRICS, Kind, Metric
from dashapp.metrics.steps import begin_at, in_steps

DAYS = (90, 30, 7)
"""The windows, longest first: rows that were read for it serve the others."""
WEEK = 7
"""Days of the week that tiles tell of, and of the one before it."""
LINE = 28
"""Days of the line of a tile."""


def last_week(desk: Desk, metric: Metric, until: date) -> Window:
    """The last seven days up to a day on which the metric has settled."""
    return Window.ending(min(until, settled_day(desk, metric)), WEEK)


def standard(desk: Desk) -> Iterator[tuple[Metric, Ask]]:
    """Every question whose answer is computed ahead, with its origins; closed days have none."""
    first = desk.first_open_day or date.min
    for metric in METRICS.values():
        end = desk.coverage(desk.default_origins(metric.feed), feed=metric.feed).as_of if metric.deferred else None
        for days in DAYS if end else ():
            for ask in _of(desk, metric, Window.ending(end or desk.today, days)):
                since = begin_at(desk, ask.reach.since) if in_steps(desk, ask) else ask.reach.since
                if reads_facts(metric, ask) and since >= first:
                    yield metric, with_origins(desk, ask, metric.feed)


def _of(desk: Desk, metric: Metric, window: Window) -> Iterator[Ask]:
    """The questions about one window: as a whole, by its splits and by day, and what a tile says beside."""
    for by in ((), *metric.kept_by):
        yield Ask(window, Grain.WHOLE, by)
    if metric.kind is Kind.DURATIONS:
        week = last_week(desk, metric, window.until)
        yield from (Ask(window), Ask(week, Grain.WHOLE), Ask(week.previous, Grain.WHOLE))
        yield Ask(Window.ending(week.until, LINE))
