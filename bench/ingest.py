"""How fast events are taken, over HTTP and out of a log, against bare SQLite: `python -m bench.ingest`."""

import argparse
import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event
from time import perf_counter, sleep
from typing import Any

from sqlalchemy import Engine

from bench.result import Measured, Result, compare, print_table, seconds
from bench.sender import Sender, body_of
from bench.serving import MEGABYTE, serving
from bench.store import made, store
from bench.visitor import Visitor
from dashapp.domain.access import TokenScope
from dashapp.ingest.logs import Intake, take_file
from dashapp.ingest.wire import Receipt
from dashapp.settings import Settings
from dashapp.store import schema
from dashapp.store.engine import sqlite_module, writer_engine
from dashapp.store.meta import keep
from dashapp.store.migrate import upgrade
from dashapp.store.reads import DEMO
from dashapp.store.tokens import create_token

FIRST = datetime(2024, 3, 1, tzinfo=UTC)
SETTINGS = Settings(_env_file=None, time_zone="UTC")
BATCH = 500
"""Events in a request, and rows in a transaction of the reference."""
EVENTS = 50_000
CLIENTS = (1, 4)
OVER_HTTP, BY_FILE = 1 / 0.35, 1 / 0.5
"""How many times as long as the reference events may take."""
MANY = 1_000_000
PATH = "/volume"
TURNS, CHANGES = 6, 8
"""Turns with and without events, and filter changes in each."""
A_SECOND, PART = 1_000, 50
"""Events that arrive in a second, and in a request, while somebody looks at a page."""
UNCHANGED = 1.25
ENOUGH = 1.05
"""How many times the events that were sent a second those that should be may be: turns are short, and the last answer
of one may take some hundredths of a second more than a part has, which the next part would make up for.
"""
FLAT = 1.1
"""How many times the memory after a tenth of MANY events that after all of them may be."""


def results(folder: Path, many: int = MANY) -> Iterator[Result]:
    """How long events take, over HTTP and out of a log, and what memory a long log takes."""
    bodies = [body_of(_flag(number) for number in range(at, at + BATCH)) for at in range(0, EVENTS, BATCH)]
    log = folder / "events.log"
    log.write_bytes(b"".join(bodies))
    bare = _bare(_stored(log))
    gc.collect()
    gc.freeze()
    for clients in CLIENTS:
        name = f"{EVENTS:,} events over HTTP, {clients} client{'s' if clients > 1 else ''}"
        yield compare(name, 1, _over_http(folder, bodies, clients), bare, mark=OVER_HTTP, times=3)
    yield compare(f"{EVENTS:,} events by ingest", 1, _by_file(log), bare, mark=BY_FILE)
    yield _memory(folder, many)
    yield from _pages(folder)


def _flag(number: int) -> dict[str, Any]:
    """A flag as a classifier may raise it."""
    return {
        "message_type": "Flag",
        "id": f"F{number:09}",
        "at": (FIRST + timedelta(seconds=number)).isoformat(),
        "category": ("spam", "hate_speech", "fraud")[number % 3],
        "severity": ("low", "medium", "high", "critical")[number % 4],
        "routing": ("human_review", "auto_block", "allow")[number % 3],
        "score": number % 1000 / 1000,
        "region": ("EMEA", "APAC", "AMER")[number % 3],
        "media_type": "image",
        "item_id": f"item-{number}",
        "model_version": "v3",
    }


def _take(engine: Engine, log: Path) -> None:
    intake = Intake(engine, lambda: Receipt(datetime.now(UTC), SETTINGS.zone), lambda _result: None, lambda _note: None)
    take_file(intake, log)


def _by_file(log: Path) -> Measured:
    def measured() -> float:
        with store() as engine:
            return seconds(lambda: _take(engine, log))

    return measured


def _over_http(folder: Path, bodies: Sequence[bytes], clients: int) -> Measured:
    """What sending takes that is shared by some clients; the server and its store are new each time."""

    def measured() -> float:
        with TemporaryDirectory(dir=folder) as place:
            url = f"sqlite:///{place}/store.sqlite"
            token = _ready(url)
            with serving("wsgi:server", Path(place) / "log", {"DATABASE_URL": url}) as server:
                senders = [Sender(server.url, token) for _ in range(clients)]
                with ThreadPoolExecutor(clients) as pool:

                    def send(place: int) -> int:
                        return sum(senders[place].send(body)["new"] for body in bodies[place::clients])

                    taken: list[int] = []
                    took = seconds(lambda: taken.extend(pool.map(send, range(clients))))
            if sum(taken) != len(bodies) * BATCH:
                raise RuntimeError(f"{sum(taken)} events were taken")
            return took

    return measured


def _ready(url: str) -> str:
    """A token of a new store."""
    engine = writer_engine(url)
    upgrade(engine)
    with engine.begin() as connection:
        keep(connection, SETTINGS.zone, SETTINGS.sla)
        token = create_token(connection, "bench", TokenScope.INGEST, datetime.now(UTC))
    engine.dispose()
    return token


def _stored(log: Path) -> list[tuple[Any, ...]]:
    """The rows that the events become, as SQLite holds them."""
    with store() as engine:
        _take(engine, log)
        with engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            rows: list[tuple[Any, ...]] = driver.execute("SELECT * FROM flag ORDER BY id").fetchall()
            return rows


def _bare(rows: Sequence[tuple[Any, ...]]) -> Measured:
    """`executemany` of the same rows into the same table and indexes, in durable transactions of BATCH."""
    statement = f"INSERT INTO flag VALUES ({', '.join('?' * len(schema.flag.columns))})"

    def measured() -> float:
        with store() as engine:
            driver = sqlite_module().connect(engine.url.database, isolation_level=None)
            driver.execute("PRAGMA synchronous=FULL")

            def job() -> None:
                for at in range(0, len(rows), BATCH):
                    driver.execute("BEGIN IMMEDIATE")
                    driver.executemany(statement, rows[at : at + BATCH])
                    driver.execute("COMMIT")

            took = seconds(job)
            driver.close()
            return took

    return measured


def _memory(folder: Path, many: int) -> Result:
    """What this process holds after many events out of one log, and after a tenth of them."""
    held: list[float] = []
    with store() as engine:
        for part, count in (("first", many // 10), ("rest", many - many // 10)):
            log = folder / f"{part}.log"
            first = len(held) * (many // 10)
            with log.open("wb") as file:
                file.writelines(body_of([_flag(number)]) for number in range(first, first + count))
            _take(engine, log)
            log.unlink()
            held.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4 / MEGABYTE)
    return Result(f"memory, {many:,} and {many // 10:,} events", 1, held[1], held[0], FLAT, "MB")


def _pages(folder: Path) -> Iterator[Result]:
    """Filter changes while events arrive, against those while none do, by turns; and whether as many arrived as should:
    else the changes were measured under too little.
    """
    url = f"sqlite:///{made(folder / 'demo.sqlite', 1)}"
    token, flowing, over = _ready(url), Event(), Event()
    took: dict[bool, list[float]] = {True: [], False: []}
    with serving("wsgi:server", folder / "log", {"DATABASE_URL": url}) as server, ThreadPoolExecutor(1) as pool:
        visitor = Visitor(server.url)
        sending = pool.submit(_keep_sending, Sender(server.url, token), flowing, over)
        try:
            for turn in range(2 * TURNS):
                (flowing.set if turn % 2 else flowing.clear)()
                took[flowing.is_set()].extend(visitor.cold(PATH) for _ in range(CHANGES))
        finally:
            over.set()
        sent = sending.result()
    name = f"{PATH} cold, {A_SECOND:,} events a second or none"
    yield Result(name, 1, median(took[True]), median(took[False]), UNCHANGED)
    yield Result("events a second: wanted meanwhile, sent", 1, A_SECOND, sent, ENOUGH, "/s")


def _keep_sending(sender: Sender, flowing: Event, over: Event) -> int:
    """Send A_SECOND events a second, in parts, while they flow and until it is over; return how many were taken a
    second. That is A_SECOND unless a turn ended behind its time.
    """
    sent, took = 0, 0.0
    while not over.is_set():
        if flowing.wait(PART / A_SECOND):
            taken, lasted = _send_on_time(sender, sent, lambda: flowing.is_set() and not over.is_set())
            sent, took = sent + taken, took + lasted
    return round(sent / took)


def _send_on_time(sender: Sender, first: int, flows: Callable[[], bool]) -> tuple[int, float]:
    """Send a part whenever it is due, at once when it is overdue, while events flow; return how many were taken, and in
    how many seconds: until the last answer, or until the next part was due. They are the demo's: views leave that out
    as soon as others deliver.
    """
    sent, begun, ended = 0, perf_counter(), 0.0
    while flows():
        raised = {"at": datetime.now(UTC).isoformat(), "origin": DEMO}
        numbers = range(first + sent, first + sent + PART)
        sent += sender.send(body_of({**_flag(number), **raised} for number in numbers))["new"]
        ended = perf_counter() - begun
        sleep(max(0.0, sent / A_SECOND - (perf_counter() - begun)))
    return sent, max(ended, sent / A_SECOND)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=MANY, help="events after which memory is looked at")
    asked = parser.parse_args()
    with TemporaryDirectory() as held_folder:
        print_table(results(Path(held_folder), asked.many))
