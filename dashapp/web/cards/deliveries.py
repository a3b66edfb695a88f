"""Where a weekly summary went, and the button that tries the ways."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from dashapp.domain.access import Permission
from dashapp.store.deliveries import Delivery, deliveries_of
from dashapp.summary.document import Document
from dashapp.web import words
from dashapp.web.cards.content import Content
from dashapp.web.cards.incident import table
from dashapp.web.cards.summary import of_summary
from dashapp.web.components import attributes
from dashapp.web.scenes import Scene

TRIED = "test-told"
"""The id of what is said of a test message."""
NOWHERE = "This version has not been sent anywhere."
FILTERED = "A summary under filters is not sent."


@of_summary
def sent(scene: Scene, found: Document) -> Content:
    """Where the version went or is to go, and a way to try the channels."""
    kept = found.kept
    known = deliveries_of(scene.desk.connection, kept.week, kept.version)
    heads = ("To", "By", "State", "Attempts", "What went wrong")
    none = html.P(FILTERED if kept.filters else NOWHERE, className="quiet")
    listed = table("Deliveries", heads, [_row(scene, one) for one in known]) if known else none
    trial = _trial(scene) if scene.may(Permission.DELIVER) else None
    return Content([html.Span(f"{len(known)}")] if known else [], body=html.Div([listed, trial]))


def _row(scene: Scene, one: Delivery) -> list[Any]:
    return [one.recipient, one.channel, _state(scene, one), str(one.attempts), one.error or ""]


def _state(scene: Scene, one: Delivery) -> Component:
    zone = scene.desk.policy.zone
    if one.sent_at:
        return html.Span(f"sent {words.moment(one.sent_at, zone)}", className="pill is-ok")
    if one.given_up:
        return html.Span("given up", className="pill is-alert")
    return html.Span(f"due {words.moment(one.due_at, zone)}", className="pill is-data")


def _trial(scene: Scene) -> Component:
    hidden = {"do": "test", "address": scene.address}
    fields = [dbc.Input(type="hidden", name=name, value=value) for name, value in hidden.items()]
    button = html.Button("Send a test message", type="submit", className="pick")
    told = html.Div(id=TRIED, role="status")
    return html.Div([html.Form([*fields, button], className="said", **attributes(data_saying="")), told])


def tried(lines: list[str]) -> Component:
    """What became of a test message, a line for each recipient."""
    return html.Ul([html.Li(line) for line in lines], className="plain")
