"""The entries of the side menu, how many urgent concerns wait behind them, and who is signed in."""

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from dashapp.alerts.look import State
from dashapp.alerts.rules import Attention
from dashapp.domain.access import Visitor
from dashapp.web.components import attributes
from dashapp.web.page import Page

HOME = "/"
ACCOUNT, SIGN_OUT = "/account", "/sign-out"
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


def entries(pages: Sequence[Page], asks: Visitor, token: str) -> list[Component]:
    """The ways to the pages that somebody may see, by group, and last their own account. `token` is what forms must
    send along.
    """
    seen = [page for page in pages if page.group and asks.may(page.permission)]
    links: list[Component] = [html.Div([html.I(), "Watchfloor"], className="brand")]
    for group in dict.fromkeys(page.group for page in seen):
        links.append(html.Span(group, className="group"))
        links += [entry(page) for page in seen if page.group == group]
    return [*links, _me(asks, token)] if asks.user_id is not None else links


def _me(asks: Visitor, token: str) -> Component:
    """Who is signed in, and the way out. It is a form, so that no link signs anybody out."""
    name = html.A([html.B(asks.name), html.Span(asks.role, className="quiet")], href=ACCOUNT, title="Your account")
    field = dbc.Input(type="hidden", name="csrf_token", value=token)
    leave = html.Form([field, html.Button("Sign out", type="submit")], action=SIGN_OUT, method="post")
    return html.Div([name, leave], className="me")


def entry(page: Page) -> Component:
    """The way to a page, with the count of what waits there."""
    link = html.A(page.name, href=page.path, **attributes(data_inner=""))
    if page.path not in COUNTED:
        return link
    return html.Div([link, html.Span(id=waiting(page.path), className="count")], className="counted")
