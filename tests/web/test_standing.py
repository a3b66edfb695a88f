"""A store that is replaced, removed or not to be written any more: what is told of it, and that work goes on by itself
when it is well again.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from dashapp.app import create_app
from dashapp.jobs.runner import Job
from dashapp.jobs.schedule import Every
from dashapp.jobs.scheduler import SCHEDULER, Scheduler
from dashapp.settings import Settings
from dashapp.web.desk import EXTENSION, Services
from dashapp.web.guard import CALLBACKS
from tests.flagged import a_flag_a_day
from tests.stores import new_store
from tests.web.served import browser, filled, get, laying_out, settings_for

DAYS = [date(2024, 3, day) for day in (1, 2, 3)]
ASKED = "since=2024-03-01&until=2024-03-03"


def made(file: Path, days: int) -> Settings:
    """Settings of a store with a flag on each of so many days, and no other file beside it."""
    settings = settings_for(file).model_copy(update={"jobs": False})
    writer = new_store(settings)
    a_flag_a_day(writer, settings, DAYS[:days])
    writer.dispose()
    return settings


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Dash]:
    app = create_app(made(tmp_path / "store.sqlite", 1))
    yield app
    held: Services = app.server.extensions[EXTENSION]
    for engine in (held.reader, held.store, held.writer):
        engine.dispose()


@pytest.fixture
def client(app: Dash) -> FlaskClient:
    held: Services = app.server.extensions[EXTENSION]
    return browser(app, held.settings)


def flags(client: FlaskClient) -> Any:
    return get(client, f"/api/v1/metrics/flags.json?{ASKED}")["total"]["value"]


@pytest.mark.check(35)
def test_a_store_that_was_replaced_is_read_from_the_next_question_on(client: FlaskClient, tmp_path: Path) -> None:
    assert flags(client) == 1
    before = filled(client, "/volume", ASKED)
    made(tmp_path / "other.sqlite", 3)
    for beside in ("-wal", "-shm"):
        (tmp_path / f"store.sqlite{beside}").unlink(missing_ok=True)
    (tmp_path / "other.sqlite").replace(tmp_path / "store.sqlite")
    assert flags(client) == 3
    assert filled(client, "/volume", ASKED) != before  # though both stores count their changes alike
    assert get(client, "/readyz")["checks"]["database"] == "ok"


@pytest.mark.check(35)
def test_a_store_that_has_gone_is_told_and_not_made_anew(client: FlaskClient, tmp_path: Path) -> None:
    assert flags(client) == 1
    store, away = tmp_path / "store.sqlite", tmp_path / "away.sqlite"
    store.rename(away)
    assert get(client, "/readyz", 503)["checks"]["database"] == "unreachable"
    assert get(client, f"/api/v1/metrics/flags.json?{ASKED}", 503)["error"].startswith("The database did not answer")
    told = filled(client, "/volume", ASKED)
    assert "What you see is from before" in told
    assert "Traceback" not in told
    page = client.post(CALLBACKS, json=laying_out("/volume"))
    assert (page.status_code, "The store does not answer" in page.text, "Try again" in page.text) == (200, True, True)
    assert not store.exists()
    away.rename(store)
    assert (flags(client), get(client, "/readyz")["checks"]["database"]) == (1, "ok")
    assert "does not answer" not in client.post(CALLBACKS, json=laying_out("/volume")).text  # which was not kept


@pytest.mark.check(35)
def test_what_writes_does_not_make_a_store_that_has_gone_anew(app: Dash, tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").unlink()
    held: Services = app.server.extensions[EXTENSION]
    with pytest.raises(OperationalError, match="unable to open"):
        held.writer.connect()
    assert not (tmp_path / "store.sqlite").exists()


@pytest.mark.check(35)
def test_a_file_that_is_no_store_is_told(client: FlaskClient, tmp_path: Path) -> None:
    store, away = tmp_path / "store.sqlite", tmp_path / "away.sqlite"
    assert flags(client) == 1
    store.rename(away)
    store.write_bytes(b"no database" * 1000)
    assert get(client, "/readyz", 503)["checks"]["database"] == "unreachable"
    away.replace(store)
    assert flags(client) == 1


@pytest.fixture
def locked(app: Dash) -> Iterator[list[bool]]:
    """Whether the store cannot be written, as on a disk that went over to reading: a switch for tests."""
    held: Services = app.server.extensions[EXTENSION]
    scheduler = Scheduler(held.settings, [Job("refresh", Every(1), lambda _: {})])
    app.server.extensions[SCHEDULER] = scheduler
    switch = [True]

    def taken(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA query_only={'ON' if switch[0] else 'OFF'}")

    for engine in (held.writer, scheduler.runner.quick, scheduler.runner.writer):
        event.listen(engine, "checkout", taken)
    yield switch
    scheduler.stop(wait=True)


def wait_until_told(jobs: str, client: FlaskClient) -> None:
    """Wait until this is told of the jobs."""
    for _ in range(600):
        told = get(client, "/readyz")["checks"]["jobs"]
        if told == jobs:
            return
        sleep(0.1)
    raise AssertionError(f"{jobs} is never told, but {told}")


@pytest.mark.check(35)
def test_a_store_that_cannot_be_written_is_told_on_pages_until_it_can_be_again(
    client: FlaskClient, locked: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashapp.web.health.LASTING", 0.0)
    wait_until_told("cannot be claimed: attempt to write a readonly database", client)
    told = filled(client, "/volume", ASKED)
    assert "Figures are not brought up to date (jobs: cannot be claimed: attempt to write a readonly" in told
    assert flags(client) == 1
    locked[0] = False
    wait_until_told("ok", client)
    assert "not brought up to date" not in filled(client, "/volume", f"{ASKED}&category=spam")


@pytest.mark.check(35)
def test_figures_that_no_process_brings_up_to_date_are_told_as_such(client: FlaskClient) -> None:
    assert "Figures are not brought up to date (no process runs the jobs)." in filled(client, "/volume", ASKED)
