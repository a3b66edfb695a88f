"""What the scheduler runs: the functions that the command line runs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection, Engine

from dashapp.jobs.runner import Job, Shift
from dashapp.jobs.schedule import Daily, Every
from dashapp.metrics.detecting import detect
from dashapp.metrics.refresh import refresh
from dashapp.notify.channels import channels_of
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store.backup import nightly as copy_nightly
from dashapp.store.buckets import LONGEST_RATE, forget_full
from dashapp.store.claims import moment
from dashapp.store.event_writes import forget_before
from dashapp.store.orders import forget_orders, open_orders
from dashapp.store.reads import has_data, is_stale, last_covered_day
from dashapp.store.retention import forget_runs, retire
from dashapp.store.rollup import roll_up
from dashapp.store.sessions import forget_ended
from dashapp.store.trail import RETENTION, note_change
from dashapp.store.version import has_news
from dashapp.summary.late import look_again, may_be_late
from dashapp.summary.ordered import make_next
from dashapp.summary.sending import Round, is_needed
from dashapp.summary.weekly import summarise_slot

ROLLUP = "rollup"

DETECT_SECONDS = 30
"""So that what is new is looked at within a minute."""
DELIVER_SECONDS = 30
LATE_SECONDS = 600
"""So that a summary which says what is no longer so is marked while it may still be read."""
ORDERS_SECONDS = 3
"""Somebody waits for a summary that is ordered."""
REST = 10
"""After a rollup the store is left alone for so many times as long as it took: large days must not hold it always."""


def jobs_of(settings: Settings) -> list[Job]:
    """The jobs, as the settings have them."""
    often, nightly = Every(60 * settings.refresh_minutes), Daily(settings.night_hour, settings.zone)
    jobs = [
        Job(ROLLUP, Every(settings.rollup_seconds), _rollup, needed=is_stale, rest=REST),
        Job("refresh", often, _refresh, needed=has_data),
        Job("detect", Every(DETECT_SECONDS), _detect, needed=has_news, rest=REST),
        Job("retention", nightly, _retention),
        Job("summary", _weekly(settings), _summary, catch_up=True),
        Job("late", Every(LATE_SECONDS), _late, needed=may_be_late, rest=REST),
        Job("orders", Every(ORDERS_SECONDS), _orders, needed=lambda connection: open_orders(connection) > 0),
    ]
    if channels_of(settings):
        jobs.append(Job("deliver", Every(DELIVER_SECONDS), _deliver, needed=partial(_has_news_to_send, settings)))
    if settings.backup_dir and settings.database_url.startswith("sqlite"):
        jobs.append(Job("backup", nightly, _backup))
    return jobs


def retain(
    writer: Engine, settings: Settings, now: datetime, check: Callable[[], None] = lambda: None
) -> dict[str, int]:
    """Forget what is older than the settings say: the history of jobs and of orders, the ids of events, sessions that
    let nobody in any more, and single rows where they are not to stay. Rows age with the data: a clock that is wrong
    for a day must not delete what cannot be had again.
    """
    with writer.begin() as connection:
        counts = {
            "runs": forget_runs(connection, now),
            "orders": forget_orders(connection, now),
            "sessions": forget_ended(connection, now, timedelta(hours=settings.session_hours)),
        }
        forget_full(connection, now, LONGEST_RATE)
        forget_before(connection, now.astimezone(settings.zone).date() - timedelta(days=settings.event_ids_days))
    if settings.retention_days is None:
        return counts
    with writer.begin() as connection:
        last = last_covered_day(connection)
    if last is None:
        return counts
    before = min(now.astimezone(settings.zone).date(), last) - timedelta(days=settings.retention_days)
    gone = retire(writer, before, settings.sla, settings.archive_dir, check)
    if any(gone.values()):
        with writer.begin() as connection:
            note_change(connection, now, RETENTION, "deleted", f"rows before {before}", gone)
    return counts | gone


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


def _late(shift: Shift) -> dict[str, int]:
    return look_again(shift.reader, shift.writer, shift.settings, shift.now, shift.check)


def _orders(shift: Shift) -> dict[str, int]:
    return make_next(shift.reader, shift.writer, shift.settings, shift.now, shift.check)


def _weekly(settings: Settings) -> Daily:
    return Daily(settings.summary_hour, settings.zone, settings.summary_weekday)


def _has_news_to_send(settings: Settings, connection: Connection) -> bool:
    now = moment(connection)
    return is_needed(connection, settings, now, _weekly(settings).newest(now))


def _deliver(shift: Shift) -> dict[str, int]:
    slot = _weekly(shift.settings).newest(shift.now)
    return Round(shift.reader, shift.writer, shift.settings, shift.now, shift.check, shift.clock).deliver(slot)
