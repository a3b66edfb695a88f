"""What the scheduler runs: the functions that the command line runs."""

from collections.abc import Callable

from sqlalchemy import Engine

from dashapp.jobs.runner import Job, Shift
from dashapp.jobs.schedule import Daily, Every
from dashapp.settings import Settings
from dashapp.store.backup import nightly
from dashapp.store.reads import is_stale
from dashapp.store.rollup import rollup

ROLLUP = "rollup"

REST = 10
"""After a rollup the store is left alone for so many times as long as it took: large days must not hold it always."""

DAYS = 7
"""Rebuilt in one transaction."""


def jobs_of(settings: Settings) -> list[Job]:
    """The jobs, as the settings have them."""
    jobs = [Job(ROLLUP, Every(settings.rollup_seconds), _rollup, needed=is_stale, rest=REST)]
    if settings.backup_dir:
        jobs.append(Job("backup", Daily(settings.night_hour, settings.zone), _backup))
    return jobs


def roll_up(writer: Engine, settings: Settings, check: Callable[[], None] = lambda: None) -> int:
    """Roll up all that changed, a few days a transaction, and return how many days that were: who writes meanwhile
    waits no longer than for a few. `check` may stop it in between.
    """
    days = 0
    while some := _some(writer, settings):
        days += some
        check()
    return days


def _some(writer: Engine, settings: Settings) -> int:
    with writer.begin() as connection:
        return rollup(connection, settings.sla, most=DAYS)


def _backup(shift: Shift) -> dict[str, int]:
    folder = shift.settings.backup_dir
    return nightly(shift.writer, folder, shift.settings.backup_keep, shift.now) if folder else {}


def _rollup(shift: Shift) -> dict[str, int]:
    return {"days": roll_up(shift.writer, shift.settings, shift.check)}
