"""The real app under gunicorn over a store made for the tests."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from dashapp.settings import ROOT, Settings
from dashapp.store.engine import writer_engine
from dashapp.store.meta import keep
from dashapp.store.migrate import upgrade
from dashapp.store.rollup import rollup

START_SECONDS = 120
"""Longest time that a server may take to answer; a loaded machine is slow."""

Fill = Callable[[Engine, Settings, datetime], object]


def make_store(path: Path, fill: Fill) -> Path:
    """A migrated store at `path` that `fill` has put data into, rolled up."""
    settings = Settings(_env_file=None, database_url=f"sqlite:///{path}", time_zone="UTC")
    engine = writer_engine(settings.database_url)
    upgrade(engine)
    with engine.begin() as connection:
        keep(connection, ZoneInfo("UTC"), settings.sla)
    fill(engine, settings, datetime.now(UTC))
    with engine.begin() as connection:
        rollup(connection, settings.sla)
    engine.dispose()
    return path


def broken_copy(path: Path, copy: Path, *tables: str) -> Path:
    """A copy of a store that lacks some tables."""
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    source.backup(target)
    for table in tables:
        target.execute(f"DROP TABLE {table}")
    target.commit()
    source.close()
    target.close()
    return copy


@contextmanager
def serving(store: Path) -> Iterator[str]:
    """The address of a server of its own over the store."""
    port = _free_port()
    settings = {"DATABASE_URL": f"sqlite:///{store}", "PORT": str(port), "HOST": "127.0.0.1", "WEB_CONCURRENCY": "2"}
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "wsgi:server"]
    with (store.parent / f"{store.stem}.log").open("w+") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **settings, "TIME_ZONE": "UTC"}, stdout=log, stderr=log
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url, process, log)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=60)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Any) -> None:
    """Return when the server says that it is ready; raise with its log when it ended or took too long."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"{url}/readyz") as answer:
                if answer.status == 200:
                    return
        except URLError:
            time.sleep(0.05)  # a pause between two looks; what is waited for is the answer
    log.seek(0)
    raise RuntimeError(f"the server did not start:\n{log.read()}")
