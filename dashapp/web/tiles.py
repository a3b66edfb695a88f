"""Tiles: one metric over the whole window, how it moved, and its last four weeks as a line."""

from dataclasses import replace

from dash import html
from dash.development.base_component import Component

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.live import LiveView
from dashapp.metrics import METRICS, Kind, Measurement, Metric, Point, measure
from dashapp.metrics.registry import OF_NOW
from dashapp.metrics.standard import LINE
from dashapp.web import components, words
from dashapp.web.cards.content import computed
from dashapp.web.listing import link
from dashapp.web.scenes import Scene

LATELY = 7
"""Days after which a week is told of by its end."""
BADGES = {"warn": "warning", "alert": "alert"}


def tile(scene: Scene, metric: Metric, beside: tuple[str, str] | None = None) -> list[Component]:
    """A tile: the whole window, how it moved, and the last 28 days as a line. `beside` names a metric whose value is
    told with it, and what that is.
    """
    if scene.live:
        return _live(scene, metric, scene.live)
    asked = Ask(scene.window, Grain.WHOLE, filters=scene.view.filters)
    answer = measure(scene.desk, metric, asked)
    if answer.error or answer.total is None:
        return [html.P(answer.error, className="message")]
    shown = words.number(answer.total.value, metric.unit)
    href = link(metric, scene.view, scene.window, scene.first_day) if answer.total.value else None
    if metric.kind in OF_NOW:
        return components.tile_figures(shown, href, _now(answer, answer.total), html.Div())
    last, moves = _moves(scene, metric, asked, answer)
    line = measure(
        scene.desk,
        metric,
        replace(asked, window=Window.ending(scene.last_week(metric).until, LINE), grain=Grain.DAY),
    )
    known = {point.bucket: point.value for point in line.points}
    values = [known.get(day) for day in line.ask.window]
    counted = metric.kind in (Kind.FLOW, Kind.STOCK) or answer.total.value is None
    cases = "" if counted else words.count(answer.total.n)
    others = [measure(scene.desk, METRICS[beside[0]], asked)] if beside else []
    since = computed(answer, *others)
    told = [moves, *_crossed(answer, last), html.Span(cases), *_beside(scene, asked, beside), *since]
    return components.tile_figures(shown, href, told, components.spark(values, _described(line)))


def _live(scene: Scene, metric: Metric, live: LiveView) -> list[Component]:
    """A tile of events: the time until now, how it moved against the time before, and its buckets as a line."""
    asked = live.ask(scene.desk.now, scene.desk.policy.zone)
    answer = measure(scene.desk, metric, asked)
    if answer.error or answer.total is None:
        return [html.P(answer.error, className="message")]
    before = measure(scene.desk, metric, asked.before)
    now, then = _value(answer), _value(before)
    moves = html.B(words.change(now, then, metric.unit), className=words.direction(metric, now, then))
    span = html.Span([moves, f" against the {live.told} before"])
    line = components.spark([point.value for point in answer.points], f"by {asked.grain}")
    return components.tile_figures(words.number(now, metric.unit), None, [span], line)


def _beside(scene: Scene, asked: Ask, beside: tuple[str, str] | None) -> list[Component]:
    """The value of the metric that a tile is told with."""
    if beside is None:
        return []
    key, words_for_it = beside
    metric = METRICS[key]
    total = measure(scene.desk, metric, asked).total
    if total is None or not total.n:
        return []
    value = "not reached" if total.value is None else words.number(total.value, metric.unit)
    return [html.Span([html.B(value), f" {words_for_it}"], title=metric.first_sentence, className="beside")]


def _now(answer: Measurement, total: Point) -> list[Component]:
    """What stands beside a figure of this moment, which no window changes."""
    among = "open" if answer.metric.kind is Kind.AGES else "origin" if total.n == 1 else "origins"
    waiting = [] if total.value is None else [html.Span(f"{total.n:,} {among}")]
    crossed = _crossed(answer, total.value) if answer.metric.kind is Kind.SILENCE else []
    return [html.Span("now, whatever the days"), *crossed, *waiting]


def _crossed(answer: Measurement, last: float | None) -> list[Component]:
    """A badge with the latest value and the threshold that it has crossed, if it has."""
    threshold = answer.threshold
    state = threshold.state(last) if threshold else "none"
    if threshold is None or state not in BADGES:
        return []
    limit = words.level(threshold.alert if state == "alert" else threshold.warn, answer.metric.unit)
    when = "Now" if answer.metric.kind in OF_NOW else "The last 7 days"
    told = f"{words.number(last, answer.metric.unit)}, {BADGES[state]} {threshold.side} {limit}"
    return [html.Span(told, className=f"pill is-{state}", title=f"{when}: {told}")]


def _moves(scene: Scene, metric: Metric, asked: Ask, answer: Measurement) -> tuple[float | None, Component]:
    """The latest value, and the change against the previous window or, where none is asked for, week on week."""
    if scene.view.compare:
        now, before, span = (
            answer,
            measure(scene.desk, metric, replace(asked, window=scene.window.previous)),
            "vs previous",
        )
    else:
        week = replace(asked, window=scene.last_week(metric))
        now = measure(scene.desk, metric, week)
        before, span = measure(scene.desk, metric, replace(week, window=week.window.previous)), _span(scene, week)
    last, then = _value(now), _value(before)
    told = html.B(words.change(last, then, metric.unit), className=words.direction(metric, last, then))
    against = f"{_days(now)} against {_days(before)}"
    return last, html.Span([told, f" {span}"], title=against)


def _span(scene: Scene, week: Ask) -> str:
    """The last seven days, by their end where a metric takes long to settle."""
    until = week.window.until
    lately = (min(scene.window.until, scene.as_of) - until).days < LATELY
    return "in 7 days" if lately else f"7 days to {words.day(until, year=False)}"


def _days(answer: Measurement) -> str:
    return words.days(answer.ask.window.since, answer.ask.window.until)


def _value(answer: Measurement) -> float | None:
    """The pooled value; None also where no day is covered."""
    return answer.total.value if answer.total else None


def _described(line: Measurement) -> str:
    """A spark line in words."""
    known = [point.value for point in line.points if point.value is not None]
    if not known:
        return "no data in the last 28 days"
    unit = line.metric.unit
    until, least, most = (
        words.day(line.ask.window.until),
        words.number(min(known), unit),
        words.number(max(known), unit),
    )
    return f"28 days to {until}: from {least} to {most} a day"
