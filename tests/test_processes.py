"""Several processes answer as one."""

import json
import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

from sqlalchemy import Engine

from bench.restart import children, lives, wait_for
from bench.serving import Server, serving
from dashapp.settings import Settings
from tests.web.test_prometheus import Samples, told, value


def scrape(url: str) -> Samples:
    with urlopen(f"{url}/metrics") as answer:
        return told(answer.read().decode())


def counted(url: str) -> float | None:
    return value(scrape(url), "http_requests_total", method="GET", route="/healthz", status="2xx")


def ask(url: str) -> None:
    with urlopen(f"{url}/healthz") as answer:
        assert answer.status == 200


def ask_until_both_answer(server: Server, counts: Path) -> int:
    """How many requests it took. A worker that answers has opened its counters, and listens to signals: before that, it
    would have lost them.
    """
    asked, answer = 0, set[int]()
    with ThreadPoolExecutor(4) as pool:
        while len(answer) < 2:
            list(pool.map(ask, [server.url] * 20))
            asked += 20
            answer = {pid for pid in children(server.pid) if list(counts.glob(f"*/gauge_*_{pid}.db"))}
    return asked


def test_what_workers_count_adds_up_and_outlives_them(settings: Settings, writer: Engine, tmp_path: Path) -> None:
    counts = tmp_path / "counts"
    environment = {"DATABASE_URL": settings.database_url, "PROMETHEUS_MULTIPROC_DIR": str(counts)}
    with serving("wsgi:server", tmp_path / "log", environment) as server:
        asked = ask_until_both_answer(server, counts)
        wait_for(lambda: counted(server.url) == asked)  # each is counted when its answer has gone

        before = children(server.pid)
        for pid, how in zip(sorted(before), (signal.SIGKILL, signal.SIGTERM), strict=True):
            os.kill(pid, how)
        wait_for(lambda: len(children(server.pid) - before) == len(before))
        wait_for(lambda: not any(list(counts.glob(f"*/*_{pid}.db")) for pid in before))
        assert counted(server.url) == asked
        wait_for(lambda: value(scrape(server.url), "http_requests_in_progress") == 1)
        asked += ask_until_both_answer(server, counts)
    assert list(counts.iterdir()) == []
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert {line["logger"].partition(".")[0] for line in lines} == {"dashapp", "gunicorn"}
    healthy = [line for line in lines if line.get("route") == "/healthz"]
    assert len({line["request_id"] for line in healthy}) == asked


def test_what_a_killed_server_left_behind_is_removed_by_the_next(
    settings: Settings, writer: Engine, tmp_path: Path
) -> None:
    counts = tmp_path / "counts"
    environment = {"DATABASE_URL": settings.database_url, "PROMETHEUS_MULTIPROC_DIR": str(counts)}
    with serving("wsgi:server", tmp_path / "log", environment) as server:
        [left] = counts.iterdir()
        ask_until_both_answer(server, counts)
        workers = server.workers
        os.kill(server.pid, signal.SIGKILL)
        wait_for(lambda: not any(map(lives, workers)))
    assert left.is_dir()
    with serving("wsgi:server", tmp_path / "log", environment) as server:
        ask_until_both_answer(server, counts)
        [made] = counts.iterdir()
        assert made != left


def test_a_server_whose_counters_are_removed_serves_on_and_its_next_workers_count_again(
    settings: Settings, writer: Engine, tmp_path: Path
) -> None:
    counts = tmp_path / "counts"
    environment = {"DATABASE_URL": settings.database_url, "PROMETHEUS_MULTIPROC_DIR": str(counts)}
    with serving("wsgi:server", tmp_path / "log", environment) as server:
        ask_until_both_answer(server, counts)
        shutil.rmtree(counts)
        assert (counted(server.url), value(scrape(server.url), "up_database")) == (None, 1)
        before = children(server.pid)
        for pid in before:
            os.kill(pid, signal.SIGTERM)
        wait_for(lambda: len(children(server.pid) - before) == 2)
        wait_for(lambda: not before & children(server.pid))
        asked = ask_until_both_answer(server, counts)
        wait_for(lambda: counted(server.url) == asked)


def test_workers_that_cannot_open_their_counters_answer(settings: Settings, writer: Engine, tmp_path: Path) -> None:
    counts = tmp_path / "counts"
    environment = {"DATABASE_URL": settings.database_url, "PROMETHEUS_MULTIPROC_DIR": str(counts)}
    with serving("wsgi:server", tmp_path / "log", environment) as server:
        ask_until_both_answer(server, counts)
        shutil.rmtree(counts)
        counts.touch()  # no folder can be made here
        before = children(server.pid)
        for pid in before:
            os.kill(pid, signal.SIGTERM)
        wait_for(lambda: len(children(server.pid) - before) == 2)
        wait_for(lambda: not before & children(server.pid))
        uncounted = "this process cannot count its requests any more"
        while (tmp_path / "log").read_text().count(uncounted) < 2:
            ask(server.url)
        assert (counted(server.url), value(scrape(server.url), "up_database")) == (None, 1)
