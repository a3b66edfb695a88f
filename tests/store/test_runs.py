from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert

from dashapp.store.operations import job_run
from dashapp.store.runs import Outcome, jobs, recent, states

NOW = datetime(2024, 3, 30, 12, tzinfo=UTC)


@pytest.fixture
def connection(writer: Engine) -> Iterator[Connection]:
    with writer.connect() as opened:
        yield opened
        opened.rollback()


def ran(connection: Connection, job: str, ago: int, **given: Any) -> None:
    """A run of a job that was due and began so many minutes ago, and took a second."""
    begun = NOW - timedelta(minutes=ago)
    row = {
        "job": job,
        "slot": begun,
        "attempt": 1,
        "runner": "one",
        "begun_at": begun,
        "lease_until": begun + timedelta(seconds=30),
        "ended_at": begun + timedelta(seconds=1),
        "seconds": 1.0,
        "result": None,
        "error": None,
    }
    connection.execute(insert(job_run).values({**row, **given}))


def test_before_any_run_there_is_nothing_to_tell(connection: Connection) -> None:
    assert (states(connection, NOW), recent(connection, NOW, 50), jobs(connection)) == ([], [], [])


def test_a_job_is_told_of_by_its_last_run_and_the_last_that_was_done(connection: Connection) -> None:
    ran(connection, "rollup", 20, result='{"days": 3}')
    ran(connection, "rollup", 10, result='{"days": 1}')
    ran(connection, "rollup", 5, error="OperationalError")
    ran(connection, "rollup", 2, error="DiskFull")
    (state,) = states(connection, NOW)
    assert (state.last.outcome, state.last.error) == (Outcome.FAILED, "DiskFull")
    assert state.done is not None
    assert state.done.result == {"days": 1}
    assert (state.failing_since, state.failures) == (NOW - timedelta(minutes=5), 2)


def test_a_job_that_never_was_done_fails_since_its_first_run(connection: Connection) -> None:
    ran(connection, "backup", 90, error="DiskFull")
    ran(connection, "backup", 30, error="DiskFull")
    (state,) = states(connection, NOW)
    assert (state.done, state.failing_since, state.failures) == (None, NOW - timedelta(minutes=90), 2)


def test_a_failure_that_was_made_good_is_past(connection: Connection) -> None:
    ran(connection, "backup", 90, error="DiskFull")
    ran(connection, "backup", 30)
    assert [(state.failing_since, state.failures) for state in states(connection, NOW)] == [(None, 0)]


@pytest.mark.parametrize(("lease", "outcome"), [(0, Outcome.RUNNING), (-1, Outcome.LOST)])
def test_a_run_that_has_not_ended_goes_on_as_long_as_its_lease(
    connection: Connection, lease: int, outcome: Outcome
) -> None:
    open_run = {"ended_at": None, "seconds": None, "lease_until": NOW + timedelta(seconds=lease)}
    ran(connection, "detect", 1, **open_run)
    assert [run.outcome for run in recent(connection, NOW, 50)] == [outcome]
    assert [run.outcome for run in recent(connection, NOW, 50, outcome=outcome)] == [outcome]
    (state,) = states(connection, NOW)
    assert state.failing_since == (NOW - timedelta(minutes=1) if outcome is Outcome.LOST else None)


def test_the_latest_runs_come_first_and_can_be_narrowed(connection: Connection) -> None:
    ran(connection, "rollup", 3)
    ran(connection, "backup", 2, error="DiskFull")
    ran(connection, "rollup", 1, error="DiskFull")

    def told(*asked: Any) -> list[tuple[str, int]]:
        found = recent(connection, NOW, *asked)
        return [(run.job, (NOW - run.begun_at) // timedelta(minutes=1)) for run in found]

    assert told(50) == [("rollup", 1), ("backup", 2), ("rollup", 3)]
    assert told(2) == [("rollup", 1), ("backup", 2)]
    assert told(50, "rollup") == [("rollup", 1), ("rollup", 3)]
    assert told(50, None, Outcome.FAILED) == [("rollup", 1), ("backup", 2)]
    assert told(50, "rollup", Outcome.DONE) == [("rollup", 3)]
    assert jobs(connection) == ["backup", "rollup"]


@pytest.mark.sqlite_only
def test_however_long_its_history_is_a_job_is_told_of_by_a_few_looks_into_the_index(connection: Connection) -> None:
    for minute in range(2000):
        ran(connection, "rollup", 2000 - minute)
    ran(connection, "rollup", 0, error="DiskFull")
    ran(connection, "backup", 1)
    steps: list[None] = []
    database: Any = connection.connection.driver_connection
    database.set_progress_handler(lambda: steps.append(None), 100)  # after so many instructions of its machine
    told = states(connection, NOW), jobs(connection)
    database.set_progress_handler(None, 0)
    assert [(state.last.job, state.failures) for state in told[0]] == [("backup", 0), ("rollup", 1)]
    assert told[1] == ["backup", "rollup"]
    assert len(steps) < 20
