"""The entries of the side menu, and how many urgent concerns wait behind them."""

from dash import html
from dash.development.base_component import Component

from dashapp.alerts.look import State
from dashapp.alerts.rules import Attention
from dashapp.web.components import attributes
from dashapp.web.page import Page

HOME = "/"
COUNTED = (HOME, "/attacks")
"""The pages whose names in the menu have a count of what waits."""


def waiting(path: str) -> str:
    """The id of the count beside a page's name."""
    return f"waiting-{path.strip('/')}"


def counts(found: Attention) -> dict[str, list[Component]]:
    """How many urgent concerns wait, by the id of the count beside a page's name."""
    return {waiting(path): _count(path, found) for path in COUNTED}


def _count(path: str, found: Attention) -> list[Component]:
    """How many lead to a page; the home page counts all. Nothing for none."""
    urgent = [concern for concern in found.concerns if concern.state in (State.ALERT, State.WARN)]
    waits = [concern for concern in urgent if path in (HOME, concern.link.partition("?")[0])]
    told = html.Span(" need attention", className="visually-hidden")
    title = f"{len(waits)} need attention, whatever filters are set"
    return [html.Span([str(len(waits)), told], title=title)] if waits else []


def entry(page: Page) -> Component:
    """The way to a page, with the count of what waits there."""
    link = html.A(page.name, href=page.path, **attributes(data_inner=""))
    if page.path not in COUNTED:
        return link
    return html.Div([link, html.Span(id=waiting(page.path), className="count")], className="counted")
