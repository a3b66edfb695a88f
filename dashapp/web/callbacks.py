"""What the browser asks: one request fills a page, and everything that needs no numbers happens in the browser."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, State, ctx, html, set_props
from dash.development.base_component import Component

from dashapp.domain.ask import View
from dashapp.domain.vocabulary import Dim, label
from dashapp.metrics import METRICS, Desk, as_of
from dashapp.store.reads import DEMO, coverage_of, origins, values_of
from dashapp.web import components, render, theme, words
from dashapp.web.components import part
from dashapp.web.desk import open_desk
from dashapp.web.page import Card, Page
from dashapp.web.shell import control, nav, summary

log = logging.getLogger(__name__)

NAMESPACE = "watchfloor"
STALE_DAYS = 2
MOST_NEW = 6


def bind(app: Dash, pages: Sequence[Page]) -> None:
    """Bind every callback of the shell and of the pages made of cards."""
    by_path = {page.path: page for page in pages}

    @app.callback(
        output={
            "tiles": Output(part(ALL, "tile"), "children"),
            "heads": Output(part(ALL, "head"), "children"),
            "specs": Output(part(ALL, "spec"), "data"),
            "contents": Output(part(ALL, "content"), "children"),
            "links": Output(part(ALL, "csv"), "href"),
            "window": Output("window", "children"),
            "fresh": Output("fresh", "children"),
            "notices": Output("notices", "children"),
        },
        inputs={
            "address": Input("address", "data"),
            "_tick": Input("refresh", "n_intervals"),
            "path": State("page", "data"),
        },
        running=[(Output("content", "className"), "busy", "")],
    )
    def fill(address: str, _tick: int | None, path: str) -> dict[str, Any]:
        """Everything on a page that depends on the address or on the clock."""
        with open_desk() as desk:
            return _fill(desk, by_path[path], View.parse(address or ""), ctx.outputs_grouping)

    _bind_browser(app)


def failed(error: Exception) -> None:
    """Say on the page that an answer did not come; the log has the reason."""
    log.error("callback failed", exc_info=error)
    set_props("toast", {"children": "That did not work. What you see is from before. The log says why."})


def _fill(desk: Desk, page: Page, view: View, wanted: Mapping[str, Any]) -> dict[str, Any]:
    chosen = dict(view.filters).get(Dim.ORIGIN, ())
    last = as_of(desk, chosen)
    scene = render.Scene(desk, view, last, theme.positions(values_of(desk.connection, chosen or _names(desk))))
    cards = {card.id: card for card in page.cards}

    def ids(group: str) -> list[str]:
        return [output["id"]["card"] for output in wanted[group]]

    charts = {card_id: render.chart(scene, cards[card_id]) for card_id in ids("specs")}
    contents = {card_id: render.changes(scene, cards[card_id]) for card_id in ids("contents")}
    return {
        "tiles": [render.tile(scene, METRICS[key]) for key in ids("tiles")],
        "heads": [{**charts, **contents}[card_id][0] for card_id in ids("heads")],
        "specs": [charts[card_id][1] for card_id in ids("specs")],
        "contents": [contents[card_id][1] for card_id in ids("contents")],
        "links": [csv_link(scene, cards[card_id]) for card_id in ids("links")],
        "window": words.days(scene.window.since, scene.window.until),
        "fresh": _fresh(desk, scene),
        "notices": _notices(desk, scene),
    }


def _names(desk: Desk) -> list[str]:
    return [origin.name for origin in origins(desk.connection)]


def csv_link(scene: render.Scene, card: Card) -> str:
    """Where the card's numbers can be had as a file: the same question, put to the API."""
    asked = scene.ask(card)
    view = View(
        since=asked.window.since,
        until=asked.window.until,
        grain=scene.view.grain,
        by=asked.by,
        filters=scene.view.filters,
    )
    return f"/api/v1/metrics/{card.key}.csv?{view.query()}"


def _fresh(desk: Desk, scene: render.Scene) -> str:
    """How old the newest data is, and when this was read."""
    stale = (desk.today - scene.as_of).days > STALE_DAYS
    read = desk.now.astimezone(desk.policy.zone)
    return f"data end {words.day(scene.as_of)}" if stale else f"data to {words.day(scene.as_of)}, read {read:%H:%M}"


def _notices(desk: Desk, scene: render.Scene) -> list[Component]:
    """What the reader should know first: bad values in the address, demo data, values never seen before."""
    notes = [components.notice(f"Left out of the address: {problem}.") for problem in scene.view.problems]
    found = origins(desk.connection)
    real = [origin.name for origin in found if origin.kind != DEMO]
    chosen = dict(scene.view.filters).get(Dim.ORIGIN, ())
    if not found:
        notes.append(components.notice("The store is empty. Import data, or run: python -m dashapp demo"))
    elif not real or DEMO in chosen:
        notes.append(components.notice("These are demo data, made by a generator.", "info"))
    elif len(real) < len(found) and not chosen:
        link = html.A("Show it", href=f"?{urlencode({'origin': DEMO})}")
        notes.append(components.notice(["Demo data is left out since real data was imported. ", link], "info"))
    return [*notes, *_new_values(desk, scene, chosen or _names(desk))]


def _new_values(desk: Desk, scene: render.Scene, names: Sequence[str]) -> list[Component]:
    """Values that a dimension took for the first time within the window: a new category is data and worth a look."""
    first = coverage_of(desk.connection, names, desk.today).first
    fresh = [
        f"{label(dim).lower()} {label(value.value)} ({words.day(value.first_day)})"
        for dim, values in values_of(desk.connection, names).items()
        for value in values
        if first is not None
        and max(first + timedelta(days=1), scene.window.since) <= value.first_day <= scene.window.until
    ]
    more = f" and {len(fresh) - MOST_NEW} more" if len(fresh) > MOST_NEW else ""
    return (
        [components.notice(f"First seen in this window: {', '.join(fresh[:MOST_NEW])}{more}.", "info")] if fresh else []
    )


def _bind_browser(app: Dash) -> None:
    """Bind what happens in the browser alone; the functions are in assets/app.js."""

    def browser(name: str, *arguments: Output | Input | State, initial: bool = True) -> None:
        app.clientside_callback(ClientsideFunction(NAMESPACE, name), *arguments, prevent_initial_call=not initial)

    browser("address", Output("address", "data"), Input(control(ALL), "value"), State("address", "data"))
    browser("links", Output(nav(ALL), "href"), Input("address", "data"))
    browser("summary", Output(summary(MATCH), "children"), Input(control(MATCH), "value"))
    browser("theme", Output("theme", "data"), Input("theme-switch", "n_clicks"), State("theme", "data"), initial=False)
    browser("refresh", Output("refresh", "interval"), Output("refresh", "disabled"), Input("refresh-every", "value"))
    browser(
        "draw",
        Output(part(MATCH, "graph"), "figure"),
        Output(part(MATCH, "message"), "children"),
        Output(part(MATCH, "table"), "children"),
        Output(part(MATCH, "body"), "className"),
        Output(part(MATCH, "as-table"), "children"),
        Input(part(MATCH, "spec"), "data"),
        Input(part(MATCH, "as-table"), "n_clicks"),
        Input("theme", "data"),
    )
