"""Servers, a browser, and a screen that fails its test when the browser noticed anything wrong."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy import Engine

from dashapp.demo.load import load
from dashapp.ingest.pipeline import How
from dashapp.ingest.ts_ops import import_ts_ops
from dashapp.metrics import Policy
from dashapp.metrics.detecting import detect
from dashapp.metrics.refresh import refresh
from dashapp.settings import Settings
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.reads import DEMO
from dashapp.summary.weekly import Order, summarise
from tests.browser.screen import Screen
from tests.browser.serving import broken_copy, make_store, serving
from tests.conftest import TS_OPS
from tests.published import publish

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 60_000
"""Milliseconds that anything may take: a loaded machine is slow, and no test is about time."""

NewScreen = Callable[..., Screen]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.fail("no Chromium found: set CHROMIUM to one, or run `make test`, which gets one")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


def demo(engine: Engine, settings: Settings, now: datetime) -> None:
    """The demo, with made-up counts of two platforms beside it."""
    load(engine, settings, now, days=120, scale=0.2)
    with engine.begin() as connection:
        publish(connection, DEMO, now.date(), days=120)


@pytest.fixture(scope="session")
def demo_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "demo.sqlite"
    made = make_store(path, demo)
    return summed_up(looked_at(made, refresh, detect))


def summed_up(path: Path) -> Path:
    """A store with a summary of its last week."""
    settings = Settings(_env_file=None, database_url=f"sqlite:///{path}", time_zone="UTC")
    reader, writer = reader_engine(settings.database_url, settings.read_seconds), writer_engine(settings.database_url)
    summarise(reader, writer, settings, datetime.now(UTC), Order(offline=True))
    reader.dispose()
    writer.dispose()
    return path


def looked_at(path: Path, *jobs: Callable[..., object]) -> Path:
    """A store after some jobs have run over it."""
    settings = Settings(_env_file=None, database_url=f"sqlite:///{path}", time_zone="UTC")
    reader, writer = reader_engine(settings.database_url, settings.read_seconds), writer_engine(settings.database_url)
    for job in jobs:
        job(reader, writer, Policy(settings.zone, settings.sla), datetime.now(UTC))
    reader.dispose()
    writer.dispose()
    return path


@pytest.fixture(scope="session")
def site(demo_store: Path) -> Iterator[str]:
    """A server over the demo."""
    with serving(demo_store) as url:
        yield url


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over a store that nothing has been put into."""
    with serving(make_store(tmp_path_factory.mktemp("empty") / "empty.sqlite", lambda *_: None)) as url:
        yield url


@pytest.fixture(scope="module")
def broken_site(demo_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over a demo that has lost the tables which most numbers come from."""
    copy = tmp_path_factory.mktemp("broken") / "broken.sqlite"
    with serving(broken_copy(demo_store, copy, "cube_core", "cube_thin")) as url:
        yield url


@pytest.fixture(scope="module")
def ts_ops_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over the real ts-ops data."""
    if not TS_OPS.is_dir():
        pytest.skip("the ts-ops data is not at hand")
    with serving(imported(TS_OPS, tmp_path_factory.mktemp("ts-ops") / "store.sqlite")) as url:
        yield url


def imported(directory: Path, path: Path) -> Path:
    """A store into which the importer has taken a directory, without refusing a line, and detectors have looked."""

    def fill(engine: Any, settings: Any, now: Any) -> None:
        report = import_ts_ops(engine, directory, {}, How("ts-ops", now, settings.zone, settings.sla))
        assert not report.refusals

    return looked_at(make_store(path, fill), detect)


@pytest.fixture
def screen_of(browser: Browser) -> Iterator[NewScreen]:
    """Opens screens; at the end none of them may have seen an error or a request to another host."""
    opened: list[Screen] = []

    def new(url: str, width: int = 1440, height: int = 900, theme: str = "light") -> Screen:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            locale="en-US",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(PATIENCE)
        opened.append(Screen(context.new_page(), url))
        return opened[-1]

    yield new
    troubles = [trouble for screen in opened for trouble in screen.troubles]
    for screen in opened:
        screen.page.context.close()
    assert troubles == []


@pytest.fixture
def screen(screen_of: NewScreen, site: str) -> Screen:
    """A tab at the demo."""
    return screen_of(site)
