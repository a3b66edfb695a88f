"""What the scheduler runs: the functions that the command line runs."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from dashapp.settings import Settings
from dashapp.store.reads import is_stale
from dashapp.store.rollup import rollup

REST = 10
"""After a rollup the store is left alone for so many times as long as it took: large days must not hold it always."""

DAYS = 7
"""Rebuilt in one transaction."""

log = logging.getLogger(__name__)


@dataclass
class RollUp:
    """Rebuilds what pages read for the days that changed. Several processes may try: the writer's lock lets one in, and
    those after it find nothing to do. To look needs no lock.
    """

    reader: Engine
    writer: Engine
    settings: Settings
    clock: Callable[[], float] = time.monotonic
    rests_until: float = 0

    def __call__(self) -> int:
        """Rebuild, and return how many days that were; a failure is for the log, and tried again next time."""
        begun = self.clock()
        if begun < self.rests_until:
            return 0
        try:
            days = self._rebuilt()
        except SQLAlchemyError:
            log.exception("rollup failed")
            return 0
        if days:
            took = self.clock() - begun
            self.rests_until = begun + took + REST * took
            log.info("rolled up %d days in %.2f s", days, took)
        return days

    def _rebuilt(self) -> int:
        with self.reader.connect() as connection:
            if not is_stale(connection):
                return 0
        return roll_up(self.writer, self.settings)


def roll_up(writer: Engine, settings: Settings) -> int:
    """Roll up all that changed, a few days a transaction, and return how many days that were: who writes meanwhile
    waits no longer than for a few.
    """
    days = 0
    while some := _some(writer, settings):
        days += some
    return days


def _some(writer: Engine, settings: Settings) -> int:
    with writer.begin() as connection:
        return rollup(connection, settings.sla, most=DAYS)
