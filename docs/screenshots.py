"""Makes the README's pictures from a seeded demo: `make screenshots`."""  # noqa: INP001 - a script beside what it makes

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

from dashapp.demo.load import load
from dashapp.settings import Settings
from dashapp.store.engine import writer_engine
from dashapp.store.migrate import upgrade
from dashapp.summary.weekly import Order, summarise

TARGET = Path(__file__).with_name("images")
ADDRESS = "http://127.0.0.1:8099"
PICTURES = {
    "overview-light": ("/", 1440, 1000, "light"),
    "overview-dark": ("/", 1440, 1000, "dark"),
    "overview-phone": ("/", 400, 1400, "light"),
    "volume-light": ("/volume", 1440, 1000, "light"),
    "queue-light": ("/queue", 1440, 1000, "light"),
    "attacks-light": ("/attacks", 1440, 1000, "light"),
    "summary-light": ("/summary", 1440, 1000, "light"),
}
DRAWN = "() => document.querySelector('main') && !document.querySelector('.body.loading, .tile .skeleton')"


@contextmanager
def serving() -> Iterator[None]:
    """The app over a fresh demo."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/demo.sqlite"
        settings = Settings(database_url=url)
        engine = writer_engine(url)
        upgrade(engine)
        now = datetime.now(UTC)
        load(engine, settings, now)
        summarise(engine, engine, settings, now, Order(offline=True))
        engine.dispose()
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:server"]
        server = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": url, "PORT": ADDRESS[-4:]})  # noqa: S603 - ours
        try:
            wait()
            yield
        finally:
            server.terminate()
            server.wait()


def wait() -> None:
    """Return when the server is ready."""
    for _ in range(120):
        try:
            urlopen(f"{ADDRESS}/readyz")  # noqa: S310 - our own server
        except URLError:
            time.sleep(0.5)
        else:
            return
    raise SystemExit("the server did not start")


def take(browser: Browser, name: str, path: str, width: int, height: int, theme: str) -> None:
    """One picture."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type] # light or dark
    page.goto(ADDRESS + path)
    page.wait_for_function(DRAWN)
    page.wait_for_timeout(1000)
    page.screenshot(path=TARGET / f"{name}.png")
    page.close()


def main() -> None:
    """All pictures."""
    TARGET.mkdir(exist_ok=True)
    with serving(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM"), args=["--no-sandbox"])
        for name, (path, width, height, theme) in PICTURES.items():
            take(browser, name, path, width, height, theme)
        browser.close()


if __name__ == "__main__":
    main()
