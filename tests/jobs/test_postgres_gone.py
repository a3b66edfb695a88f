"""What only a server of databases can do: go away and come back, and tell the time for hosts whose clocks differ."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Event

import pytest
import time_machine
from sqlalchemy import Engine, make_url, select

from bench.databases import Databases, run
from dashapp.jobs.runner import Job, Shift
from dashapp.jobs.schedule import Every
from dashapp.jobs.scheduler import Scheduler
from dashapp.settings import Settings
from dashapp.store.claims import moment
from dashapp.store.engine import writer_engine
from dashapp.store.operations import job_run

PATIENCE = 60


@pytest.fixture
def url(postgres: Databases) -> Iterator[str]:
    with postgres.new() as made:
        yield made


@pytest.fixture
def store(url: str) -> Iterator[Engine]:
    engine = writer_engine(url)
    yield engine
    engine.dispose()


def test_hosts_whose_clocks_differ_go_by_that_of_the_database(store: Engine) -> None:
    real = datetime.now(UTC)
    with time_machine.travel(datetime(2001, 1, 1, tzinfo=UTC)), store.connect() as connection:
        assert moment(connection) >= real


@pytest.mark.check(36)
def test_jobs_go_on_when_a_database_that_was_gone_is_back(
    url: str, store: Engine, postgres: Databases, caplog: pytest.LogCaptureFixture
) -> None:
    happened, name = Event(), make_url(url).database

    def work(_: Shift) -> dict[str, int]:
        happened.set()
        return {}

    settings = Settings(_env_file=None, database_url=url, lease_seconds=5)
    scheduler = Scheduler(settings, [Job("tidy", Every(1), work)])
    try:
        assert happened.wait(PATIENCE)
        run(postgres.server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        run(postgres.server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        while scheduler.runner.trouble is None:
            pass
        assert scheduler.running
        run(postgres.server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        happened.clear()
        assert happened.wait(PATIENCE)
    finally:
        scheduler.stop(wait=True)
    with store.connect() as connection:
        runs = connection.execute(select(job_run).order_by(job_run.c.slot)).all()
    assert len({run.slot for run in runs}) == len(runs) >= 2
    assert all(run.error is None for run in runs)
