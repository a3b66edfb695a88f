"""Flags one by one, as a table that is sorted, paged and searched through the address."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from dash import html
from dash.development.base_component import Component
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from dashapp.domain.view import View
from dashapp.domain.vocabulary import Case, Dim, label
from dashapp.metrics.rows import COLUMNS, NoRows, Row, count_rows, select_rows
from dashapp.store.engine import TooSlow
from dashapp.web import components, words
from dashapp.web.cards.content import Content
from dashapp.web.components import attributes, named
from dashapp.web.listing import PER_PAGE, Listing
from dashapp.web.page import Card
from dashapp.web.paging import paging
from dashapp.web.scenes import Scene

log = logging.getLogger(__name__)

NUMBERS = ("score", "hours_to_decision")
FALLING = ("flagged_day", "flagged_at", "severity", "score", "hours_to_decision", "decided_at", "decided_day")
"""Columns whose latest or largest values are looked for first; others begin with their first by name."""
WORDED = (Dim.CATEGORY, Dim.SEVERITY, Dim.ROUTING, Dim.LABEL)


def rows(scene: Scene, _card: Card) -> Content:
    """The page of flags that the address asks for."""
    listing = Listing.parse(scene.address)
    listing = replace(listing, view=replace(listing.view, filters=scene.view.filters))
    try:
        return _content(scene, listing)
    except NoRows as reason:
        return Content(message=str(reason))
    except TooSlow:
        return Content(message="This took too long. Try fewer days, or another order.")
    except SQLAlchemyError:
        log.exception("rows failed")
        return Content(message="The flags could not be read. The log says why.")


def _content(scene: Scene, listing: Listing) -> Content:
    wanted = listing.wanted(scene.desk)
    count = count_rows(scene.desk, wanted)
    if not count:
        return Content(
            message=f"No flags from {words.days(scene.window.since, scene.window.until)} with these filters."
        )
    shown = replace(listing, page=min(listing.page, -(-count // PER_PAGE)))
    first = (shown.page - 1) * PER_PAGE
    found = select_rows(scene.desk, wanted, PER_PAGE, first)
    said = f"rows {first + 1:,} to {first + len(found):,} of {count:,}"
    own = listing.problems[len(listing.view.problems) :]
    parts = [*(components.notice(f"Left out of the address: {problem}.") for problem in own)]
    parts += [
        *_known_later(scene, listing, found),
        _table(scene, shown, found),
        paging(shown, -(-count // PER_PAGE), said),
    ]
    return Content(_head(scene, shown, said), body=html.Div(parts))


def _known_later(scene: Scene, listing: Listing, found: Sequence[Row]) -> list[Component]:
    """What explains decisions beside flags that are called open: they came after the days asked for."""
    decided = list(COLUMNS).index("decided_day")
    if listing.view.case is not Case.OPEN or all(row[decided] is None for row in found):
        return []
    until = words.day(min(scene.window.until, scene.as_of))
    return [components.notice(f"Open at the end of {until}. Decisions that are shown here came later.", "info")]


def _head(scene: Scene, listing: Listing, said: str) -> list[Component]:
    """Which rows these are, and where all of them can be had as files."""
    files = [
        html.A(name, href=file_link(scene, listing, name.lower()), download="", **named(f"Download all as {name}"))
        for name in ("CSV", "XLSX")
    ]
    return [html.Span(said, role="status"), *files]


def file_link(scene: Scene, listing: Listing, ending: str) -> str:
    """Where all rows of a listing can be had as a file, its days written out."""
    window = scene.window
    view = View(since=window.since, until=window.until, filters=listing.view.filters, case=listing.view.case)
    return f"/export/flags.{ending}?{replace(listing, view=view, page=1).query()}"


def _table(scene: Scene, listing: Listing, found: Sequence[Row]) -> Component:
    """The rows, without the columns that none of them has."""
    places = [i for i, key in enumerate(COLUMNS) if key == listing.sort or any(row[i] is not None for row in found)]
    keys = list(COLUMNS)
    head = html.Tr([_heading(listing, keys[i]) for i in places])
    body = [html.Tr([_cell(scene, keys[i], row[i]) for i in places]) for row in found]
    empty = [title for i, title in enumerate(COLUMNS.values()) if i not in places]
    note = [html.P(f"Not given in these rows: {', '.join(empty).lower()}.", className="quiet")] if empty else []
    table = html.Table([html.Thead(head), html.Tbody(body)])
    return html.Div([html.Div(table, className="wide", tabIndex=0, role="region", **named("Table of flags")), *note])


def _heading(listing: Listing, key: str) -> Component:
    """A column's name as a button: it sorts by the column, and turns the order round where that is done already."""
    sorted_now = key == listing.sort
    falling = not listing.descending if sorted_now else key in FALLING
    query = replace(listing, sort=key, descending=falling, page=1).query()
    order = "descending" if listing.descending else "ascending"
    button = html.Button(COLUMNS[key], **attributes(data_query=f"?{query}"))
    return html.Th(
        button,
        scope="col",
        className="r" if key in NUMBERS else "",
        **(attributes(aria_sort=order) if sorted_now else {}),
    )


def _cell(scene: Scene, key: str, value: Any) -> Markup:
    """A cell as HTML: a page has a thousand, and as components they take most of its time."""
    if key == Dim.SEVERITY:
        return Markup('<td><i class="dot" style="background:var(--sev-{})"></i>{}</td>').format(value, label(value))
    return Markup('<td class="{}">{}</td>').format("r" if key in NUMBERS else "", _text(scene, key, value))


def _text(scene: Scene, key: str, value: Any) -> str:
    """A value as it is read: days and moments of the reporting zone, labels in words, ids as they are."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(scene.desk.policy.zone):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.3f}" if key == "score" else f"{value:,.1f}"
    return label(value) if key in WORDED else str(value)
