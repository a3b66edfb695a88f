"""How a request gets at the numbers: the services that the app was made with, and a desk to ask at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import Engine

from dashapp.metrics import METRICS, Audience, Desk, Policy
from dashapp.settings import Settings

EXTENSION = "watchfloor"
"""Where the app keeps its Services, in `app.extensions`."""


@dataclass(frozen=True)
class Services:
    """What an app was made with: its settings, its reading engine, and the clock it goes by."""

    settings: Settings
    reader: Engine
    clock: Callable[[], datetime]

    @property
    def policy(self) -> Policy:
        """The settings that numbers depend on."""
        return policy_of(self.settings)


def policy_of(settings: Settings) -> Policy:
    """The settings that numbers depend on; ValueError for a threshold of what is no metric."""
    unknown = sorted(set(settings.thresholds) - set(METRICS))
    if unknown:
        raise ValueError(f"THRESHOLDS: no metric is called {', '.join(unknown)}")
    return Policy(settings.zone, settings.sla, settings.thresholds)


def services() -> Services:
    """The services of the app that handles this request."""
    held: Services = current_app.extensions[EXTENSION]
    return held


@contextmanager
def open_desk(audience: Audience = Audience.FILE) -> Iterator[Desk]:
    """A desk for one request. Its connection reads in one transaction, so all figures are of the same moment."""
    held = services()
    with held.reader.connect() as connection:
        yield Desk(connection, held.clock(), held.policy, audience)
