"""How the store is fed and kept up to date, in the few numbers that a monitoring system watches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, and_, func, or_, select

from dashapp.store.moderation import dirty_report_day, event_bin, ingest_count
from dashapp.store.operations import job_run
from dashapp.store.schema import dirty_day, origin

LAST_EVENTS = select(
    origin.c.origin,
    select(func.max(event_bin.c.bin)).where(event_bin.c.origin == origin.c.origin).scalar_subquery(),
)
RECEIVED = select(ingest_count.c.origin, ingest_count.c.outcome, func.sum(ingest_count.c["count"])).group_by(
    ingest_count.c.origin, ingest_count.c.outcome
)
SUCCEEDED = (
    select(job_run.c.job, func.max(job_run.c.slot).label("slot"))
    .where(job_run.c.ended_at.is_not(None), job_run.c.error.is_(None))
    .group_by(job_run.c.job)
    .subquery()
)


@dataclass(frozen=True)
class JobState:
    """How a job is doing: when it last began, when it last ended well and how long that took in seconds, and how many
    runs since then failed or were lost.
    """

    job: str
    begun_at: datetime
    succeeded_at: datetime | None
    seconds: float | None
    failures: int


@dataclass(frozen=True)
class Vitals:
    """When each origin last delivered, the five minutes of its last event, what became of events by origin and outcome,
    how many days wait to be rolled up, and how the jobs are doing.
    """

    delivered: Mapping[str, datetime]
    last_events: Mapping[str, datetime]
    received: Mapping[tuple[str, str], int]
    waiting_days: int
    jobs: Sequence[JobState]


def vitals(connection: Connection, now: datetime) -> Vitals:
    """The numbers at this moment."""
    waiting = [
        connection.scalar(select(func.count()).select_from(table)) or 0 for table in (dirty_day, dirty_report_day)
    ]
    return Vitals(
        delivered=dict(connection.execute(select(origin.c.origin, origin.c.delivered_at)).all()),
        last_events={name: at for name, at in connection.execute(LAST_EVENTS) if at is not None},
        received={(name, outcome): int(count) for name, outcome, count in connection.execute(RECEIVED)},
        waiting_days=sum(waiting),
        jobs=_jobs(connection, now),
    )


def _jobs(connection: Connection, now: datetime) -> list[JobState]:
    begun = select(job_run.c.job, func.max(job_run.c.begun_at)).group_by(job_run.c.job).order_by(job_run.c.job)
    well = select(job_run.c.job, job_run.c.ended_at, job_run.c.seconds).join(
        SUCCEEDED, and_(SUCCEEDED.c.job == job_run.c.job, SUCCEEDED.c.slot == job_run.c.slot)
    )
    successes = {job: (ended_at, seconds) for job, ended_at, seconds in connection.execute(well)}
    failures = dict(connection.execute(_failures(now)).all())
    return [
        JobState(job, begun_at, *successes.get(job, (None, None)), failures.get(job, 0))
        for job, begun_at in connection.execute(begun)
    ]


def _failures(now: datetime) -> Select[str, int]:
    """Runs by job that failed since the last success, or were lost: not ended, with a lease that nobody renews."""
    lost = and_(job_run.c.ended_at.is_(None), job_run.c.lease_until < now)
    since = or_(SUCCEEDED.c.slot.is_(None), job_run.c.slot > SUCCEEDED.c.slot)
    return (
        select(job_run.c.job, func.count())
        .join(SUCCEEDED, SUCCEEDED.c.job == job_run.c.job, isouter=True)
        .where(or_(job_run.c.error.is_not(None), lost), since)
        .group_by(job_run.c.job)
    )
