"""The ways through the pages of a table whose page is in the address."""

from dataclasses import replace
from typing import TypeVar

from dash import html
from dash.development.base_component import Component

from dashapp.web.board import Board
from dashapp.web.components import attributes, named
from dashapp.web.listing import Listing
from dashapp.web.trailing import Trail

Paged = TypeVar("Paged", Listing, Board, Trail)


def paging(shown: Paged, last: int, said: str) -> Component:
    """Which rows are shown, and buttons to others; `last` is the number of the last page."""
    steps = {"First": 1, "Previous": shown.page - 1, "Next": shown.page + 1}
    buttons: list[Component] = [_step(shown, name, page, last) for name, page in steps.items()]
    return html.Nav([html.Span(said), *buttons], className="paging", **named("Pages of rows"))


def _step(shown: Paged, name: str, page: int, last: int) -> Component:
    """A button to another page. Where there is none it stays, so that the keyboard's place is not lost."""
    leads = 1 <= page <= last and page != shown.page
    there = (
        attributes(data_query=f"?{replace(shown, page=page).query()}") if leads else attributes(aria_disabled="true")
    )
    return html.Button(name, className="pick", **there)
