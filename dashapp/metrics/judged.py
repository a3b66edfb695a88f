"""Figures that are judged rather than summed: from rows to sums by a function of the metric, then as all others."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import Dim
from dashapp.metrics.desk import Desk, widened
from dashapp.metrics.measurement import Measurement
from dashapp.metrics.pool import Point, Pooling, Sums
from dashapp.metrics.registry import Kind, Sight
from dashapp.store.reads import Spans

Read = Callable[[Window], Sequence[Any]]
"""What the metric's SELECT finds in some days."""


def judged(desk: Desk, answer: Measurement, pooling: Pooling, read: Read) -> Measurement:
    """The answer with its points and total. What is asked on one page mostly differs in days and split, so the rows of
    one SELECT serve all.
    """
    metric, ask, judge = answer.metric, answer.ask, answer.metric.judge
    if judge is None:
        raise ValueError(f"{metric.key} does not say how it judges")
    days = Window(ask.reach.since - timedelta(days=metric.before), ask.reach.until)
    key = ("judged", metric.key, ask.filters)
    held, rows = desk.known.get(key, (None, ()))
    if held is None or not held.holds(days):
        held = widened(days, held)
        rows = read(held)
        desk.known[key] = (held, rows)
    spans = _over(desk.spans(ask.chosen(Dim.ORIGIN)), pooling)
    sight = Sight(ask.by, spans, desk.now, desk.policy.zone)
    sums = desk.once((*key, held, ask.by), lambda: judge(rows, sight))
    if metric.kind is Kind.SILENCE:
        return _longest(desk, answer, sums)
    shown = {group: of for group, of in sums.items() if not pooling.coverage.days.isdisjoint(of)}
    return replace(answer, points=tuple(pooling.points(shown)), total=pooling.total(shown))


def _over(spans: Spans, pooling: Pooling) -> Spans:
    """The spans without days that are not over."""
    return {
        name: (first, min(last, pooling.settled)) for name, (first, last) in spans.items() if first <= pooling.settled
    }


def _longest(desk: Desk, answer: Measurement, sums: Sums) -> Measurement:
    """The hours of each group until now; the total is the longest, of so many origins."""
    points = tuple(
        Point(desk.today, group, value, int(n)) for group, of in sorted(sums.items()) for value, n in of.values()
    )
    longest = max((point.value for point in points if point.value is not None), default=None)
    return replace(answer, points=points, total=Point(desk.today, (), longest, sum(point.n for point in points)))
