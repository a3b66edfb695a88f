"""What became of runs of jobs, for those who look after them."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Subquery, and_, bindparam, func, select

from dashapp.store.operations import job_run


class Outcome(StrEnum):
    """What became of a run. It is lost when its lease ran out before it ended: its process is gone."""

    DONE = "done"
    RUNNING = "running"
    FAILED = "failed"
    LOST = "lost"


ENDED = job_run.c.ended_at.is_not(None)
LEASED = job_run.c.lease_until >= bindparam("now", type_=job_run.c.lease_until.type)
IS = {
    Outcome.DONE: ENDED & job_run.c.error.is_(None),
    Outcome.FAILED: ENDED & job_run.c.error.is_not(None),
    Outcome.RUNNING: ~ENDED & LEASED,
    Outcome.LOST: ~ENDED & ~LEASED,
}
"""That a run has had an outcome until now."""


def _newest(*where: ColumnElement[bool]) -> Subquery:
    """The slot of each job's newest run that meets the conditions."""
    return (
        select(job_run.c.job, func.max(job_run.c.slot).label("slot")).where(*where).group_by(job_run.c.job).subquery()
    )


def _runs(newest: Subquery) -> Select[Any]:
    return select(job_run).join(newest, and_(newest.c.job == job_run.c.job, newest.c.slot == job_run.c.slot))


def _failing(done: Subquery) -> Select[str, datetime]:
    """Since when runs have failed or were lost after the last that was done, by job."""
    return (
        select(job_run.c.job, func.min(job_run.c.begun_at))
        .select_from(job_run.outerjoin(done, done.c.job == job_run.c.job))
        .where(IS[Outcome.FAILED] | IS[Outcome.LOST], done.c.slot.is_(None) | (job_run.c.slot > done.c.slot))
        .group_by(job_run.c.job)
    )


# What the Status page asks is made once: to make a SELECT takes longer than to run one of these.
LAST, DONE, FAILING = _runs(_newest()), _runs(_newest(IS[Outcome.DONE])), _failing(_newest(IS[Outcome.DONE]))


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
    last, done = (
        {row.job: _run(row, now) for row in connection.execute(newest, {"now": now})} for newest in (LAST, DONE)
    )
    failing = dict(connection.execute(FAILING, {"now": now}).all())
    return [JobState(last[job], done.get(job), failing.get(job)) for job in sorted(last)]


def recent(
    connection: Connection, now: datetime, most: int, job: str | None = None, outcome: Outcome | None = None
) -> list[Run]:
    """The latest runs, newest first; of one job or with one outcome where these are given."""
    where = [job_run.c.job == job] if job else []
    where += [IS[outcome]] if outcome else []
    found = select(job_run).where(*where).order_by(job_run.c.begun_at.desc(), job_run.c.job).limit(most)
    return [_run(row, now) for row in connection.execute(found, {"now": now})]


def jobs(connection: Connection) -> list[str]:
    """The names of all jobs that ever ran."""
    return list(connection.scalars(select(job_run.c.job).distinct().order_by(job_run.c.job)))


def _run(row: Row[Any], now: datetime) -> Run:
    if row.ended_at is None:
        outcome = Outcome.RUNNING if row.lease_until >= now else Outcome.LOST
    else:
        outcome = Outcome.DONE if row.error is None else Outcome.FAILED
    result = json.loads(row.result) if row.result else {}
    return Run(row.job, row.slot, row.attempt, row.begun_at, row.ended_at, row.seconds, result, row.error, outcome)
