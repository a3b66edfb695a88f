"""What the browser asks: one request fills a page, and everything that needs no numbers happens in the browser."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, State, ctx, set_props

from dashapp.domain.ask import Grain, View
from dashapp.metrics import METRICS, Audience, Desk
from dashapp.web import notices, scenes, tiles, words
from dashapp.web.cards import content
from dashapp.web.components import part
from dashapp.web.desk import open_desk
from dashapp.web.listing import PATH, link
from dashapp.web.page import Card, Chart, Page
from dashapp.web.scenes import Scene
from dashapp.web.shared import attention_now, only_now
from dashapp.web.shell import control, count, summary, waiting

log = logging.getLogger(__name__)

NAMESPACE = "watchfloor"


def bind(app: Dash, pages: Sequence[Page]) -> None:
    """Bind every callback of the shell and of the pages made of cards."""
    by_path = {page.path: page for page in pages}

    @app.callback(
        output={
            "tiles": Output(part(ALL, "tile"), "children"),
            "heads": Output(part(ALL, "head"), "children"),
            "specs": Output(part(ALL, "spec"), "data"),
            "contents": Output(part(ALL, "content"), "children"),
            "listings": Output(part(ALL, "listing"), "data"),
            "csv": Output(part(ALL, "csv"), "href"),
            "xlsx": Output(part(ALL, "xlsx"), "href"),
            "rows": Output(part(ALL, "rows"), "href"),
            "counts": Output(waiting(ALL), "children"),
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
        with open_desk(Audience.SCREEN) as desk:
            return _fill(desk, by_path[path], address or "", ctx.outputs_grouping)

    _bind_browser(app)


def failed(error: Exception) -> None:
    """Say on the page that an answer did not come; the log has the reason."""
    log.error("callback failed", exc_info=error)
    only_now()
    set_props("toast", {"children": "That did not work. What you see is from before. The log says why."})


def _fill(desk: Desk, page: Page, address: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
    scene = scenes.scene(desk, address, attention_now)
    cards = {card.id: card for card in page.cards}

    def ids(group: str) -> list[str]:
        return [output["id"]["card"] for output in wanted[group]]

    made = {card_id: content(scene, cards[card_id]) for card_id in ids("heads")}
    waits = attention_now(desk)
    measured = [tiles.tile(scene, METRICS[key]) for key in ids("tiles")]
    if desk.failed:
        only_now()
    return {
        "tiles": measured,
        "heads": [made[card_id].head for card_id in ids("heads")],
        "specs": [made[card_id].spec for card_id in ids("specs")],
        "contents": [made[card_id].written for card_id in ids("contents")],
        "listings": [made[card_id].written for card_id in ids("listings")],
        "csv": [file_link(scene, cards, file_id, "csv") for file_id in ids("csv")],
        "xlsx": [file_link(scene, cards, file_id, "xlsx") for file_id in ids("xlsx")],
        "rows": [rows_link(scene, cards[card_id]) for card_id in ids("rows")],
        "counts": [count(output["id"]["path"], waits) for output in wanted["counts"]],
        "window": words.days(scene.window.since, scene.window.until),
        "fresh": notices.fresh(scene),
        "notices": notices.notices(scene),
    }


def file_link(scene: Scene, cards: Mapping[str, Card], file_id: str, ending: str) -> str:
    """Where a metric of a card can be had as a file: the same question, put to the API."""
    card_id, key, trailing = file_id.split(":")
    card = cards[card_id]
    asked = scene.ask(card)
    if card.chart is Chart.ATTACKS:
        window, view = scene.window, scene.view
        same = View(since=window.since, until=window.until, filters=view.filters, method=view.method)
        return f"/api/v1/incidents.csv?{same.query()}"
    view = View(
        since=asked.window.since,
        until=asked.window.until,
        grain=None if asked.grain is Grain.DAY else asked.grain,
        by=asked.by,
        filters=scene.view.filters,
        trailing=int(trailing) if asked.grain is Grain.DAY else 1,
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
    browser("drill", Input(part(ALL, "graph"), "clickData"), initial=False)
    browser("here", Output("toast", "children"), Input("page", "data"))
    browser("list", Output(part(MATCH, "listed"), "children"), Input(part(MATCH, "listing"), "data"))
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
