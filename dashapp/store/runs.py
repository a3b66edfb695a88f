"""What became of runs of jobs, for those who look after them."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select

from dashapp.store.operations import job_run


class Outcome(StrEnum):
    """What became of a run. It is lost when its lease ran out before it ended: its process is gone."""

    DONE = "done"
    RUNNING = "running"
    FAILED = "failed"
    LOST = "lost"


@dataclass(frozen=True)
class Run:
    """One run; `result` are counts by name, `error` is the kind of failure."""

    job: str
    slot: datetime
    attempt: int
    begun_at: datetime
    ended_at: datetime | None
    seconds: float | None
    result: dict[str, Any]
    error: str | None
    outcome: Outcome


@dataclass(frozen=True)
class JobState:
    """A job by its last run, its last run that was done, and since when runs have failed after that."""

    last: Run
    done: Run | None
    failing_since: datetime | None


def states(connection: Connection, now: datetime) -> list[JobState]:
    """Every job that ever ran, by name."""
    ended_well = _is(Outcome.DONE, now)
    last, done = _newest(connection, now), _newest(connection, now, ended_well)
    newest = select(job_run.c.job, func.max(job_run.c.slot).label("slot")).where(ended_well).group_by(job_run.c.job)
    since = newest.subquery()
    after = job_run.outerjoin(since, since.c.job == job_run.c.job)
    bad = _is(Outcome.FAILED, now) | _is(Outcome.LOST, now)
    failed = (
        select(job_run.c.job, func.min(job_run.c.begun_at))
        .select_from(after)
        .where(bad, since.c.slot.is_(None) | (job_run.c.slot > since.c.slot))
        .group_by(job_run.c.job)
    )
    failing = dict(connection.execute(failed).all())
    return [JobState(last[job], done.get(job), failing.get(job)) for job in sorted(last)]


def recent(
    connection: Connection, now: datetime, most: int, job: str | None = None, outcome: Outcome | None = None
) -> list[Run]:
    """The latest runs, newest first; of one job or with one outcome where these are given."""
    where = [job_run.c.job == job] if job else []
    where += [_is(outcome, now)] if outcome else []
    found = select(job_run).where(*where).order_by(job_run.c.begun_at.desc(), job_run.c.job).limit(most)
    return [_run(row, now) for row in connection.execute(found)]


def jobs(connection: Connection) -> list[str]:
    """The names of all jobs that ever ran."""
    return list(connection.scalars(select(job_run.c.job).distinct().order_by(job_run.c.job)))


def _newest(connection: Connection, now: datetime, *where: ColumnElement[bool]) -> dict[str, Run]:
    """The newest run of each job that meets the conditions, by job."""
    newest = select(job_run.c.job, func.max(job_run.c.slot).label("slot")).where(*where).group_by(job_run.c.job)
    of = newest.subquery()
    same = and_(of.c.job == job_run.c.job, of.c.slot == job_run.c.slot)
    return {row.job: _run(row, now) for row in connection.execute(select(job_run).join(of, same))}


def _is(outcome: Outcome, now: datetime) -> ColumnElement[bool]:
    """That a run has had this outcome until now."""
    ended, leased = job_run.c.ended_at.is_not(None), job_run.c.lease_until >= now
    match outcome:
        case Outcome.DONE:
            return ended & job_run.c.error.is_(None)
        case Outcome.FAILED:
            return ended & job_run.c.error.is_not(None)
        case Outcome.RUNNING:
            return ~ended & leased
        case Outcome.LOST:
            return ~ended & ~leased


def _run(row: Row[Any], now: datetime) -> Run:
    if row.ended_at is None:
        outcome = Outcome.RUNNING if row.lease_until >= now else Outcome.LOST
    else:
        outcome = Outcome.DONE if row.error is None else Outcome.FAILED
    result = json.loads(row.result) if row.result else {}
    return Run(row.job, row.slot, row.attempt, row.begun_at, row.ended_at, row.seconds, result, row.error, outcome)
