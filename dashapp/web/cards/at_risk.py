"""The open flags that are nearest to their SLA, or past it, one by one."""

from datetime import UTC, datetime, timedelta
from heapq import nlargest
from typing import NamedTuple

from dash import dcc, html
from dash.development.base_component import Component

from dashapp.domain.ask import Ask, Window
from dashapp.domain.view import MOST_DAYS
from dashapp.domain.vocabulary import Severity, label
from dashapp.metrics import measure
from dashapp.metrics.rows import COLUMNS, NoRows, Row, waiting_rows
from dashapp.web import listing
from dashapp.web.cards.content import Content, unknown_now
from dashapp.web.components import attributes, named
from dashapp.web.page import Card
from dashapp.web.scenes import Scene

SHOWN = 10
PLACES = {key: place for place, key in enumerate(COLUMNS)}


class Waiting(NamedTuple):
    """An open flag by the share of its SLA that it has waited."""

    share: float
    hours: float
    sla: float
    row: Row


def at_risk(scene: Scene, card: Card) -> Content:
    """The flags that have waited the largest share of their SLA until now."""
    answer = measure(scene.desk, card.metric, Ask(scene.window, filters=scene.view.filters))
    if answer.error:
        return Content(message=answer.error)
    if answer.total is None or answer.total.value is None:
        return Content(message=unknown_now(scene))
    if not answer.total.n:
        return Content(message="Nothing is open.")
    head = [html.B(f"{answer.total.value:,.0f} at risk"), html.Span(f"of {answer.total.n:,} open"), html.Span("now")]
    every = listing.link(card.metric, scene.view, Window.ending(scene.as_of, MOST_DAYS), scene.first_day)
    try:
        waiting = nlargest(SHOWN, _waiting(scene), key=lambda one: one.share)
    except NoRows as reason:
        return Content(head, body=html.P(str(reason), className="quiet"))
    return Content([*head, dcc.Link("All open", href=every)] if every else head, body=_table(waiting))


def _waiting(scene: Scene) -> list[Waiting]:
    """The longest-waiting flags of each severity, for each has an SLA of its own."""
    ask = Ask(scene.window, filters=scene.view.filters)
    return [_waited(scene, row) for row in waiting_rows(scene.desk, ask, SHOWN)]


def _waited(scene: Scene, row: Row) -> Waiting:
    """Hours since the flag was raised; for day-only input since the midnight its day began with."""
    policy, day = scene.desk.policy, row[PLACES["flagged_day"]]
    raised = row[PLACES["flagged_at"]] or datetime.combine(day, datetime.min.time(), policy.zone).astimezone(UTC)
    hours, sla = (scene.desk.now - raised) / timedelta(hours=1), policy.sla[Severity(row[PLACES["severity"]])]
    return Waiting(hours / sla, hours, sla, row)


def _table(waiting: list[Waiting]) -> Component:
    titles = ("Flag", "Severity", "Category", "Waited", "SLA")
    head = html.Tr([html.Th(title, scope="col", className="r" if title == "Waited" else "") for title in titles])
    table = html.Table([html.Thead(head), html.Tbody([_line(one) for one in waiting])])
    return html.Div(table, className="list", tabIndex=0, role="region", **named("Longest waiting flags"))


def _line(one: Waiting) -> Component:
    flag_id, severity, category = (one.row[PLACES[key]] for key in ("flag_id", "severity", "category"))
    dot = html.I(className="dot", style={"background": f"var(--sev-{severity})"})
    late = one.hours > one.sla
    left = f"{one.hours - one.sla:,.1f} h past" if late else f"{one.sla - one.hours:,.1f} h left"
    return html.Tr(
        [
            html.Td(dcc.Link(flag_id, href=f"{listing.PATH}?since={one.row[PLACES['flagged_day']]}&q={flag_id}")),
            html.Td([dot, label(severity)], **attributes(data_sort=str(list(Severity).index(severity)))),
            html.Td(label(category)),
            html.Td(f"{one.hours:,.1f} h", className="r"),
            html.Td(left, className="bad" if late else "", **attributes(data_sort=f"{one.sla - one.hours:.1f}")),
        ]
    )
