"""How long a page takes in the browser until all its charts are drawn, against a bare Dash page, and what it loads."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.result import Result
from bench.visitor import Visitor
from dashapp.domain.ask import to_filters
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim

PATH = "/volume"
TIMES = 5
MARK = 1.5
CONTROL = """[id='{"key":"region","part":"control"}'] input"""
"""The first region of the filter bar."""
FIRST_LOAD_MB, CHANGE_KB = 0.9, 60.0
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
PATIENCE = 60_000
"""Milliseconds that anything may take."""
TOKEN = re.compile(r"var\(--[\w-]+\)")
"""A colour of our style sheet."""

DRAWN = """() => {
    const graphs = [...document.querySelectorAll(".dash-graph")];
    const drawn = graphs.length && window.store && !window.store.getState().isLoading && graphs.every(
        (graph) => !graph.querySelector(".dash-graph--pending") && graph.querySelector(".js-plotly-plot .trace"));
    return drawn && performance.now();
}"""
"""The milliseconds since the page was asked for, once every chart is drawn."""

CHANGED = """(control) => new Promise((done) => {
    const begun = performance.now();
    const waiting = new Set(document.querySelectorAll(".js-plotly-plot"));
    for (const graph of waiting) {
        const before = graph.data;
        graph.on("plotly_afterplot", () => {
            if (graph.data !== before) waiting.delete(graph);
            if (!waiting.size) done(performance.now() - begun);
        });
    }
    document.querySelector(control).click();
})"""
"""The milliseconds from a click on a control until every chart is drawn with other data."""


@dataclass(frozen=True)
class Seen:
    """What one visit took: seconds, megabytes and kilobytes on the wire, requests of the filter change."""

    load: float
    change: float
    loaded: float
    changed: float
    requests: int


@dataclass
class Wire:
    """What a tab has asked and received so far."""

    bytes: float = 0
    requests: int = 0

    def watch(self, page: Page) -> None:
        """Count from now on."""
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._finished)
        session.on("Network.responseReceived", self._answered)

    def _finished(self, event: dict[str, Any]) -> None:
        self.bytes += event["encodedDataLength"]

    def _answered(self, event: dict[str, Any]) -> None:
        answer = event["response"]
        self.requests += answer["url"].startswith("http") and not answer["fromDiskCache"]


@contextmanager
def launched(chromium: str | None) -> Iterator[Browser]:
    """A Chromium; without a path Playwright's own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


def results(browser: Browser, scale: float, visitor: Visitor, url: str, bare: str) -> Iterator[Result]:
    """The page of a server and the bare page, by turns, each time in a browser that has seen neither."""
    ours, reference = [], []
    for _ in range(TIMES):
        ours.append(visit(browser, f"{url}{PATH}?{visitor.unseen(PATH)}", CONTROL))
        reference.append(visit(browser, bare, "#change"))

    def of(seen: list[Seen], part: str) -> float:
        values: list[float] = [getattr(one, part) for one in seen]
        return median(values)

    yield Result(f"{PATH} cold load to all charts", scale, of(ours, "load"), of(reference, "load"), MARK)
    yield Result(f"{PATH} filter change to all charts", scale, of(ours, "change"), of(reference, "change"), MARK)
    yield Result(f"{PATH} first load on the wire", scale, of(ours, "loaded"), FIRST_LOAD_MB, 1, "MB")
    yield Result(f"{PATH} filter change on the wire", scale, of(ours, "changed"), CHANGE_KB, 1, "kB")
    yield Result(f"{PATH} requests of a filter change", scale, of(ours, "requests"), 1, 1, "")


def keep_figures(visitor: Visitor, file: Path) -> None:
    """Write the page's own figures for the bare page: as it is opened, and after a filter change. They get colours that
    need no style sheet.
    """
    regions = to_filters({Dim.REGION: [visitor.most(Dim.REGION) or ""]})
    views = (visitor.unseen(PATH), View(filters=regions).query())
    figures = json.dumps([_figures(visitor.call(visitor.fill(PATH, view))) for view in views])
    file.write_text(TOKEN.sub("#2a6fdb", figures))


def visit(browser: Browser, address: str, control: str) -> Seen:
    """One visit in a browser that has nothing in its cache."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    context.set_default_timeout(PATIENCE)
    page, wire = context.new_page(), Wire()
    wire.watch(page)
    page.goto(address, wait_until="commit")
    load: float = page.wait_for_function(DRAWN).json_value()
    page.wait_for_load_state("networkidle")
    loaded, before = wire.bytes, wire.requests
    change: float = page.evaluate(CHANGED, control)
    page.wait_for_load_state("networkidle")
    seen = Seen(load / 1e3, change / 1e3, loaded / 1e6, (wire.bytes - loaded) / 1e3, wire.requests - before)
    context.close()
    return seen


def _figures(answer: Any) -> list[Any]:
    """The figures in the answer of a page."""
    charts = answer["answer"]["data"]["charts"].values()
    return [chart["figure"] for chart in charts if "figure" in chart]
