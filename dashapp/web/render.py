"""A page's numbers: asks the metrics that a page names and puts the answers into its tiles and cards."""

from dataclasses import replace
from datetime import date
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.vocabulary import label
from dashapp.metrics import Kind, Measurement, Metric, measure
from dashapp.web import components, figures, words
from dashapp.web.page import Card, Chart
from dashapp.web.scenes import Scene
from dashapp.web.theme import colour

SPARK_DAYS = 28


def tile(scene: Scene, metric: Metric) -> list[Component]:
    """A tile: the whole window, how it moved, and the last 28 days as a line."""
    asked = Ask(scene.window, Grain.WHOLE, filters=scene.view.filters)
    answer = measure(scene.desk, metric, asked)
    if answer.error or answer.total is None:
        return [html.P(answer.error, className="message")]
    last, moves = _moves(scene, metric, asked, answer)
    state = answer.threshold.state(last) if answer.threshold else "none"
    line = measure(
        scene.desk, metric, replace(asked, window=Window.ending(scene.last_week.until, SPARK_DAYS), grain=Grain.DAY)
    )
    values = [point.value for point in line.points]
    cases = "" if metric.kind is Kind.FLOW else words.count(answer.total.n)
    return components.tile_figures(
        words.number(answer.total.value, metric.unit), state, moves, cases, components.spark(values, _described(line))
    )


def _moves(scene: Scene, metric: Metric, asked: Ask, answer: Measurement) -> tuple[float | None, Component]:
    """The latest value, and the change against the previous window or, where none is asked for, week on week."""
    if scene.view.compare:
        now, before, span = (
            answer,
            measure(scene.desk, metric, replace(asked, window=scene.window.previous)),
            "vs previous",
        )
    else:
        week = replace(asked, window=scene.last_week)
        now = measure(scene.desk, metric, week)
        before, span = measure(scene.desk, metric, replace(week, window=week.window.previous)), "last 7 days"
    last, then = _value(now), _value(before)
    told = html.B(words.change(last, then, metric.unit), className=words.direction(metric, last, then))
    against = f"{_days(now)} against {_days(before)}"
    return last, html.Span([told, f" {span}"], title=against)


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
    return f"last 28 days: from {words.number(min(known), unit)} to {words.number(max(known), unit)} a day"


def chart(scene: Scene, card: Card) -> tuple[list[Component], dict[str, Any]]:
    """A card's head line and its figure, or the message that takes the figure's place."""
    asked = scene.ask(card)
    if card.chart is Chart.TOTALS:
        asked = replace(asked, grain=Grain.WHOLE)
    answer = measure(scene.desk, card.metric, asked)
    if answer.error:
        return [], {"message": answer.error}
    if answer.total is None or not answer.points or answer.total.value is None:
        return [], {"message": f"No data for {words.days(scene.window.since, scene.window.until)} with these filters."}
    return _head(answer), {"figure": _figure(scene, card, answer)}


def _figure(scene: Scene, card: Card, answer: Measurement) -> figures.Figure:
    if card.chart is Chart.TOTALS:
        return figures.totals(answer, scene.known)
    if card.chart is Chart.BARS:
        figure = figures.bars(answer, scene.known)
    else:
        pooled = card.trailing > 1 and answer.ask.grain is Grain.DAY and not answer.ask.by
        ask = replace(answer.ask, trailing=card.trailing)
        figure = figures.lines(answer, scene.known, measure(scene.desk, card.metric, ask) if pooled else None)
    if not scene.view.compare or (answer.ask.by and card.chart is Chart.LINES):
        return figure
    before = measure(scene.desk, card.metric, replace(answer.ask, window=scene.window.previous, by=()))
    return figures.compared(figure, answer, before)


def _head(answer: Measurement) -> list[Component]:
    """Value, cases, last day of data, and where the numbers were read when that was not the usual place."""
    if answer.total is None or answer.as_of is None:
        return []
    metric = answer.metric
    flow = metric.kind is Kind.FLOW
    told = words.number(answer.total.value, metric.unit) if flow else words.count(answer.total.n)
    value = [] if flow else [html.B(words.number(answer.total.value, metric.unit))]
    return [
        *value,
        html.Span(f"n {told}" if flow else told),
        html.Span(f"to {words.day(_last_day(answer, answer.as_of))}"),
        *([html.Span("from raw flags", title="No rollup knows these filters together")] if answer.from_facts else []),
    ]


def _last_day(answer: Measurement, as_of: date) -> date:
    """The last day that the numbers know: where days take time to settle, the last that has."""
    last = min(as_of, answer.ask.window.until)
    if answer.ask.grain is not Grain.DAY:
        return last
    return max((point.bucket for point in answer.points if point.value is not None), default=last)


def changes(scene: Scene, card: Card) -> tuple[list[Component], Component]:
    """Each group's last complete week against the week before, largest change first."""
    week = Ask(scene.last_week, Grain.WHOLE, card.by, scene.view.filters)
    now = measure(scene.desk, card.metric, week)
    before = measure(scene.desk, card.metric, replace(week, window=week.window.previous))
    if now.error or before.error:
        return [], html.P(now.error or before.error, className="message")
    if not now.points and not before.points:
        return [], html.P("No data in these two weeks.", className="message")
    then = {point.groups: point.value for point in before.points}
    latest = {point.groups: point.value for point in now.points}
    rows = sorted({*then, *latest}, key=lambda group: (-(latest.get(group) or 0), group))
    told = [_change(card, scene, group, latest.get(group), then.get(group), before) for group in rows]
    span = html.P(f"{words.days(week.window.since, week.window.until)} against the 7 days before", className="weeks")
    return _head(now), html.Div([span, html.Div(told, className="changes")])


def _change(
    card: Card, scene: Scene, group: tuple[str, ...], now: float | None, then: float | None, before: Measurement
) -> Component:
    """One group's week. A group without flags in a covered week had 0, not nothing."""
    covered = before.total is not None and before.total.value is not None
    now, then = now or 0, (then or 0) if covered else None
    metric, dim = card.metric, card.by[0]
    return html.Div(
        [
            html.Div(
                [html.I(style={"background": colour(dim, group[0], scene.known)}), label(group[0])], className="t"
            ),
            html.Div(words.number(now, metric.unit), className="v"),
            html.Div(
                [
                    html.B(words.change(now, then, metric.unit), className=words.direction(metric, now, then)),
                    html.Span(f" from {words.number(then, metric.unit)}"),
                ],
                className="d",
            ),
        ],
        className="change",
    )
