"""Thousands of malformed requests, and what the server makes of them: `python -m bench.fuzz --requests 10000`.

No answer may be a fault of ours or show what is inside, nothing may be logged as one, and the same workers must serve
whoever comes next.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from bench.malformed import Sent, Spoiler
from bench.sender import Sender, body_of
from bench.serving import Server, serving
from bench.store import made
from bench.visitor import CALLBACKS, Visitor
from bench.wellformed import EVENTS, callback_bodies
from dashapp.domain.access import TokenScope
from dashapp.store.engine import writer_engine
from dashapp.store.tokens import create_token

TAKES_EVENTS = "/api/v1/events"
NDJSON = "application/x-ndjson"
MOST_TOGETHER = 20
"""Lines of events in one request."""
SHOWN_FAULTS = 20
SHOWN = 300
"""Of a body at which a fault showed."""
Post = Callable[[str, Sent], tuple[int, str]]
"""Sends a body to an address, and returns the status and the text of the answer."""


@dataclass
class Outcome:
    """How often there was an answer of each status, and what was wrong with answers."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def send(self, post: Post, path: str, sent: Sent) -> None:
        """Send a body, and judge the answer."""
        try:
            status, text = post(path, sent)
        except (OSError, HTTPException) as error:
            status, text = 0, f"{type(error).__name__}: {error}"
        self.statuses[status] += 1
        if not 200 <= status < 500 or "Traceback" in text or 'File "' in text:
            self.faults.append(f"{path} {status} {text[:SHOWN]!r} at {dict(sent.headers)} {sent.body[:SHOWN]!r}")


def fuzz_callbacks(post: Post, dependencies: Sequence[Mapping[str, Any]], requests: int, seed: int = 9) -> Outcome:
    """So many spoilt bodies of the server's callbacks."""
    outcome, spoiler = Outcome(), Spoiler(Random(seed), "application/json")
    real = callback_bodies(dependencies)
    for _ in range(requests):
        outcome.send(post, CALLBACKS, spoiler.spoilt(real))
    return outcome


def fuzz_events(post: Post, lines: int, seed: int = 9) -> Outcome:
    """So many spoilt lines of events, some together in one request, some with others that nothing is wrong with."""
    outcome, random = Outcome(), Random(seed)
    spoiler = Spoiler(random, NDJSON)
    left = lines
    while left > 0:
        together = [spoiler.spoilt(EVENTS) for _ in range(random.randint(1, min(MOST_TOGETHER, left)))]
        left -= len(together)
        headers = random.choice(together).headers
        outcome.send(post, TAKES_EVENTS, Sent(b"\n".join(one.body for one in together), headers))
    return outcome


def poster(url: str, headers: Mapping[str, str]) -> Post:
    """Sends over a connection to a server, with some headers on every request."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=60)

    def post(path: str, sent: Sent) -> tuple[int, str]:
        connection.close()  # another connection, perhaps to another worker; and who is refused may be hung up on
        connection.request("POST", path, sent.body, {**sent.headers, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")

    return post


def checked(server: Server, log: Path, token: str, requests: int) -> list[str]:
    """What was wrong with the answers to so many malformed callbacks and as many lines of events, with the log, and
    with the server afterwards.
    """
    visitor, before = Visitor(server.url), set(server.workers)
    dependencies = visitor.get("/_dash-dependencies")
    asked = fuzz_callbacks(poster(server.url, visitor.headers), dependencies, requests)
    sent = fuzz_events(poster(server.url, {"Authorization": f"Bearer {token}"}), requests)
    for name, outcome in (("callbacks", asked), ("events", sent)):
        print(name, dict(sorted(outcome.statuses.items())))
    visitor.reconnect()
    visitor.took(visitor.fill("/", "range=30d"))  # raises where it is not answered
    Sender(server.url, token).send(body_of(EVENTS[:1]))
    wrong = [*asked.faults, *sent.faults]
    wrong += ["other workers serve than before"] if set(server.workers) != before else []
    return wrong + [line for line in log.read_text().splitlines() if "Traceback" in line]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    given = parser.parse_args()
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory()))
        url = f"sqlite:///{made(folder / 'demo.sqlite', 0.1)}"
        engine = writer_engine(url)
        with engine.begin() as writing:
            program = create_token(writing, "fuzz", TokenScope.INGEST, datetime.now(UTC))
        engine.dispose()
        # Workers are not to be replaced by new ones for having answered much, as they else are.
        environment = {"DATABASE_URL": url, "LOG_FORMAT": "json", "GUNICORN_CMD_ARGS": "--max-requests 0"}
        served = held.enter_context(serving("wsgi:server", folder / "log", environment))
        found = checked(served, folder / "log", program, given.requests)
        print(*found[:SHOWN_FAULTS], f"{len(found)} faults", sep="\n")
        sys.exit(bool(found))
