"""Fifty users who each change a filter every five seconds, against one alone: `python -m bench.soak --minutes 10`.

All of them have signed in. Before, filter changes are measured with and without sign-in.
"""

import argparse
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from bench.pages import FLAT, PATHS
from bench.people import ENVIRONMENT, signed_in
from bench.result import Result, print_table
from bench.serving import Server, serving
from bench.store import made
from bench.visitor import Question, Visitor
from dashapp.domain.ask import to_filters
from dashapp.domain.view import View
from dashapp.store.backup import backup
from dashapp.store.engine import reader_engine
from dashapp.web.page import FLAG_FILTERS

USERS = 50
EVERY = 5.0
"""Seconds between two filter changes of one user."""
ALONE = 60
"""Filter changes of the user who is alone."""
MARK = 10.0
NICENESS = 10
"""Users sit at other machines: here they give way to the server."""
DAYS = (7, 30, 90)
ADDED = 1.1
"""How much longer a filter change may take where people sign in."""
TURNS = 40
"""How often each page is asked to see what sign-in adds."""
COPYING_SECONDS = 600


@dataclass
class User:
    """Somebody who looks at one view after another; what each took, in seconds, and what went wrong."""

    visitor: Visitor
    questions: Sequence[Question]
    random: Random
    took: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def change(self) -> None:
        """Change a filter."""
        try:
            self.visitor.reconnect()
            self.took.append(self.visitor.took(self.random.choice(self.questions)))
        except (OSError, HTTPException, RuntimeError) as error:
            self.errors.append(f"{type(error).__name__}: {error}")

    def work(self, begins: float, ends: float) -> None:
        """Change a filter every few seconds until it is time to go."""
        due = begins
        while due < ends:
            sleep(max(0, due - monotonic()))
            self.change()
            due += EVERY


def results(server: Server, people: Sequence[Visitor], scale: float, minutes: float) -> Iterator[Result]:
    """How long the slowest twentieth waits, errors, and what the larger worker holds half-way and at the end."""
    for one in people:
        one.open_page()
    asked = questions(people[0])
    alone, *users = (User(visitor, asked, Random(place)) for place, visitor in enumerate(people))
    os.nice(NICENESS)
    for _ in range(ALONE):
        alone.change()
    halfway = _together(server, users, 60 * minutes)
    took = [one for user in users for one in user.took]
    errors = [error for user in (alone, *users) for error in user.errors]
    single = median(alone.took)
    yield Result(f"p95 of {USERS} users, median of one", scale, quantiles(took, n=20)[-1], single, MARK)
    yield Result(f"median of {USERS} users, median of one", scale, median(took), single, None)
    yield Result(f"errors in {len(took):,} filter changes", scale, len(errors), 1, 0, "")
    yield Result("memory of a worker, end and half-way", scale, max(server.memory().values()), halfway, FLAT, "MB")
    print(*errors[:10], sep="\n")


def measured(held: ExitStack, folder: Path, file: Path, scale: float, minutes: float) -> Iterator[Result]:
    """Everything, over the store in a file and a copy of it that has users."""
    reader = reader_engine(f"sqlite:///{file.resolve()}", COPYING_SECONDS)
    backup(reader, folder / "known.sqlite")
    reader.dispose()
    url = f"sqlite:///{folder / 'known.sqlite'}"
    asks = {"DATABASE_URL": url, **ENVIRONMENT}
    known = held.enter_context(serving("wsgi:server", folder / "known.log", asks))
    people = signed_in(known.url, url, USERS + 1)
    environment = {"DATABASE_URL": f"sqlite:///{file.resolve()}"}
    with serving("wsgi:server", folder / "open.log", environment) as anybody:
        yield from added(people[0], Visitor(anybody.url), scale)
    yield from results(known, people, scale, minutes)


def added(known: Visitor, anybody: Visitor, scale: float) -> Iterator[Result]:
    """What it adds to a filter change that somebody must have signed in: of views that nobody has asked for, and of
    those that were just asked for. Both servers are asked by turns. The quickest try of each page counts, for
    whatever else runs on the machine only adds to it.
    """
    took: defaultdict[tuple[str, Visitor], defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    known.open_page()
    anybody.open_page()
    for turn in range(TURNS):
        for path in PATHS:
            for visitor in (known, anybody) if turn % 2 else (anybody, known):
                question = visitor.fill(path, visitor.unseen(path))
                for kind in ("cold", "warm"):
                    visitor.reconnect()
                    took[kind, visitor][path].append(visitor.took(question))
    for kind in ("cold", "warm"):
        ours, reference = (sum(map(min, took[kind, visitor].values())) for visitor in (known, anybody))
        yield Result(f"filter changes, {kind}, signed in and without", scale, ours, reference, ADDED)


def questions(visitor: Visitor) -> list[Question]:
    """What users ask: each page, over some presets of days, with no filter and with one value of those in front."""
    chosen = [(dim, value) for dim in FLAG_FILTERS for value in visitor.values(dim)]
    filters = [(), *(to_filters({dim: [value]}) for dim, value in chosen)]
    queries = [View(days=days, filters=one).query() for days in DAYS for one in filters]
    return [visitor.fill(path, query) for path in PATHS for query in queries]


def _together(server: Server, users: Sequence[User], duration: float) -> float:
    """Have all users work for so many seconds, one beginning after the other; what the larger worker held half-way."""
    begins = monotonic()
    with ThreadPoolExecutor(len(users)) as pool:
        shifts = [
            pool.submit(user.work, begins + place * EVERY / len(users), begins + duration)
            for place, user in enumerate(users)
        ]
        sleep(duration / 2)
        halfway = max(server.memory().values())
    for shift in shifts:
        shift.result()
    return halfway


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--scale", type=float, default=1, help="of the demo; 1 is 42 thousand flags")
    parser.add_argument("--store", type=Path, help="a demo of that scale that was made before")
    given = parser.parse_args()
    with ExitStack() as held:
        folder = Path(held.enter_context(TemporaryDirectory()))
        file = given.store or made(folder / "demo.sqlite", given.scale)
        print_table(measured(held, folder, file, given.scale, given.minutes))
