"""A page of the app as its reader sees it, and what the browser noticed meanwhile."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Locator, Page, Request, Response, expect

from dashapp.app import PAGES
from dashapp.metrics import METRICS, Unit
from dashapp.web import words
from dashapp.web.page import Page as PageOf

SETTLED = """() => document.querySelector("main")
    && !document.querySelector("#state.busy, .body.loading, .figures:empty, .content:empty")
    && window.store && !window.store.getState().isLoading
    && [...document.querySelectorAll(".body:not(.message, .rows) .dash-graph")].every(
        (graph) => !graph.querySelector(".dash-graph--pending") && graph.querySelector(".js-plotly-plot .main-svg"))"""
"""Whether every number has arrived and every chart is drawn; asked also while a page is left that has no Dash on it."""

SHIFTS = """window.shifted = 0;
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""

CHART = """(graph) => ({
    background: graph._fullLayout.paper_bgcolor,
    traces: graph.data.map(({ name, x, y, marker, line }) => ({ name, x, y, colour: marker?.color ?? line?.color })),
})"""

FAILED_LOAD = "Failed to load resource"
"""How the browser's console begins to repeat an HTTP status."""


class Screen:
    """One tab at one server."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.troubles: list[str] = []
        self.requests: list[str] = []
        page.add_init_script(SHIFTS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.troubles.append(f"page error: {error}"))
        page.on("dialog", lambda dialog: self.troubles.append(f"dialog: {dialog.message}"))
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(FAILED_LOAD):
            self.troubles.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self.troubles.append(f"request to elsewhere: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.troubles.append(f"HTTP {response.status}: {response.url}")

    def open(self, address: str) -> "Screen":
        """Go to an address below the server's and wait until everything is there."""
        answer = self.page.goto(self.url + address)
        assert answer is not None
        assert answer.status == 200
        return self.settle()

    def settle(self) -> "Screen":
        """Wait until every number has arrived."""
        self.page.wait_for_function(SETTLED)
        return self

    @property
    def asked(self) -> int:
        """How many callbacks the browser has put to the server."""
        return sum(urlsplit(url).path == "/_dash-update-component" for url in self.requests)

    @contextmanager
    def answered(self) -> Iterator[None]:
        """What is done within leads to exactly one callback request; returns when its answer is on the page."""
        before = self.asked
        with self.page.expect_response(lambda response: "/_dash-update-component" in response.url):
            yield
        self.settle()
        assert self.asked == before + 1

    @property
    def query(self) -> str:
        """The query string of the address."""
        return urlsplit(self.page.url).query

    def api(self, metric: str, query: str) -> Any:
        """What the API says about a metric under a query."""
        answer = self.page.request.get(f"{self.url}/api/v1/metrics/{metric}.json?{query}")
        assert answer.ok, answer.text()
        return answer.json()

    def tile(self, metric: str) -> Locator:
        """The number of a tile, without its badge."""
        return self.page.locator(f"#tile-{metric} .v")

    def shows_totals(self, path: str, query: str) -> None:
        """Wait until the number of every tile of a page is the API's total for the same query."""
        for metric in page_at(path).tiles:
            total = self.api(metric, query)["total"]
            shown = words.number(total["value"], Unit(METRICS[metric].unit))
            expect(self.tile(metric)).to_have_text(starting(shown))
        self.settle()

    def control(self, key: str) -> Locator:
        """A control of the filter bar; for checks and presets, what holds them."""
        return self.page.locator(f"[id='{json.dumps({'key': key, 'part': 'control'}, separators=(',', ':'))}']")

    def drop(self, key: str) -> Locator:
        """The drop-down that a control lies in."""
        return self.page.locator("details.drop", has=self.control(key)).locator("summary")

    def chosen(self, key: str) -> list[str]:
        """The values that are ticked."""
        found: list[str] = (
            self.control(key)
            .locator("input")
            .evaluate_all("(all) => all.filter((one) => one.checked).map((one) => one.labels[0].textContent)")
        )
        return found

    def preset(self, name: str) -> Locator:
        """One of the presets of days."""
        return self.page.get_by_role("group", name="Days").get_by_text(name, exact=True)

    def card(self, name: str) -> Locator:
        """A card by its id."""
        return self.page.locator(f"#card-{name}")

    def choose(self, card: str, item: str) -> None:
        """Open a card's menu and take an item of it."""
        self.card(card).locator("summary.dots").click()
        self.card(card).get_by_text(item, exact=True).click()

    def turn(self, card: str) -> None:
        """Show a card's chart as a table, or its table as a chart again."""
        self.card(card).locator(".tools > button").click()

    def table(self, card: str) -> list[list[str]]:
        """The cells of a card's table, heading first."""
        rows = self.card(card).locator("table tr")
        cells: list[list[str]] = rows.evaluate_all(
            "(all) => all.map((row) => [...row.cells].map((c) => c.textContent))"
        )
        return cells

    def chart(self, card: str) -> dict[str, Any]:
        """The figure of a card as Plotly holds it: names, values and colours of its traces, and its background."""
        drawn: dict[str, Any] = self.card(card).locator(".js-plotly-plot").evaluate(CHART)
        return drawn

    def overflow(self) -> int:
        """By how many pixels the document is wider than the window."""
        wider: int = self.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wider

    def shifted(self) -> float:
        """The sum of all layout shifts so far, once the page has been painted."""
        painted = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(shifted))))"
        moved: float = self.page.evaluate(painted)
        return moved

    def violations(self) -> list[str]:
        """What axe finds wrong for people who use the page differently."""
        found = Axe().run(self.page).response["violations"]
        return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


def page_at(path: str) -> PageOf:
    """The page of the menu at a path."""
    return next(page for page in PAGES if page.path == path)


def starting(text: str) -> re.Pattern[str]:
    """A pattern for text that begins with `text`, then ends or has a badge."""
    return re.compile(rf"^{re.escape(text)}(warning|alert)?$")
