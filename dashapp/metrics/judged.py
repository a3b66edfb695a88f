"""Figures that are judged rather than summed: from rows to sums by a function of the metric, then as all others."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import Dim
from dashapp.metrics.desk import Desk, widened
from dashapp.metrics.measurement import Measurement
from dashapp.metrics.pool import Pair, Point, Pooling, Sums
from dashapp.metrics.registry import JudgedSums, Kind, Metric, Sight
from dashapp.store.reads import Spans

Read = Callable[[Window], Sequence[Any]]
"""What the metric's SELECT finds in some days."""
TOGETHER: dict[Kind, Callable[[Pair, Pair], Pair]] = {
    Kind.PEAK: max,
    Kind.SILENCE: lambda one, other: (max(one[0], other[0]), one[1] + other[1]),
    Kind.FLOW: lambda one, other: (one[0] + other[0], one[1] + other[1]),
}
"""What is judged of two groups, as that of both."""


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
    sight = Sight(spans, desk.now, desk.policy.zone)
    finest = desk.once((*key, held), lambda: judge(rows, sight))
    sums = desk.once((*key, held, ask.by), lambda: _split(finest, metric, ask.by))
    if metric.kind is Kind.SILENCE:
        return _longest(desk, answer, sums)
    shown = {group: of for group, of in sums.items() if not pooling.coverage.days.isdisjoint(of)}
    return replace(answer, points=tuple(pooling.points(shown)), total=pooling.total(shown))


def _split(finest: JudgedSums, metric: Metric, by: Sequence[Dim]) -> Sums:
    """The sums of all splits of a metric as those by some of its dimensions."""
    dims = sorted(metric.dims)
    places = [dims.index(dim) for dim in by]
    found: dict[tuple[str, ...], dict[date, Pair]] = {}
    for group, of in finest.items():
        days = found.setdefault(tuple(group[place] for place in places), {})
        for day, pair in of.items():
            days[day] = TOGETHER[metric.kind](days[day], pair) if day in days else pair
    return {group: days for group, days in found.items() if days}


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
