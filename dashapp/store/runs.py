"""What became of runs of jobs, for those who look after them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, Row, ScalarSelect, Select, and_, bindparam, func, literal, select

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


def _names() -> CTE:
    """The jobs that ever ran, and NULL after the last: one look into the index a job, for history may be long."""
    names = select(func.min(job_run.c.job).label("job")).cte("names", recursive=True)
    after = select(func.min(job_run.c.job)).where(job_run.c.job > names.c.job).scalar_subquery()
    return names.union_all(select(after).where(names.c.job.is_not(None)))


NAMES = _names()


def _newest(*where: ColumnElement[bool]) -> ScalarSelect[datetime]:
    """The slot of a job's newest run that meets the conditions."""
    slot = job_run.c.slot
    return select(slot).where(job_run.c.job == NAMES.c.job, *where).order_by(slot.desc()).limit(1).scalar_subquery()


NEWEST = (
    select(NAMES.c.job, _newest().label("last"), _newest(IS[Outcome.DONE]).label("done"))
    .where(NAMES.c.job.is_not(None))
    .subquery()
)
"""Every job that ever ran, with the slots of its last run and the last that was done."""


def _runs(slot: ColumnElement[datetime]) -> Select[Any]:
    return select(job_run).join(NEWEST, and_(job_run.c.job == NEWEST.c.job, job_run.c.slot == slot))


def _failing() -> Select[Any]:
    """By job since when runs have failed or were lost after the last that was done, and how many."""
    ever = literal(datetime.min.replace(tzinfo=UTC), job_run.c.slot.type)
    since_done = job_run.c.slot > func.coalesce(NEWEST.c.done, ever)
    failed = IS[Outcome.FAILED] | IS[Outcome.LOST]
    return (
        select(NEWEST.c.job, func.min(job_run.c.begun_at), func.count())
        .join(job_run, (job_run.c.job == NEWEST.c.job) & since_done & failed)
        .group_by(NEWEST.c.job)
    )


# What the Status page asks is made once: to make a SELECT takes longer than to run one of these.
LAST, DONE, FAILING = _runs(NEWEST.c.last), _runs(NEWEST.c.done), _failing()


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
    """A job by its last run, its last run that was done, and since when and how often runs have failed or were lost
    after that.
    """

    last: Run
    done: Run | None
    failing_since: datetime | None
    failures: int


def states(connection: Connection, now: datetime) -> list[JobState]:
    """Every job that ever ran, by name."""
    last, done = (
        {row.job: _run(row, now) for row in connection.execute(newest, {"now": now})} for newest in (LAST, DONE)
    )
    failing = {job: (since, count) for job, since, count in connection.execute(FAILING, {"now": now})}
    return [JobState(last[job], done.get(job), *failing.get(job, (None, 0))) for job in sorted(last)]


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
    return list(connection.scalars(select(NAMES.c.job).where(NAMES.c.job.is_not(None)).order_by(NAMES.c.job)))


def _run(row: Row[Any], now: datetime) -> Run:
    if row.ended_at is None:
        outcome = Outcome.RUNNING if row.lease_until >= now else Outcome.LOST
    else:
        outcome = Outcome.DONE if row.error is None else Outcome.FAILED
    result = json.loads(row.result) if row.result else {}
    return Run(row.job, row.slot, row.attempt, row.begun_at, row.ended_at, row.seconds, result, row.error, outcome)
