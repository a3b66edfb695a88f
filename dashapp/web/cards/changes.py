"""Each group's last complete week against the week before."""

from dataclasses import replace

from dash import html
from dash.development.base_component import Component

from dashapp.domain.ask import Ask, Grain
from dashapp.domain.vocabulary import label
from dashapp.metrics import measure
from dashapp.web import words
from dashapp.web.cards.content import Content, head
from dashapp.web.page import Card
from dashapp.web.scenes import Scene
from dashapp.web.theme import colour


def changes(scene: Scene, card: Card) -> Content:
    """The week's count of each group, what grew most first; without flags in a covered week it had 0."""
    week = Ask(scene.last_week(card.metric), Grain.WHOLE, card.by, scene.view.filters)
    now = measure(scene.desk, card.metric, week)
    before = measure(scene.desk, card.metric, replace(week, window=week.window.previous))
    if now.error or before.error:
        return Content(message=now.error or before.error)
    latest, then = ({point.groups[0]: point.value for point in answer.points} for answer in (now, before))
    if not latest and not then:
        return Content(message="No data in these two weeks.")
    covered = before.total is not None and before.total.value is not None
    groups = sorted({*latest, *then}, key=lambda group: ((then.get(group) or 0) - (latest.get(group) or 0), group))
    told = [
        _change(scene, card, group, latest.get(group) or 0, (then.get(group) or 0) if covered else None)
        for group in groups
    ]
    span = html.P(f"{words.days(week.window.since, week.window.until)} against the 7 days before", className="weeks")
    return Content(head(now), body=html.Div([span, html.Div(told, className="changes", tabIndex=0)]))


def _change(scene: Scene, card: Card, group: str, now: float, then: float | None) -> Component:
    metric, swatch = card.metric, html.I(style={"background": colour(card.by[0], group, scene.known)})
    moved = html.B(words.change(now, then, metric.unit), className=words.direction(metric, now, then))
    return html.Div(
        [
            html.Div([swatch, label(group)], className="t"),
            html.Div(words.number(now, metric.unit), className="v"),
            html.Div([moved, html.Span(f" from {words.number(then, metric.unit)}")], className="d"),
        ],
        className="change",
    )
