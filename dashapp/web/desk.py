"""How a request gets at the numbers: the services that the app was made with, and a desk to ask at."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any, TypeVar

from cachetools import LRUCache
from flask import current_app, g
from sqlalchemy import Engine

from dashapp.domain.access import ANONYMOUS, Visitor
from dashapp.metrics import Audience, Desk, Policy
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.web.meters import Meters

T = TypeVar("T")

KEPT = 64
"""Small findings that requests share, kept by each process."""
EXTENSION = "watchfloor"
"""Where the app keeps its Services, in `app.extensions`."""


@dataclass(frozen=True)
class Services:
    """What an app was made with: its settings, the engine that pages and files read, the clock it goes by, its writing
    engine, and what reads the store itself where pages read a replica, which may be behind; and its counters.
    """

    settings: Settings
    reader: Engine
    clock: Callable[[], datetime]
    writer: Engine
    replicated: Engine | None = None
    kept: LRUCache[Hashable, Any] = field(default_factory=lambda: LRUCache(KEPT), compare=False)
    guard: Lock = field(default_factory=Lock, compare=False)
    meters: Meters = field(default_factory=Meters, compare=False)

    @property
    def policy(self) -> Policy:
        """The settings that numbers depend on."""
        return policy_of(self.settings)

    @property
    def store(self) -> Engine:
        """Reads what has been written up to now."""
        return self.replicated or self.reader

    def once(self, question: Hashable, answer: Callable[[], T]) -> T:
        """The answer to a question that requests share; at worst two that ask at once both look for it."""
        with self.guard:
            found: T | None = self.kept.get(question)
        if found is None:
            found = answer()
            with self.guard:
                self.kept[question] = found
        return found

    def forget(self, question: Hashable) -> None:
        """Have the next that asks look for the answer anew."""
        with self.guard:
            self.kept.pop(question, None)


def services() -> Services:
    """The services of the app that handles this request."""
    held: Services = current_app.extensions[EXTENSION]
    return held


@contextmanager
def open_desk(audience: Audience = Audience.FILE, *, written: bool = False) -> Iterator[Desk]:
    """A desk for one request, with the permissions of whoever made it. Its connection reads in one transaction, so all
    figures are of the same moment. With `written` it reads the store itself, which has what the request has just
    written.
    """
    held = services()
    with (held.store if written else held.reader).connect() as connection:
        yield Desk(connection, held.clock(), held.policy, audience, permissions=who_asks().permissions)


def who_asks() -> Visitor:
    """Whom the guard let in; on the few routes where it asks nobody, somebody who may see nothing of anybody."""
    found: Visitor = g.get("visitor", ANONYMOUS)
    return found


def everybodys(desk: Desk) -> Desk:
    """A desk that tells what may be told to all who see a page."""
    return replace(desk, audience=Audience.FILE, permissions=frozenset())
