"""What the browser asks: one request fills a page, and everything that needs no numbers happens in the browser."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, set_props

from dashapp.domain.ask import Grain
from dashapp.domain.live import query_within
from dashapp.domain.view import View
from dashapp.logs import request_id
from dashapp.metrics import METRICS, Audience, Desk
from dashapp.metrics.refresh import renew
from dashapp.web import components, notices, scenes, tiles
from dashapp.web.cards import content
from dashapp.web.components import graph, place
from dashapp.web.desk import open_desk, services
from dashapp.web.listing import PATH, link
from dashapp.web.markup import by_place
from dashapp.web.menu import counts
from dashapp.web.page import Card, Chart, Page
from dashapp.web.scenes import Scene
from dashapp.web.shared import attention_now, only_now
from dashapp.web.shell import control
from dashapp.web.triaging import decide

log = logging.getLogger(__name__)

NAMESPACE = "watchfloor"

RENEWING_SECONDS = 60
"""Longest time that one read may take for somebody who waits for figures that are computed anew."""


def bind(app: Dash, pages: Sequence[Page]) -> None:
    """Bind every callback of the shell and of the pages made of cards."""
    by_path = {page.path: page for page in pages}

    @app.callback(
        Output("answer", "data"),
        Input("address", "data"),
        Input("refresh", "n_intervals"),
        State("page", "data"),
        running=[(Output("state", "className"), "busy", "")],
    )
    def fill(address: str, _tick: int | None, path: str) -> dict[str, Any]:
        """Everything on a page that depends on the address or on the clock."""
        with open_desk(Audience.SCREEN) as desk:
            return answer(desk, by_path[path], address or "")

    @app.callback(
        Output("answer", "data", allow_duplicate=True),
        Input("renew", "data"),
        State("address", "data"),
        State("page", "data"),
        running=[(Output("state", "className"), "busy", ""), (Output("state", "data-renewing"), "yes", "")],
        prevent_initial_call=True,
    )
    def renewed(card: str, address: str, path: str) -> dict[str, Any]:
        """As `fill`, after what a card shows was computed anew."""
        with open_desk(Audience.SCREEN) as desk:
            return renewed_answer(desk, by_path[path], card, address or "")

    @app.callback(
        Output("answer", "data", allow_duplicate=True),
        Input("triage", "data"),
        State("page", "data"),
        running=[(Output("state", "className"), "busy", "")],
        prevent_initial_call=True,
    )
    def triaged(given: dict[str, Any], path: str) -> dict[str, Any]:
        """The page of an incident after an analyst said what it is."""
        only_now()
        return triaged_answer(by_path[path], given)

    _bind_browser(app)


def failed(error: Exception) -> None:
    """Say on the page that an answer did not come; the log has the reason."""
    log.error("callback failed", exc_info=error)
    only_now()
    told = f"That did not work. What you see is from before. The log says why (request {request_id()})."
    set_props("toast", {"children": told})


def answer(desk: Desk, page: Page, address: str) -> dict[str, Any]:
    """What the browser puts into a page: HTML and links by the ids of the elements, figures and messages by card."""
    seen = scenes.scene(desk, address, page, attention_now)
    made = {card: content(seen, card) for card in page.cards}
    tiled = {
        components.tile_place(metric): tiles.tile(seen, metric, page.beside.get(metric.key)) for metric in page.metrics
    }
    parts = {
        **tiled,
        **{place(card, "head"): one.head for card, one in made.items()},
        **{place(card, "content"): one.written for card, one in made.items() if not card.chart.drawn},
        **counts(attention_now(desk)),
        "window": notices.window(seen),
        "fresh": notices.fresh(seen),
        "notices": notices.notices(seen),
    }
    if desk.failed:
        only_now()
    return {
        "parts": by_place(parts),
        "links": {key: href for card in page.cards for key, href in _links(seen, card)},
        "charts": {card.id: one.spec for card, one in made.items() if card.chart.drawn},
    }


def renewed_answer(desk: Desk, page: Page, card: str, address: str) -> dict[str, Any]:
    """The answer after what a card shows was computed anew, with what is to be said if that went wrong."""
    [shown] = [one for one in page.cards if one.id == card and one.deferred]
    seen = scenes.scene(desk, address, page, attention_now)
    desk.connection.execution_options(seconds=RENEWING_SECONDS)
    problem = renew(desk, services().writer, [(METRICS[key], seen.ask(shown)) for key in shown.keys])
    if problem:
        only_now()
    return {**answer(desk, page, address), "said": problem}


def triaged_answer(page: Page, given: Mapping[str, Any]) -> dict[str, Any]:
    """The answer after an analyst's decision was written, with what is to be said if it could not be."""
    held = services()
    problem = decide(held.writer, given, held.clock())
    with open_desk(Audience.SCREEN, written=True) as desk:
        return {**answer(desk, page, urlencode({"id": given.get("number", "")})), "said": problem}


def _links(seen: Scene, card: Card) -> Iterator[tuple[str, str]]:
    """Where the links in a card's menu lead, by their ids."""
    endings = ("csv", "xlsx") if card.chart.measured else ("csv",) if card.chart.filed else ()
    for ending in endings:
        for key, days in card.files:
            yield place(card, f"{key}-{days}-{ending}"), file_link(seen, card, key, days, ending)
    if components.leads_to_flags(card):
        yield place(card, "rows"), rows_link(seen, card)


def file_link(scene: Scene, card: Card, key: str, trailing: int, ending: str) -> str:
    """Where a metric of a card can be had as a file: the same question, put to the API."""
    asked = scene.ask(card)
    if card.chart is Chart.ATTACKS:
        window, view = scene.window, scene.view
        same = View(since=window.since, until=window.until, filters=view.filters, method=view.method)
        return f"/api/v1/incidents.csv?{same.query()}"
    if asked.stretch:
        return f"/api/v1/metrics/{key}.{ending}?{query_within(asked)}"
    view = View(
        since=asked.window.since,
        until=asked.window.until,
        grain=None if asked.grain is Grain.DAY else asked.grain,
        by=asked.by,
        filters=scene.view.filters,
        trailing=trailing if asked.grain is Grain.DAY else 1,
    )
    return f"/api/v1/metrics/{key}.{ending}?{view.query()}"


def rows_link(scene: Scene, card: Card) -> str:
    """Where the flags behind the card are listed."""
    return link(card.metric, scene.view, scene.window, scene.first_day) or f"{PATH}?{scene.view.query()}"


def _bind_browser(app: Dash) -> None:
    """Bind what happens in the browser alone; the functions are in assets/app.js."""

    def browser(name: str, *arguments: Output | Input | State, initial: bool = True) -> None:
        app.clientside_callback(ClientsideFunction(NAMESPACE, name), *arguments, prevent_initial_call=not initial)

    browser("address", Output("address", "data"), Input(control(ALL), "value"), State("address", "data"))
    browser("drill", Input(graph(ALL), "clickData"), initial=False)
    browser("here", Output("state", "data-page"), Input("page", "data"))
    browser("theme", Output("theme", "data"), Input("theme-switch", "n_clicks"), State("theme", "data"), initial=False)
    browser("renewing", Input("state", "data-renewing"), initial=False)
    browser("refresh", Output("refresh", "interval"), Output("refresh", "disabled"), Input("refresh-every", "value"))
    browser(
        "show",
        Output(graph(ALL), "figure"),
        Output("state", "data-answers"),
        Input("answer", "data"),
        Input("theme", "data"),
    )
