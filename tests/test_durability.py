"""What was acknowledged is there after `kill -9`, and nothing is there twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPException
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select

from bench.sender import Sender, body_of
from bench.serving import Server, serving
from dashapp.ingest.events import take_lines
from dashapp.ingest.wire import Receipt
from dashapp.settings import Settings
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.schema import event_bin, event_seen
from dashapp.store.tokens import TokenScope, create_token

CREATED = {"message_type": "ModerationReport", "media_type": "image", "event": "created", "violation": "other"}
LINE = body_of([CREATED])
BATCH = 100
ROUNDS = 3

Stored = Callable[[], int]


@pytest.fixture
def stored(reader: Engine) -> Stored:
    """How many events are counted."""

    def summed() -> int:
        with reader.connect() as connection:
            return int(connection.scalar(select(func.coalesce(func.sum(event_bin.c.events), 0))))

    return summed


@pytest.fixture
def whole(writer: Engine) -> Iterator[None]:
    """The store is whole in the end."""
    yield
    with writer.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def kill(server: Server) -> None:
    """Kill all processes of a server at once."""
    for pid in (server.pid, *server.workers):
        os.kill(pid, signal.SIGKILL)


def until_it_dies(sender: Sender, numbers: Iterator[int], acknowledged: list[str]) -> list[str]:
    """Send batches as long as they are acknowledged, and return the ids of the one that was not."""
    while True:
        ids = [f"E{next(numbers)}" for _ in range(BATCH)]
        try:
            sender.send(body_of({**CREATED, "id": one} for one in ids))
        except (OSError, HTTPException):
            return ids
        acknowledged += ids


@pytest.mark.usefixtures("whole")
def test_acknowledged_events_survive_a_killed_server_and_none_is_doubled(
    writer: Engine, settings: Settings, stored: Stored, tmp_path: Path
) -> None:
    with writer.begin() as connection:
        token = create_token(connection, "feed", TokenScope.INGEST, datetime.now(UTC))
    numbers, acknowledged, open_ids = count(), [], []
    for round_ in range(ROUNDS):
        log = tmp_path / f"{round_}.log"
        with (
            serving("wsgi:server", log, {"DATABASE_URL": settings.database_url}) as server,
            ThreadPoolExecutor(1) as pool,
        ):
            sender = Sender(server.url, token)
            if open_ids:
                again = sender.send(body_of({**CREATED, "id": one} for one in [*open_ids, *acknowledged[-BATCH:]]))
                assert again["new"] in (0, BATCH)
                assert again["new"] + again["seen"] == 2 * BATCH
                acknowledged += open_ids
            before = len(acknowledged)
            sending = pool.submit(until_it_dies, sender, numbers, acknowledged)
            while len(acknowledged) < before + 5 * BATCH and not sending.done():
                pass
            kill(server)
            open_ids = sending.result()
    with writer.connect() as connection:
        ids = set(connection.scalars(select(event_seen.c.event_id)))
    assert set(acknowledged) <= ids <= set(acknowledged) | set(open_ids)
    assert stored() == len(ids)


@pytest.mark.usefixtures("whole")
def test_a_log_that_is_followed_by_killed_processes_is_taken_once(
    settings: Settings, stored: Stored, tmp_path: Path
) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(LINE * 20_000)
    environment = {**os.environ, "DATABASE_URL": settings.database_url, "TIME_ZONE": "UTC"}
    command = [sys.executable, "-m", "dashapp", "ingest", str(log)]
    for _ in range(ROUNDS):
        before = stored()
        follower = subprocess.Popen([*command, "--follow"], env=environment)
        while stored() == before and follower.poll() is None:
            pass
        with log.open("ab") as file:
            file.write(LINE * 20_000)
        follower.kill()
        follower.wait()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("new, 0 seen, 0 refused\n")
    assert stored() == (1 + ROUNDS) * 20_000


def test_two_who_write_lose_nothing_while_others_read(settings: Settings, writer: Engine, stored: Stored) -> None:
    receipt = Receipt(datetime(2024, 3, 30, 12, tzinfo=UTC), ZoneInfo("UTC"))

    def write(name: str) -> None:
        engine = writer_engine(settings.database_url)
        for batch in range(40):
            lines = body_of({**CREATED, "id": f"{name}{batch}-{place}"} for place in range(50)).splitlines()
            take_lines(engine, enumerate(lines, 1), receipt)
        engine.dispose()

    def read(_: int) -> list[int]:
        engine = reader_engine(settings.database_url, 10)
        seen = []
        while not seen or seen[-1] < 4_000:
            with engine.connect() as connection:
                seen.append(int(connection.scalar(select(func.coalesce(func.sum(event_bin.c.events), 0)))))
        engine.dispose()
        return seen

    with ThreadPoolExecutor(4) as pool:
        readers = pool.map(read, range(2))
        list(pool.map(write, "ab"))
        for seen in readers:
            assert seen == sorted(seen)
            assert all(one % 50 == 0 for one in seen)
    assert stored() == 4_000
