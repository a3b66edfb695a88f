"""Closes old days: what was counted of them stays, the single flags, reports and decisions go."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Engine,
    Table,
    bindparam,
    delete,
    false,
    or_,
    select,
    true,
)

from dashapp.domain.vocabulary import Routing, Severity
from dashapp.store.archive import write_rows
from dashapp.store.closed import close_days
from dashapp.store.moderation import decision, report
from dashapp.store.operations import job_run
from dashapp.store.rollup import roll_up, rollup
from dashapp.store.runs import IS, NEWEST, Outcome
from dashapp.store.schema import flag

NOBODY_DECIDES = flag.c.decided_day.is_(None) & (flag.c.routing != Routing.HUMAN_REVIEW)
BEFORE: BindParameter[date] = bindparam("before", required=True)
RUNS_KEPT = timedelta(days=30)
"""How long the history of jobs is kept."""
FREQUENT, FREQUENT_KEPT = "rollup", timedelta(days=2)
"""The job that runs every few seconds, and how long its runs are kept that were done."""


class Facts(NamedTuple):
    """Rows that go, by their day; `done` says that no open day counts them and nobody waits for them."""

    table: Table
    day: ColumnElement[date]
    done: ColumnElement[bool]


FACTS = (
    Facts(flag, flag.c.flagged_day, (flag.c.decided_day < BEFORE) | NOBODY_DECIDES),
    Facts(report, report.c.created_day, report.c.action.is_not(None)),
    Facts(decision, decision.c.decided_day, true()),
)


def retire(
    writer: Engine,
    before: date,
    sla: Mapping[Severity, float],
    archive: Path | None = None,
    check: Callable[[], None] = lambda: None,
) -> dict[str, int]:
    """Close the days before a date and delete their rows, a day of one table a transaction; how many of each that were.

    What changed is rolled up first, the last of it in the transaction that closes the days: from then on nothing is
    counted anew of them. Rows that are still open stay until they are not. With `archive` rows are in a file there
    before they go; a run that was broken off in between may leave rows in two files.
    """
    roll_up(writer, sla, check)
    with writer.begin() as connection:
        rollup(connection, sla)  # what has changed since, a day or two
        close_days(connection, before)
    return {f"{facts.table.name}s": _delete(writer, facts, before, archive, check) for facts in FACTS}


def _delete(writer: Engine, facts: Facts, before: date, archive: Path | None, check: Callable[[], None]) -> int:
    """Delete what may go of one table, and return how many rows that were."""
    table, bound, gone = facts.table, {BEFORE.key: before}, 0
    old = select(table.c.origin, facts.day).where(facts.day < BEFORE, facts.done).distinct()
    with writer.connect() as connection:
        days = sorted(connection.execute(old, bound).all(), key=lambda pair: (pair[1], pair[0]))
    for name, day in days:
        here = (table.c.origin == name) & (facts.day == day) & facts.done
        with writer.begin() as connection:
            if archive:
                write_rows(connection, table, here, bound, archive, f"{table.name}-{_plain(name)}-{day}")
            gone += connection.execute(delete(table).where(here), bound).rowcount
        check()
    return gone


def _plain(name: str) -> str:
    """An origin's name as a part of a file's name, which it is not made for; the rows have it as it is."""
    return quote(name, safe="")[:100]


def forget_runs(connection: Connection, now: datetime) -> int:
    """Delete the history of jobs that is older than it is kept, but for each job's last run and the last that was done:
    of what runs every few seconds, runs that were done are kept for a shorter time.
    """
    newest = [(job, slot) for job, *slots in connection.execute(select(NEWEST)) for slot in slots if slot]
    kept = or_(false(), *((job_run.c.job == job) & (job_run.c.slot == slot) for job, slot in newest))
    frequent = (job_run.c.job == FREQUENT) & IS[Outcome.DONE] & (job_run.c.begun_at < now - FREQUENT_KEPT)
    old = (job_run.c.begun_at < now - RUNS_KEPT) | frequent
    return connection.execute(delete(job_run).where(old, ~kept)).rowcount
