"""All benchmarks in one run, as one table: `make bench`, which keeps it in docs/benchmarks.md."""

import argparse
import os
import platform
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser
from sqlalchemy import func, select

from bench import browser, ingest, outbreak, pages, store
from bench.result import Result, table
from bench.serving import Server, serving
from bench.visitor import Visitor
from dashapp.settings import ROOT
from dashapp.store import schema
from dashapp.store.engine import sqlite_module, writer_engine

TARGET = ROOT / "docs" / "benchmarks.md"
MOST_IN_MEMORY = 10
"""The largest scale whose rows are all held at once to see how fast they are stored."""

LAST_RUN = "## Last run\n"
"""The heading of the part of the document that a run replaces."""


def main() -> None:
    """Measure at each scale, print the table, keep it."""
    asked = arguments().parse_args()
    ready = dict(asked.store)
    lines = []
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory()))
        chromium = held.enter_context(browser.launched(os.environ.get("CHROMIUM")))
        stores = {
            scale: ready.get(scale) or store.made(folder / f"{scale:g}.sqlite", scale) for scale in sorted(asked.scales)
        }
        for line in table(results(held, stores, folder, chromium)):
            print(line, flush=True)
            lines.append(line.rstrip())
        described = machine(chromium.version)
    told, _, _ = TARGET.read_text().partition(LAST_RUN)
    rows = "\n".join(lines)
    TARGET.write_text(f"{told}{LAST_RUN}\n{datetime.now(UTC):%-d %B %Y}, on {described}.\n\n```\n{rows}\n```\n")


def arguments() -> argparse.ArgumentParser:
    """What the command line may say."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--scales", type=float, nargs="+", default=[1, 10], help="of the demo; 1 is 42 thousand flags")
    parser.add_argument(
        "--store", type=_ready, action="append", default=[], metavar="SCALE=FILE", help="a demo that was made before"
    )
    return parser


def results(held: ExitStack, stores: Mapping[float, Path], folder: Path, chromium: Browser) -> Iterator[Result]:
    """Everything, the servers over all stores at once so that their figures are of the same minutes."""
    for scale, file in stores.items():
        yield from _storing(scale, file)
    if store.TS_OPS.is_dir():
        yield store.importing(store.TS_OPS)
    yield from ingest.results(folder)
    yield from outbreak.results()

    def served(module: str, name: str, **environment: str) -> Server:
        return held.enter_context(serving(module, folder / f"{name}.log", environment))

    urls = {scale: f"sqlite:///{file}" for scale, file in stores.items()}
    servers = {scale: served("wsgi:server", f"{scale:g}", DATABASE_URL=url) for scale, url in urls.items()}
    visitors = {scale: Visitor(server.url) for scale, server in servers.items()}
    noop = served("bench.noop:server", "noop", DATABASE_URL=urls[min(urls)], BENCH_ANSWERS=str(folder))
    yield from pages.results(visitors, Visitor(noop.url), folder)
    figures = folder / "figures.json"
    browser.keep_figures(visitors[min(visitors)], figures)
    bare = served("bench.bare:server", "bare", BENCH_FIGURES=str(figures))
    for scale, visitor in visitors.items():
        yield from browser.results(chromium, scale, visitor, servers[scale].url, bare.url)
    for scale, visitor in visitors.items():
        yield pages.memory(scale, servers[scale])
        yield pages.export(scale, servers[scale], visitor)


def machine(chromium: str) -> str:
    """What the figures were measured with."""
    processors = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)$", processors, re.MULTILINE)
    memory = int(Path("/proc/meminfo").read_text().split("MemTotal:")[1].split()[0]) / 2**20
    cores = len(os.sched_getaffinity(0))
    return (
        f"{cores} cores of {model[1] if model else platform.machine()}, {memory:.0f} GB of memory, "
        f"Python {platform.python_version()}, SQLite {sqlite_module().sqlite_version}, Chromium {chromium}"
    )


def _storing(scale: float, file: Path) -> Iterator[Result]:
    """How fast rows are stored and a day is rolled up."""
    if scale <= MOST_IN_MEMORY:
        yield from store.results(scale, store.DAYS)
        return
    engine = writer_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        day = connection.scalar(select(func.max(schema.flag.c.flagged_day)))
    yield store.rebuild(engine, scale, day - timedelta(days=store.BACK))
    engine.dispose()


def _ready(text: str) -> tuple[float, Path]:
    scale, _, file = text.partition("=")
    return float(scale), Path(file).resolve(strict=True)


if __name__ == "__main__":
    main()
