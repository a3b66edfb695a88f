"""What needs attention, as a ranked list of sentences that lead to their pages."""

from dash import dcc, html
from dash.development.base_component import Component

from dashapp.alerts.look import Concern, State
from dashapp.alerts.rules import Attention
from dashapp.domain.vocabulary import label
from dashapp.web import words
from dashapp.web.cards.content import Content
from dashapp.web.components import attributes
from dashapp.web.page import Card
from dashapp.web.scenes import Scene

WORDS = {State.ALERT: "Alert", State.WARN: "Warning", State.WATCH: "Watch", State.DATA: "Data"}


def attention(scene: Scene, card: Card) -> Content:  # noqa: ARG001 # every maker is given its card
    """The concerns of this moment, or in words that there are none."""
    found = scene.attention
    if not found.concerns and not found.passed and not found.failed:
        return Content(message="No data to check.")
    head: list[Component] = [html.Span("ranked by urgency, then age")] if found.concerns else []
    listed = [html.Ol([_line(concern) for concern in found.concerns])] if found.concerns else []
    return Content(head, body=html.Div([*listed, html.P(_checked(found), className="checked")], className="concerns"))


def _line(concern: Concern) -> Component:
    page = label(concern.link.partition("?")[0].strip("/"))
    arrow = html.Span(" \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}", **attributes(aria_hidden="true"))
    about = html.Span(f": {concern.title}", className="visually-hidden")
    return html.Li(
        [
            html.Span(WORDS[concern.state], className=f"pill is-{concern.state}"),
            html.Div([html.B(concern.title), html.P(concern.detail)]),
            dcc.Link([page, about, arrow], href=concern.link),
        ]
    )


def _checked(found: Attention) -> str:
    """How much was looked at."""
    passed = f"{found.passed} {'check' if found.passed == 1 else 'checks'} passed"
    if not found.concerns:
        passed = f"Nothing needs attention: {passed}"
    reach = f", data to {words.day(found.as_of)}." if found.as_of else "."
    unmade = f" Not checked for lack of data: {', '.join(found.unmade)}." if found.unmade else ""
    failed = f" Could not be checked, the log says why: {', '.join(found.failed)}." if found.failed else ""
    return passed + reach + unmade + failed
