"""What the browser asks: one request fills a page, and everything that needs no numbers happens in the browser."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, set_props
from werkzeug.exceptions import BadRequest, HTTPException

from dashapp.domain.access import Permission
from dashapp.domain.ask import Grain
from dashapp.domain.live import query_within
from dashapp.domain.view import View
from dashapp.logs import request_id
from dashapp.metrics import METRICS, Audience, Desk
from dashapp.metrics.refresh import renew
from dashapp.store.orders import get_order
from dashapp.web import components, notices, scenes, tiles
from dashapp.web.cards import content
from dashapp.web.cards.deliveries import TRIED, tried
from dashapp.web.cards.summaries import state_of
from dashapp.web.chosen import link as summary_link
from dashapp.web.components import graph, place
from dashapp.web.controls import control
from dashapp.web.desk import open_desk, services
from dashapp.web.guard import BOUND, needs, require, visitor
from dashapp.web.health import standing_still
from dashapp.web.listing import PATH, link
from dashapp.web.markup import by_place
from dashapp.web.menu import counts
from dashapp.web.noting import note
from dashapp.web.page import Card, Chart, Page
from dashapp.web.scenes import Scene
from dashapp.web.sending import send_test_message
from dashapp.web.shared import attention_now, only_now
from dashapp.web.summing import say
from dashapp.web.triaging import decide, number_in

log = logging.getLogger(__name__)

NAMESPACE = "watchfloor"
FILES = {Chart.ATTACKS: "incidents", Chart.INCIDENTS: "incidents", Chart.NOTES: "annotations"}
"""What cards that show no figures of a metric can be had as."""

RENEWING_SECONDS = 60
"""Longest time that one read may take for somebody who waits for figures that are computed anew."""


def bind(app: Dash, pages: Sequence[Page]) -> None:
    """Bind every callback of the shell and of the pages made of cards."""
    by_path = {page.path: page for page in pages}
    app.server.extensions[BOUND] = app.callback_map

    @app.callback(
        Output("answer", "data"),
        Input("address", "data"),
        Input("refresh", "n_intervals"),
        State("page", "data"),
        running=[(Output("state", "className"), "busy", "")],
    )
    @needs(Permission.VIEW)
    def fill(address: str, _tick: int | None, path: str) -> dict[str, Any]:
        """Everything on a page that depends on the address or on the clock."""
        page = _page(by_path, path)
        with open_desk(Audience.SCREEN, written=page.administers) as desk:
            return answer(desk, page, address or "")

    @app.callback(
        Output("answer", "data", allow_duplicate=True),
        Input("renew", "data"),
        State("address", "data"),
        State("page", "data"),
        running=[(Output("state", "className"), "busy", ""), (Output("state", "data-renewing"), "yes", "")],
        prevent_initial_call=True,
    )
    @needs(Permission.VIEW)
    def renewed(card: str, address: str, path: str) -> dict[str, Any]:
        """As `fill`, after what a card shows was computed anew."""
        with open_desk(Audience.SCREEN) as desk:
            return renewed_answer(desk, _page(by_path, path), card, address or "")

    _bind_writing(app, by_path)
    _bind_browser(app)


def _bind_writing(app: Dash, by_path: Mapping[str, Page]) -> None:
    """Bind what analysts say."""

    @app.callback(
        Output("answer", "data", allow_duplicate=True),
        Input("triage", "data"),
        State("page", "data"),
        running=[(Output("state", "className"), "busy", "")],
        prevent_initial_call=True,
    )
    @needs(Permission.EDIT)
    def triaged(given: dict[str, Any], path: str) -> dict[str, Any]:
        """The page of an incident after an analyst said what it is."""
        only_now()
        return triaged_answer(_page(by_path, path), given)

    @app.callback(
        Output("answer", "data", allow_duplicate=True),
        Input("noting", "data"),
        State("address", "data"),
        State("page", "data"),
        running=[(Output("state", "className"), "busy", "")],
        prevent_initial_call=True,
    )
    @needs(Permission.EDIT)
    def noted(given: dict[str, Any], address: str, path: str) -> dict[str, Any]:
        """A page after an analyst noted something of its days, or took a note away."""
        only_now()
        return noted_answer(_page(by_path, path), given, address or "")

    @app.callback(
        Output("answer", "data", allow_duplicate=True),
        Input("saying", "data"),
        State("page", "data"),
        running=[(Output("state", "className"), "busy", "")],
        prevent_initial_call=True,
    )
    @needs(Permission.EDIT)
    def spoken(given: dict[str, Any], path: str) -> dict[str, Any]:
        """The page of a summary after its reader ordered one, commented on it or approved it."""
        only_now()
        return spoken_answer(_page(by_path, path), given)

    @app.callback(Output("ordered", "data"), Input("order", "data"), prevent_initial_call=True)
    @needs(Permission.EDIT)
    def ordered(given: dict[str, Any]) -> dict[str, Any]:
        """What has become of an order by now."""
        only_now()
        return outcome(given)


def _page(by_path: Mapping[str, Page], path: str) -> Page:
    """The page of a path, for who may have it."""
    page = by_path[path]
    require(page.permission)
    return page


def failed(error: Exception) -> None:
    """Say on the page that an answer did not come; the log has the reason. What was refused is no fault."""
    if isinstance(error, HTTPException):
        raise error
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
        "notices": notices.notices(seen, standing_still(seen.desk.connection)),
    }
    if desk.failed or page.administers:
        only_now()
    return {
        "parts": by_place(parts),
        "links": {key: href for card in page.cards for key, href in _links(seen, card)},
        "charts": {card.id: one.spec for card, one in made.items() if card.chart.drawn},
    }


def renewed_answer(desk: Desk, page: Page, card: str, address: str) -> dict[str, Any]:
    """The answer after what a card shows was computed anew, with what is to be said if that went wrong."""
    shown = next((one for one in page.cards if one.id == card and one.deferred), None)
    if shown is None:
        raise BadRequest("There is nothing on this page to compute anew by that name.")
    seen = scenes.scene(desk, address, page, attention_now)
    desk.connection.execution_options(seconds=RENEWING_SECONDS)
    problem = renew(desk, services().writer, [(METRICS[key], seen.ask(shown)) for key in shown.keys])
    if problem:
        only_now()
    return {**answer(desk, page, address), "said": problem}


def triaged_answer(page: Page, given: Mapping[str, Any]) -> dict[str, Any]:
    """The answer after an analyst's decision was written, with what is to be said if it could not be."""
    held = services()
    problem = decide(held.writer, given, visitor().name, held.clock())
    with open_desk(Audience.SCREEN, written=True) as desk:
        shown = answer(desk, page, urlencode({"id": given.get("number", "")}))
    return {**shown, "said": problem, "taken": not problem}


def noted_answer(page: Page, given: Mapping[str, Any], address: str) -> dict[str, Any]:
    """The answer after a note was written or removed, with what is to be said if it could not be."""
    held = services()
    problem = note(held.writer, given, visitor().name, held.clock())
    with open_desk(Audience.SCREEN, written=True) as desk:
        shown = answer(desk, page, address)
    return {**shown, "said": problem, "taken": not problem}


def spoken_answer(page: Page, given: Mapping[str, Any]) -> dict[str, Any]:
    """The answer after what a reader of a summary did was written, with what is to be said if it could not be; or after
    a test message was sent, with what became of it.
    """
    held, tests = services(), given.get("do") == "test"
    if tests:
        require(Permission.DELIVER)
    told = {TRIED: tried(send_test_message())} if tests else {}
    problem = "" if tests else say(held.writer, given, visitor().name, held.clock(), held.policy)
    address = str(given.get("address") or "")
    with open_desk(Audience.SCREEN, written=True) as desk:
        seen = scenes.scene(desk, address, page)
        shown = answer(desk, page.about(seen, page) if page.about else page, address)
    parts = {**shown["parts"], **by_place(told)}
    return {**shown, "parts": parts, "said": problem, "taken": not (problem or tests)}


def outcome(given: Mapping[str, Any]) -> dict[str, Any]:
    """What has become of an order: in words, whether it has ended, and the way to what was made."""
    number = number_in(str(given.get("number", "")))
    with services().store.connect() as connection:
        wanted = get_order(connection, number) if number is not None else None
    if wanted is None:
        return {"told": "There is no such order any more.", "ended": True, "href": None}
    href = summary_link(wanted.made, wanted.version) if wanted.made else None
    return {"told": state_of(wanted), "ended": wanted.ended_at is not None, "href": href}


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
    if card.chart in FILES:
        window, view = scene.window, scene.view
        of, method = (f"metric={card.key}&", None) if card.chart is Chart.INCIDENTS else ("", view.method)
        same = View(since=window.since, until=window.until, filters=view.filters, method=method)
        return f"/api/v1/{FILES[card.chart]}.csv?{of}{same.query()}"
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
    browser("ordered", Input("ordered", "data"), initial=False)
    browser(
        "show",
        Output(graph(ALL), "figure"),
        Output("state", "data-answers"),
        Input("answer", "data"),
        Input("theme", "data"),
    )
