from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, update

from dashapp.jobs.scheduler import SCHEDULER, Scheduler
from dashapp.settings import Settings
from dashapp.store.operations import job_run
from dashapp.store.schema import dirty_day, meta
from dashapp.store.writes import put_origin
from dashapp.web.desk import Services
from tests.web.served import client_of

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.both_engines


@pytest.fixture
def client(settings: Settings, reader: Engine, writer: Engine) -> FlaskClient:
    return client_of(Services(settings, reader, lambda: NOW, writer))


def ran(writer: Engine, job: str, ago: timedelta, error: str | None = None) -> None:
    at = NOW - ago
    row = {"job": job, "slot": at, "attempt": 1, "runner": "one:1", "begun_at": at, "lease_until": at, "ended_at": at}
    with writer.begin() as connection:
        connection.execute(insert(job_run), {**row, "error": error})


def changed(writer: Engine) -> None:
    with writer.begin() as connection:
        connection.execute(insert(dirty_day).values(origin="ops", day=NOW.date()))


def told(client: FlaskClient) -> tuple[int, str, str]:
    answer = client.get("/readyz")
    body = answer.get_json()
    return answer.status_code, body["status"], body["checks"]["jobs"]


def test_a_job_that_failed_degrades_the_server_and_takes_it_from_nobody(client: FlaskClient, writer: Engine) -> None:
    ran(writer, "refresh", timedelta(minutes=5), "ValueError")
    assert told(client) == (200, "degraded", "refresh failed")
    ran(writer, "refresh", timedelta(minutes=1))
    assert told(client) == (200, "ok", "ok")


def test_a_run_that_was_lost_is_told(client: FlaskClient, writer: Engine) -> None:
    ran(writer, "refresh", timedelta(minutes=5))
    with writer.begin() as connection:
        connection.execute(update(job_run).values(ended_at=None))
    assert told(client) == (200, "degraded", "refresh was lost")


def test_data_that_nobody_works_on_are_told(client: FlaskClient, writer: Engine) -> None:
    with writer.begin() as connection:
        put_origin(connection, "ops", "import", NOW)
    assert told(client)[2] == "no process runs the jobs"
    ran(writer, "refresh", timedelta(minutes=31))
    assert told(client)[2] == "no process runs the jobs"
    ran(writer, "refresh", timedelta(minutes=29))
    assert told(client)[2] == "ok"


def test_changed_days_that_nobody_rolls_up_are_told(client: FlaskClient, writer: Engine) -> None:
    changed(writer)
    ran(writer, "rollup", timedelta(minutes=14))
    assert told(client)[1:] == ("ok", "ok")


def test_days_that_wait_for_long_wait_for_a_process_that_is_not_there(client: FlaskClient, writer: Engine) -> None:
    changed(writer)
    ran(writer, "rollup", timedelta(minutes=16))
    assert told(client) == (200, "degraded", "changed days are not rolled up")


def test_a_copy_that_is_not_finished_is_not_served(client: FlaskClient, writer: Engine) -> None:
    with writer.begin() as connection:
        connection.execute(insert(meta).values(key="copying", value="under way"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["status"] == "unavailable"
    assert answer.get_json()["checks"]["data"] == "a copy of another store that is not finished"


@pytest.fixture
def scheduler(client: FlaskClient, settings: Settings) -> Iterator[Scheduler]:
    made = Scheduler(settings, [])
    app = client.application
    assert isinstance(app, Flask)
    app.extensions[SCHEDULER] = made
    yield made
    made.stop(wait=True)


def test_a_process_whose_scheduler_has_ended_is_not_ready(client: FlaskClient, scheduler: Scheduler) -> None:
    assert told(client) == (200, "ok", "ok")
    scheduler.stop(wait=True)
    assert told(client) == (503, "unavailable", "the scheduler of this process has ended")


def test_what_keeps_jobs_from_being_claimed_is_told(client: FlaskClient, scheduler: Scheduler) -> None:
    scheduler.stop(wait=False)
    scheduler.threads.start()
    scheduler.runner.trouble = "database or disk is full"
    assert told(client) == (200, "degraded", "cannot be claimed: database or disk is full")
    scheduler.threads.shutdown(wait=True)


@pytest.mark.check(35)
@pytest.mark.sqlite_only
def test_a_disk_without_room_is_told(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashapp.web.health.ROOM", 10**18)
    body = client.get("/readyz").get_json()
    assert (body["status"], body["checks"]["disk"]) == ("degraded", "full")
