"""The short form of `make soak`: what was acknowledged is there after `kill -9`, and nothing is there twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select

from bench.durability import BATCH, CREATED, LINES, LOAD, Found, kill_followers, kill_servers, new_store
from bench.sender import body_of
from dashapp.ingest.events import take_lines
from dashapp.ingest.wire import Receipt
from dashapp.settings import Settings
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.moderation import event_bin

ROUNDS = 3


@pytest.mark.check(32)
def test_acknowledged_events_survive_a_killed_server_and_none_is_doubled() -> None:
    with new_store() as (url, folder):
        found = kill_servers(url, folder, ROUNDS)
    assert found == Found(found.taken, missing=0, doubled=0, errors=0, whole=True)
    assert found.taken >= ROUNDS * LOAD * BATCH


@pytest.mark.check(32)
def test_a_log_that_is_followed_by_killed_processes_is_taken_once() -> None:
    with new_store() as (url, folder):
        found = kill_followers(url, folder / "events.log", ROUNDS)
    assert found == Found((1 + ROUNDS) * LINES, missing=0, doubled=0, errors=0, whole=True)


def test_two_who_write_lose_nothing_while_others_read(settings: Settings, writer: Engine) -> None:
    receipt = Receipt(datetime(2024, 3, 30, 12, tzinfo=UTC), ZoneInfo("UTC"))

    def write(name: str) -> None:
        engine = writer_engine(settings.database_url)
        for batch in range(40):
            lines = body_of({**CREATED, "id": f"{name}{batch}-{place}"} for place in range(50)).splitlines()
            take_lines(engine, enumerate(lines, 1), receipt)
        engine.dispose()

    def read(_: int) -> list[int]:
        engine = reader_engine(settings.database_url, 10)
        seen = [0]
        while seen[-1] < 4_000:
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
