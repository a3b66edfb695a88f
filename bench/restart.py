"""Restarts under load: `python -m bench.restart`. No request may fail, and files that are being sent arrive whole."""

import argparse
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from socket import SO_RCVBUF, SOL_SOCKET, socket
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic, sleep
from urllib.parse import urlsplit

from bench.result import Result, print_table
from bench.serving import START_SECONDS, serving
from bench.store import made

WAIT_SECONDS = 120
"""For an answer."""
PATHS = ("/healthz", "/readyz", "/api/v1/metrics", "/volume")
EXPORT = "/export/flags.csv"
SMALL = 4096
"""Bytes that a slow reader takes in at once, so that the server cannot be done with the file at once."""
PROMOTED = "Master has been promoted"
"""What a successor says when the server that it replaced has ended."""
GREED = 3
"""Askers of each kind: on a connection that stays open, and on a new one for every request."""


@dataclass
class Asker:
    """Somebody who asks one thing after the other; the longest wait in seconds, and what went wrong."""

    url: str
    stays: bool
    answered: int = 0
    longest: float = 0
    failures: list[str] = field(default_factory=list)

    def until(self, done: Event) -> None:
        """Ask until it is enough."""
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=WAIT_SECONDS)
        while not done.is_set():
            if not self.stays:
                connection.close()
            begun = monotonic()
            self._ask(connection, PATHS[self.answered % len(PATHS)])
            self.longest = max(self.longest, monotonic() - begun)
        connection.close()

    def _ask(self, connection: HTTPConnection, path: str) -> None:
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                self.failures.append(f"{path}: {answer.status}")
        except (OSError, HTTPException) as error:
            self.failures.append(f"{path}: {type(error).__name__} {error}")
            connection.close()
        self.answered += 1


@dataclass
class Restarting:
    """A server that is replaced by its successors."""

    url: str
    pid: int
    log: Path
    restarts: int = 0

    def restart(self) -> None:
        """Have a successor started, and return when it has workers and the one before no longer takes connections. One
        that is a successor itself can have none before the one that it replaced has ended.
        """
        wait_for(lambda: self.log.read_text().count(PROMOTED) == self.restarts)
        self.restarts += 1
        before = children(self.pid)
        os.kill(self.pid, signal.SIGUSR2)
        wait_for(lambda: any(children(one) for one in children(self.pid) - before))
        [successor] = [one for one in children(self.pid) - before if children(one)]
        self.pid, replaced = successor, self.pid
        wait_for(lambda: not listens(replaced))


@contextmanager
def restarting(log: Path, environment: dict[str, str]) -> Iterator[Restarting]:
    """A server that can be restarted; the last one is ended."""
    with serving("wsgi:server", log, environment) as first:
        server = Restarting(first.url, first.pid, log)
        try:
            yield server
        finally:
            if server.pid != first.pid:
                os.kill(server.pid, signal.SIGTERM)
                wait_for(lambda: not children(server.pid))


@contextmanager
def asking(url: str, each: int = GREED) -> Iterator[list[Asker]]:
    """Askers at work, half of them on connections that stay open, for as long as this lasts."""
    askers, done = [Asker(url, stays) for stays in (True, False) for _ in range(each)], Event()
    with ThreadPoolExecutor(len(askers)) as pool:
        working = [pool.submit(asker.until, done) for asker in askers]
        try:
            yield askers
        finally:
            done.set()
        for one in working:
            one.result()


def children(pid: int) -> set[int]:
    """The processes that a process has started; none for one that has ended."""
    try:
        return {int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    except (FileNotFoundError, ProcessLookupError):
        return set()


def lives(pid: int) -> bool:
    """Whether a process runs; one that has ended may wait for somebody to take note."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def listens(pid: int) -> bool:
    """Whether a process has the listening socket of a server."""
    listening = {line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines() if line.split()[3] == "0A"}
    try:
        held = [str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()]
    except (FileNotFoundError, PermissionError):  # it has ended
        return False
    return any(one.removeprefix("socket:[").removesuffix("]") in listening for one in held)


def wait_for(met: Callable[[], bool]) -> None:
    """Return as soon as it is so; RuntimeError when it takes too long."""
    deadline = monotonic() + START_SECONDS
    while not met():
        if monotonic() > deadline:
            raise RuntimeError("it did not happen")
        sleep(0.01)  # a pause between two looks


class SlowReader:
    """Somebody who reads a file so slowly that it is sent for as long as they like."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self.socket = socket()
        self.socket.setsockopt(SOL_SOCKET, SO_RCVBUF, SMALL)
        self.socket.connect((where.hostname, where.port))
        self.socket.settimeout(WAIT_SECONDS)
        self.socket.sendall(f"GET {EXPORT} HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n\r\n".encode())
        self.received = self.socket.recv(SMALL)

    def rest(self) -> bool:
        """Read on to the end; whether all of the file arrived, which its last chunk says."""
        while part := self.socket.recv(2**20):
            self.received += part
        self.socket.close()
        return self.received.endswith(b"\r\n0\r\n\r\n")


def results(server: Restarting, scale: float, rounds: int) -> Iterator[Result]:
    """How many requests failed and how many files were cut while the server was restarted again and again."""
    cut = 0
    with asking(server.url) as askers:
        for _ in range(rounds):
            reader = SlowReader(server.url)
            server.restart()
            cut += not reader.rest()
    answered = sum(asker.answered for asker in askers)
    failures = [failure for asker in askers for failure in asker.failures]
    yield Result(f"failed of {answered:,} requests, {rounds} restarts", scale, len(failures), 1, 0, "")
    yield Result(f"files cut of {rounds} that were being sent", scale, cut, 1, 0, "")
    yield Result("longest wait for an answer", scale, max(asker.longest for asker in askers), 1, None)
    print(*failures[:10], sep="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="restarts")
    parser.add_argument("--scale", type=float, default=1, help="of the demo; 1 is 42 thousand flags")
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        url = f"sqlite:///{made(Path(name) / 'demo.sqlite', given.scale)}"
        with restarting(Path(name) / "log", {"DATABASE_URL": url}) as restarted:
            print_table(results(restarted, given.scale, given.rounds))
