"""Many processes that share a store and a job due every second, some of them killed: `python -m bench.jobs`.

Each slot has one result, no two runs overlap, and a slot without a run is one in which another run went on.
"""

import argparse
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path
from urllib.request import urlopen

from sqlalchemy import select

from bench.durability import new_store
from bench.journal import JOURNAL, PROBE
from bench.result import Result, print_table
from bench.serving import Server, serving
from dashapp.store.engine import writer_engine
from dashapp.store.operations import job_run

LEASE = 5
"""Seconds after which the run of a killed process is taken over."""
TAKEN_OVER = 60
"""Seconds after which some process should run the job again at the latest."""
WHOLE = 0.25
"""Share of kills that fall on a master with all its workers."""
SETTLE = 5
"""Seconds at the beginning and the end of which no slot is judged."""


@dataclass
class Span:
    """A run as its process told it; it has no end where the process was killed."""

    pid: int
    begin: float
    end: float | None = None


@dataclass(frozen=True)
class Found:
    """What the store and the journal tell of all runs."""

    slots: int
    results: int
    left_out: int
    """Slots without a run because another went on, or was lost and not yet taken over."""
    missing: int
    """Slots without a run for no such reason, and slots without a result."""
    overlapping: int
    taken_over: int
    unanswered: int
    """Requests to a master that was not killed and gave no answer."""


def observe(url: str, folder: Path, seconds: float, kill_every: float, workers: int = 4, masters: int = 2) -> Found:
    """Have so many masters run for some time over the store at `url`, and kill one of their processes now and then."""
    journal, killed = folder / "journal", dict[int, float]()
    environment = {"DATABASE_URL": url, "LEASE_SECONDS": str(LEASE), "WEB_CONCURRENCY": str(workers), "JOBS": "true"}
    environment[JOURNAL] = str(journal)
    with ExitStack() as stack:
        numbers = count()

        def start() -> Server:
            log = folder / f"log {next(numbers)}"
            return stack.enter_context(serving("wsgi:server", log, environment, config="bench/probing.py"))

        servers = [start() for _ in range(masters)]
        begun = time.time()
        down = _let_run(servers, journal, seconds, kill_every, killed, start)
        ended = time.time()
        time.sleep(LEASE)  # what a killed process left is taken over by then, also on a busy machine
    return _found(url, _spans(journal), killed, (begun, ended), down)


def _let_run(
    servers: list[Server],
    journal: Path,
    seconds: float,
    kill_every: float,
    killed: dict[int, float],
    start: Callable[[], Server],
) -> int:
    """Wait, look every second whether all answer, and kill the worker that runs the job; now and then with its master,
    which is started anew.
    """
    unanswered, over, next_kill = 0, time.monotonic() + seconds, time.monotonic() + (kill_every or seconds + 1)
    while time.monotonic() < over:
        time.sleep(1)
        unanswered += sum(not _answers(server) for server in servers)
        if time.monotonic() >= next_kill:
            next_kill += kill_every
            victim, place = _running(journal, servers)
            whole = random.random() < WHOLE
            for pid in [servers[place].pid, *servers[place].workers] if whole else [victim]:
                os.kill(pid, signal.SIGKILL)
                killed[pid] = time.time()
            if whole:
                servers[place] = start()
    return unanswered


def _running(journal: Path, servers: list[Server]) -> tuple[int, int]:
    """The process that runs the job, and the place of its master; waits until there is one. Who was killed in a run
    stands in the journal as if it ran on, until another begins.
    """
    over = time.monotonic() + TAKEN_OVER
    while time.monotonic() < over:
        word, pid, _ = journal.read_text().splitlines()[-1].split()
        places = [place for place, server in enumerate(servers) if int(pid) in server.workers]
        if word == "begin" and places:
            return int(pid), places[0]
        time.sleep(0.01)
    raise RuntimeError("no process runs the job any more")


def _answers(server: Server) -> bool:
    try:
        with urlopen(f"{server.url}/healthz", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _spans(journal: Path) -> list[Span]:
    """All runs, as they began."""
    going: dict[str, Span] = {}
    spans = []
    for line in journal.read_text().splitlines():
        word, pid, at = line.split()
        if word == "begin":
            going[pid] = Span(int(pid), float(at))
            spans.append(going[pid])
        else:
            going[pid].end = float(at)
    return sorted(spans, key=lambda span: span.begin)


def _found(url: str, spans: list[Span], killed: dict[int, float], observed: tuple[float, float], down: int) -> Found:
    """Hold the runs against each other and against the slots."""
    overlapping = 0
    blocked = []
    for one, later in pairwise(spans):
        gone = killed.get(one.pid, float("inf")) if one.end is None else one.end
        overlapping += later.begin < gone
        blocked.append((one.begin, later.begin if one.end is None else one.end))
    engine = writer_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(select(job_run).where(job_run.c.job == PROBE)).all()
    engine.dispose()
    first, last = (int(at) for at in observed)
    slots = range(first + SETTLE, last - SETTLE)
    attempts = {int(row.slot.timestamp()): row.attempt for row in rows}
    results = {int(row.slot.timestamp()) for row in rows if row.ended_at and row.error is None}
    left_out = [at for at in slots if at not in attempts and any(b < at + 1 and at < e for b, e in blocked)]
    return Found(
        slots=len(slots),
        results=len(results.intersection(slots)),
        left_out=len(left_out),
        missing=len(set(slots) - results - set(left_out)),
        overlapping=overlapping,
        taken_over=sum(attempt > 1 for attempt in attempts.values()),
        unanswered=down,
    )


def _told(name: str, found: Found) -> Iterator[Result]:
    print(f"{name}: {found}", flush=True)
    for fault in ("missing", "overlapping", "unanswered"):
        yield Result(f"{name}: {fault} of {found.slots:,} slots", 1, getattr(found, fault), 1, 0, "")


def results(minutes: float) -> Iterator[Result]:
    """What was missing, ran twice at once, or did not answer."""
    for name, kill_every in (("undisturbed", 0), ("killed every 20 s", 20)):
        with new_store() as (url, folder):
            yield from _told(name, observe(url, folder, 60 * minutes, kill_every))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="of each of the two parts")
    print_table(results(parser.parse_args().minutes))
