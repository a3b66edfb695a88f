"""What the scheduler runs: the functions that the command line runs."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine

from dashapp.jobs.runner import Job, Shift
from dashapp.jobs.schedule import Daily, Every
from dashapp.metrics.detecting import detect
from dashapp.metrics.refresh import refresh
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store.backup import nightly as copy_nightly
from dashapp.store.reads import has_data, is_stale, last_covered_day
from dashapp.store.retention import forget_runs, retire
from dashapp.store.rollup import roll_up
from dashapp.store.version import has_news
from dashapp.summary.weekly import summarise_slot

ROLLUP = "rollup"

DETECT_SECONDS = 30
"""So that what is new is looked at within a minute."""
REST = 10
"""After a rollup the store is left alone for so many times as long as it took: large days must not hold it always."""


def jobs_of(settings: Settings) -> list[Job]:
    """The jobs, as the settings have them."""
    often, nightly = Every(60 * settings.refresh_minutes), Daily(settings.night_hour, settings.zone)
    weekly = Daily(settings.summary_hour, settings.zone, settings.summary_weekday)
    jobs = [
        Job(ROLLUP, Every(settings.rollup_seconds), _rollup, needed=is_stale, rest=REST),
        Job("refresh", often, _refresh, needed=has_data),
        Job("detect", Every(DETECT_SECONDS), _detect, needed=has_news, rest=REST),
        Job("retention", nightly, _retention),
        Job("summary", weekly, _summary, catch_up=True),
    ]
    if settings.backup_dir and settings.database_url.startswith("sqlite"):
        jobs.append(Job("backup", nightly, _backup))
    return jobs


def retain(
    writer: Engine, settings: Settings, now: datetime, check: Callable[[], None] = lambda: None
) -> dict[str, int]:
    """Forget what is older than the settings say: the history of jobs, and single rows where they are not to stay. Rows
    age with the data: a clock that is wrong for a day must not delete what cannot be had again.
    """
    with writer.begin() as connection:
        counts = {"runs": forget_runs(connection, now)}
    if settings.retention_days is None:
        return counts
    with writer.begin() as connection:
        last = last_covered_day(connection)
    if last is None:
        return counts
    before = min(now.astimezone(settings.zone).date(), last) - timedelta(days=settings.retention_days)
    return counts | retire(writer, before, settings.sla, settings.archive_dir, check)


def _retention(shift: Shift) -> dict[str, int]:
    return retain(shift.writer, shift.settings, shift.now, shift.check)


def _refresh(shift: Shift) -> dict[str, int]:
    return refresh(shift.reader, shift.writer, policy_of(shift.settings), shift.now, shift.check)


def _detect(shift: Shift) -> dict[str, int]:
    return detect(shift.reader, shift.writer, policy_of(shift.settings), shift.now, shift.check)


def _backup(shift: Shift) -> dict[str, int]:
    folder = shift.settings.backup_dir
    return copy_nightly(shift.writer, folder, shift.settings.backup_keep, shift.now) if folder else {}


def _rollup(shift: Shift) -> dict[str, int]:
    return {"days": roll_up(shift.writer, shift.settings.sla, shift.check)}


def _summary(shift: Shift) -> dict[str, int]:
    return {"summaries": summarise_slot(shift.reader, shift.writer, shift.settings, shift.now, shift.slot)}
