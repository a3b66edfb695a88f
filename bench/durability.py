"""Servers and followers killed under load, and many who write and read at once: `python -m bench.durability`.

Nothing acknowledged may be missing, and nothing be there twice.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from sqlalchemy import func, select

from bench.result import Result, print_table
from bench.sender import Sender, body_of
from bench.serving import Server, serving
from dashapp.domain.access import TokenScope
from dashapp.settings import Settings
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.meta import keep
from dashapp.store.migrate import upgrade
from dashapp.store.moderation import event_bin, event_seen
from dashapp.store.tokens import create_token

CREATED = {"message_type": "ModerationReport", "media_type": "image", "event": "created", "violation": "other"}
LINE = body_of([CREATED])
BATCH = 100
"""Events in a request."""
LOAD = 5
"""Requests answered before a server is killed."""
LINES = 20_000
"""Added to a log in a round."""
WRITERS, READERS = 2, 4


@dataclass
class Sent:
    """What senders know: the ids that were acknowledged, and those of a request that was not answered."""

    numbers: Iterator[int] = field(default_factory=count)
    acknowledged: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def until_it_dies(self, sender: Sender) -> None:
        """Send requests as long as they are answered."""
        while True:
            ids = [f"E{next(self.numbers)}" for _ in range(BATCH)]
            try:
                self.send(sender, ids)
            except (OSError, HTTPException):
                self.unanswered = ids
                return

    def again(self, sender: Sender) -> None:
        """Send the request again that was not answered, with one that was."""
        self.send(sender, [*self.unanswered, *self.acknowledged[-BATCH:]])
        self.unanswered = []

    def send(self, sender: Sender, ids: list[str]) -> None:
        """Send a request, and note that it was acknowledged."""
        answer = sender.send(body_of({**CREATED, "id": one} for one in ids))
        if answer["refused"] or answer["new"] + answer["seen"] != len(ids):
            self.errors.append(str(answer)[:200])
        self.acknowledged += ids


@dataclass(frozen=True)
class Found:
    """What is in the store beside what is known to have been taken."""

    taken: int
    missing: int
    doubled: int
    errors: int
    whole: bool
    """Whether the database finds no fault with itself."""


def kill_servers(url: str, folder: Path, rounds: int) -> Found:
    """Kill a server under load, start another over its store, and so on."""
    sent, token = Sent(), _token(url)
    for _ in range(rounds):
        with serving("wsgi:server", folder / "log", {"DATABASE_URL": url}) as server, ThreadPoolExecutor(1) as pool:
            sender = Sender(server.url, token)
            if sent.unanswered:
                sent.again(sender)
            enough = len(sent.acknowledged) + LOAD * BATCH
            sending = pool.submit(sent.until_it_dies, sender)
            _wait(lambda enough=enough: len(sent.acknowledged) >= enough, sending)  # type: ignore[misc] # bound now
            _kill(server)
            sending.result()
    return _found(url, set(sent.acknowledged), set(sent.unanswered), len(sent.errors))


def kill_followers(url: str, log: Path, rounds: int) -> Found:
    """Kill what follows a log that grows, and have another go on; what the events lack is an id."""
    environment = {**os.environ, "DATABASE_URL": url, "TIME_ZONE": "UTC"}
    command = [sys.executable, "-m", "dashapp", "ingest", str(log)]
    log.write_bytes(LINE * LINES)
    for _ in range(rounds):
        before = _counted(url)
        follower = subprocess.Popen([*command, "--follow"], env=environment)
        while _counted(url) == before and follower.poll() is None:
            pass
        with log.open("ab") as file:
            file.write(LINE * LINES)
        follower.kill()
        follower.wait()
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    taken, lines = _counted(url), (rounds + 1) * LINES
    return Found(taken, max(lines - taken, 0), max(taken - lines, 0), int(done.returncode != 0), _is_whole(url))


def write_and_read(url: str, folder: Path, seconds: float) -> Found:
    """Have some send events while others read them, each over a connection of its own."""
    token = _token(url)
    writers = [Sent(numbers=count(place, WRITERS)) for place in range(WRITERS)]
    with serving("wsgi:server", folder / "log", {"DATABASE_URL": url}) as server:
        ends = monotonic() + seconds

        def write(sent: Sent) -> None:
            sender = Sender(server.url, token)
            while monotonic() < ends:
                sent.send(sender, [f"E{next(sent.numbers)}" for _ in range(BATCH)])

        def read(_: int) -> int:
            wrong, before = 0, 0
            while monotonic() < ends:
                now = _counted(url)
                wrong += now < before or now % BATCH != 0
                before = now
            return wrong

        with ThreadPoolExecutor(WRITERS + READERS) as pool:
            reading = pool.map(read, range(READERS))
            list(pool.map(write, writers))
            wrong = sum(reading)
    acknowledged = {one for sent in writers for one in sent.acknowledged}
    return _found(url, acknowledged, set(), wrong + sum(len(sent.errors) for sent in writers))


@contextmanager
def new_store() -> Iterator[tuple[str, Path]]:
    """The address of an empty store, and a folder."""
    with TemporaryDirectory() as place:
        url = f"sqlite:///{place}/store.sqlite"
        engine = writer_engine(url)
        upgrade(engine)
        settings = Settings(_env_file=None, time_zone="UTC")
        with engine.begin() as connection:
            keep(connection, settings.zone, settings.sla)
        engine.dispose()
        yield url, Path(place)


def results(rounds: int, minutes: float) -> Iterator[Result]:
    """What was missing, doubled, or went wrong."""
    with new_store() as (url, folder):
        yield from _told(f"{rounds} servers killed", kill_servers(url, folder, rounds))
    with new_store() as (url, folder):
        yield from _told(f"{rounds} followers killed", kill_followers(url, folder / "events.log", rounds))
    with new_store() as (url, folder):
        name = f"{WRITERS} writers and {READERS} readers"
        yield from _told(name, write_and_read(url, folder, minutes * 60))


def _told(name: str, found: Found) -> Iterator[Result]:
    faults = {"missing": found.missing, "doubled": found.doubled, "errors": found.errors + (not found.whole)}
    for fault, number in faults.items():
        yield Result(f"{name}: {fault} of {found.taken:,}", 1, number, 1, 0, "")


def _kill(server: Server) -> None:
    """Kill all processes of a server at once."""
    for pid in (server.pid, *server.workers):
        os.kill(pid, signal.SIGKILL)


def _wait(done: Callable[[], bool], sending: "Future[None]") -> None:
    while not done() and not sending.done():
        pass


def _token(url: str) -> str:
    engine = writer_engine(url)
    with engine.begin() as connection:
        token = create_token(connection, "feed", TokenScope.INGEST, datetime.now(UTC))
    engine.dispose()
    return token


def _counted(url: str) -> int:
    """How many events are counted."""
    engine = reader_engine(url, 60)
    with engine.connect() as connection:
        events = connection.scalar(select(func.coalesce(func.sum(event_bin.c.events), 0)))
    engine.dispose()
    return int(events or 0)


def _found(url: str, acknowledged: set[str], unanswered: set[str], errors: int) -> Found:
    """What the store holds: a request that was not answered may have been taken, whole."""
    engine = reader_engine(url, 60)
    with engine.connect() as connection:
        ids = set(connection.scalars(select(event_seen.c.event_id)))
    engine.dispose()
    strange = ids - acknowledged - unanswered
    half = len(ids & unanswered) not in (0, len(unanswered))
    doubled = max(_counted(url) - len(ids), 0)
    return Found(len(ids), len(acknowledged - ids), doubled, errors + len(strange) + half, _is_whole(url))


def _is_whole(url: str) -> bool:
    engine = reader_engine(url, 60)
    with engine.connect() as connection:
        answer = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
    engine.dispose()
    return answer == "ok"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="servers, and followers, that are killed")
    parser.add_argument("--minutes", type=float, default=5, help="of writing and reading")
    asked = parser.parse_args()
    print_table(results(asked.rounds, asked.minutes))
