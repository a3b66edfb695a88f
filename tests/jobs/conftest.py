from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from dashapp.jobs.runner import Job, Runner, Shift
from dashapp.settings import Settings
from dashapp.store.engine import writer_engine
from dashapp.store.operations import job_run

NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)
LEASE = 20


@dataclass
class Time:
    """A clock on the wall, and one that only goes forward; both are set by the test."""

    wall: datetime = NOON
    steady: float = 1000.0

    def passes(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.steady += seconds


@dataclass
class Done:
    """Work that notes when it was done, and may do something else besides."""

    at: list[datetime] = field(default_factory=list)
    also: Callable[[Shift], None] = lambda _: None

    def __call__(self, shift: Shift) -> Mapping[str, int]:
        self.at.append(shift.now)
        self.also(shift)
        return {"times": len(self.at)}


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(_env_file=None, database_url=database_url, time_zone="UTC", lease_seconds=LEASE)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def runner_of(settings: Settings, writer: Engine, time: Time) -> Iterator[Callable[..., Runner]]:
    """Makes processes that share the store and the time; `name` tells one from another."""
    made = []

    def make(jobs: Sequence[Job], name: str = "one:1") -> Runner:
        runner = Runner(jobs, settings, lambda _: time.wall, lambda: time.steady)
        runner.name = name
        made.append(runner)
        return runner

    yield make
    for runner in made:
        runner.close()


def turn(runner: Runner) -> int:
    """Look once and do what is due; how many runs that were."""
    found = runner.claimed()
    for job, run in found:
        runner.run(job, run)
    return len(found)


def history(url: str) -> list[tuple[str, str, int, str | None]]:
    """Job, time of the slot, attempt and error of every run, in the order of slots."""
    engine = writer_engine(url)
    of = job_run.c
    with engine.connect() as connection:
        rows = connection.execute(select(of.job, of.slot, of.attempt, of.error).order_by(of.slot, of.job)).all()
    engine.dispose()
    return [(row.job, f"{row.slot:%H:%M:%S}", row.attempt, row.error) for row in rows]
