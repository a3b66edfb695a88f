"""Several processes answer as one."""

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

from sqlalchemy import Engine

from bench.restart import children, lives, wait_for
from bench.serving import serving
from dashapp.settings import Settings
from tests.web.test_prometheus import Samples, told, value

REQUESTS = 60


def scrape(url: str) -> Samples:
    with urlopen(f"{url}/metrics") as answer:
        return told(answer.read().decode())


def counted(url: str) -> float | None:
    return value(scrape(url), "http_requests_total", method="GET", route="/healthz", status="2xx")


def test_what_workers_count_adds_up_and_outlives_them(settings: Settings, writer: Engine, tmp_path: Path) -> None:
    counts = tmp_path / "counts"
    environment = {"DATABASE_URL": settings.database_url, "PROMETHEUS_MULTIPROC_DIR": str(counts)}
    with serving("wsgi:server", tmp_path / "log", environment) as server:

        def ask(_: int) -> int:
            with urlopen(f"{server.url}/healthz") as answer:
                return int(answer.status)

        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(ask, range(REQUESTS))) == {200}
        wait_for(lambda: counted(server.url) == REQUESTS)  # each is counted when its answer has gone

        before = children(server.pid)
        for pid, how in zip(sorted(before), (signal.SIGKILL, signal.SIGTERM), strict=True):
            os.kill(pid, how)
        wait_for(lambda: len(children(server.pid) - before) == len(before))
        wait_for(lambda: not any(list(counts.glob(f"*/*_{pid}.db")) for pid in before))
        assert counted(server.url) == REQUESTS
        wait_for(lambda: value(scrape(server.url), "http_requests_in_progress") == 1)
    assert list(counts.iterdir()) == []
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert {line["logger"].partition(".")[0] for line in lines} == {"dashapp", "gunicorn"}
    healthy = [line for line in lines if line.get("route") == "/healthz"]
    assert len({line["request_id"] for line in healthy}) == REQUESTS


def test_what_a_killed_server_left_behind_is_removed_by_the_next(
    settings: Settings, writer: Engine, tmp_path: Path
) -> None:
    counts = tmp_path / "counts"
    environment = {"DATABASE_URL": settings.database_url, "PROMETHEUS_MULTIPROC_DIR": str(counts)}
    with serving("wsgi:server", tmp_path / "log", environment) as server:
        [left] = counts.iterdir()
        workers = server.workers
        os.kill(server.pid, signal.SIGKILL)
        wait_for(lambda: not any(map(lives, workers)))
    assert left.is_dir()
    with serving("wsgi:server", tmp_path / "log", environment):
        [made] = counts.iterdir()
        assert made != left
