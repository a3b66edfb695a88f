"""Runs of jobs, claimed by slot: whoever writes a run's row first runs it, over all processes and hosts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    DateTime,
    bindparam,
    func,
    insert,
    select,
    union_all,
    update,
)

from dashapp.store.columns import Instant
from dashapp.store.operations import job_run

ATTEMPTS = 3
"""A slot whose process is lost so many times is given up."""

GIVEN_UP = "lost with its process, every time"
"""The error of a run that was given up."""


@dataclass(frozen=True)
class Claim:
    """A run in hand, as the store has it. While it goes on its `lease_until` moves on; one released by a process that
    had to stop has no `runner`.
    """

    job: str
    slot: datetime
    attempt: int
    runner: str
    begun_at: datetime
    lease_until: datetime
    ended_at: datetime | None = None
    seconds: float | None = None
    error: str | None = None

    @property
    def released(self) -> bool:
        """Whether its process gave it back, so that another may take it up at once."""
        return self.ended_at is None and not self.runner


EVER = datetime(9000, 1, 1, tzinfo=UTC)
COLUMNS = tuple(job_run.c[name] for name in Claim.__dataclass_fields__)


def moment(connection: Connection) -> datetime:
    """What time it is for all who share the store: PostgreSQL's own clock, for hosts may differ; else this host's."""
    if connection.dialect.name == "postgresql":
        return connection.scalars(select(func.clock_timestamp(type_=DateTime(timezone=True)))).one()
    return datetime.now(UTC)


def last_runs(connection: Connection, *jobs: str, until: datetime | None = None) -> dict[str, Claim]:
    """The run with the newest slot of each of these jobs that has run; of slots up to a moment, where one is given."""
    if not jobs:
        return {}
    return {row.job: Claim(*row) for row in connection.execute(_newest(jobs), {"until": until or EVER})}


@lru_cache(maxsize=16)
def _newest(jobs: tuple[str, ...]) -> CompoundSelect[Any]:
    """One look into the index a job: history may be long, and is looked at every second."""
    slot = job_run.c.slot
    until: BindParameter[datetime] = bindparam("until", type_=Instant)
    each = (
        select(*COLUMNS).where(job_run.c.job == job, slot <= until).order_by(slot.desc()).limit(1).subquery()
        for job in jobs
    )
    return union_all(*(select(one) for one in each))


def claim(connection: Connection, run: Claim, before: Claim | None, until: datetime | None = None) -> bool:
    """Put a run into the store, unless somebody was quicker: `before` must still be the job's last run (of slots up to
    a moment, where one is given), as it was.

    A run of the same slot takes the place of the one that was lost, or that failed. Where writers do not wait for each
    other, the slower of two that put in the same slot gets an IntegrityError.
    """
    if last_runs(connection, run.job, until=until).get(run.job) != before:
        return False
    row = {
        "attempt": run.attempt,
        "runner": run.runner,
        "begun_at": run.begun_at,
        "lease_until": run.lease_until,
    }
    if before and before.slot == run.slot:
        return _change(connection, before, {**row, **dict.fromkeys(("ended_at", "seconds", "result", "error"))})
    connection.execute(insert(job_run).values(job=run.job, slot=run.slot, **row))
    return True


def renew(connection: Connection, run: Claim, until: datetime) -> bool:
    """Move a lease on; False when the run is not ours any more."""
    return _change(connection, run, {"lease_until": until})


def release(connection: Connection, run: Claim) -> bool:
    """Give a run back that had to stop, as if it had not begun."""
    return _change(connection, run, {"runner": "", "attempt": run.attempt - 1})


def finish(
    connection: Connection, run: Claim, ended_at: datetime, seconds: float, result: Mapping[str, int], error: str | None
) -> bool:
    """Say how a run ended; False when it was not ours any more."""
    told = {"ended_at": ended_at, "seconds": seconds, "result": json.dumps(dict(result)), "error": error}
    return _change(connection, run, told)


def give_up(connection: Connection, run: Claim, now: datetime) -> bool:
    """End a run that was lost too often."""
    return _change(connection, run, {"ended_at": now, "error": GIVEN_UP})


def _change(connection: Connection, run: Claim, values: Mapping[str, object]) -> bool:
    return bool(connection.execute(update(job_run).where(*_same(run)).values(values)).rowcount)


def _same(run: Claim) -> tuple[ColumnElement[bool], ...]:
    """The row of a run that nobody else has taken up or ended since."""
    of = job_run.c
    return (
        of.job == run.job,
        of.slot == run.slot,
        of.attempt == run.attempt,
        of.runner == run.runner,
        of.ended_at.is_(None) if run.ended_at is None else of.ended_at == run.ended_at,
    )


def longer(now: datetime, seconds: float) -> datetime:
    """The end of a lease taken now."""
    return now + timedelta(seconds=seconds)
