"""Pages as Dash knows them: their places, and their layouts before any number has arrived."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import dash
from dash import html
from dash.development.base_component import Component
from sqlalchemy.exc import SQLAlchemyError

from dashapp.logs import request_id
from dashapp.store.engine import TooSlow
from dashapp.web import components, notices, scenes, shell
from dashapp.web.callbacks import answer as answered
from dashapp.web.desk import open_desk
from dashapp.web.guard import require
from dashapp.web.health import standing_still
from dashapp.web.page import Page
from dashapp.web.scenes import Scene
from dashapp.web.shared import only_now

NAME = "Watchfloor"

log = logging.getLogger(__name__)


def register(pages: Sequence[Page]) -> None:
    """Put the pages into Dash's registry. Layouts find their store through the app that serves them."""
    for order, page in enumerate(pages):
        dash.register_page(
            page.path,
            path=page.path,
            name=page.name,
            title=f"{page.name} · {NAME}",
            order=order,
            layout=partial(_layout, page),
        )
    dash.register_page("not_found_404", layout=_not_found)


def _layout(page: Page, /, **query: Any) -> Component:
    """A page under an address; keys it does not know are left alone."""
    require(page.permission)
    address = urlencode(query, doseq=True)
    try:
        return _laid_out(page, address)
    except (SQLAlchemyError, TooSlow):
        log.exception("%s cannot be laid out", page.path)
        only_now()
        return _unread(page, address)


def _laid_out(page: Page, address: str) -> Component:
    with open_desk() as desk:
        seen = scenes.scene(desk, address, page)
        shown = page.about(seen, page) if page.about else page
        answer = None if page.bar else answered(desk, shown, address)
        return html.Div([*shell.layout(shown, address, seen, answer), _main(shown, seen)])


def _unread(page: Page, address: str) -> Component:
    """What is shown in place of a page while the store does not answer."""
    again = html.A("Try again", href=f"{page.path}{'?' if address else ''}{address}", target="_self")
    told = f"The store does not answer, so there are no figures now. The log says why (request {request_id()}). "
    return html.Main(html.Div([html.H1(page.name), components.notice([told, again])], id="content"), id="main")


def _main(page: Page, seen: Scene) -> Component:
    tiles = html.Div([components.tile(key) for key in page.metrics], className="tiles") if page.tiles else None
    cards = html.Div([components.card(card) for card in page.cards], className="cards")
    notes = html.Div(id=components.ONCE, role="status") if page.administers else _notices(seen) if page.bar else None
    body = page.body(seen.desk) if page.body else None
    parts = [shell.heading(page, seen), notes, tiles, body or cards]
    return html.Main(html.Div([part for part in parts if part is not None], id="content"), id="main", tabIndex=-1)


def _notices(seen: Scene) -> Component:
    return html.Div(notices.notices(seen, standing_still(seen.desk.connection)), id="notices")


def _not_found(**_query: Any) -> Component:
    text = [html.H1("No such page"), html.P(["The menu lists every page. ", html.A("Start again", href="/")])]
    return html.Main(html.Div(text, id="content"))
