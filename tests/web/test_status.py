from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert

from dashapp.app import PAGES
from dashapp.domain.messages import FlagRow
from dashapp.metrics import Desk, Policy
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.operations import job_run
from dashapp.store.rollup import rollup
from dashapp.web.cards import content
from dashapp.web.desk import EXTENSION, Services
from dashapp.web.page import Card, Chart
from dashapp.web.scenes import scene
from tests.web.reading import text
from tests.web.served import served

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
STATUS = next(page for page in PAGES if page.path == "/status")
BEGUN = NOW - timedelta(minutes=5)
RUN = {
    "job": "rollup",
    "slot": BEGUN,
    "attempt": 1,
    "runner": "one",
    "begun_at": BEGUN,
    "lease_until": BEGUN + timedelta(seconds=30),
    "ended_at": BEGUN + timedelta(seconds=2),
    "seconds": 2.04,
    "result": '{"days": 3}',
    "error": None,
}
FAILED = {**RUN, "job": "backup", "ended_at": NOW, "result": None, "error": "=DiskFull"}


def card(chart: Chart) -> Card:
    return next(card for card in STATUS.cards if card.chart is chart)


@pytest.fixture
def desk(writer: Engine, settings: Settings) -> Iterator[Desk]:
    app = Flask(__name__)
    app.extensions[EXTENSION] = Services(settings, writer, lambda: NOW, writer)
    with app.app_context(), writer.connect() as connection:
        yield Desk(connection, NOW, Policy(settings.zone, settings.sla))


def said(desk: Desk, chart: Chart, query: str = "") -> str:
    shown = content(scene(desk, query, STATUS), card(chart))
    return shown.message or text(shown.body)


def put(desk: Desk) -> None:
    """Two weeks of flags, in the second of which a region is met for the first time; a day waits to be rolled up."""
    given = {"category": "spam", "severity": "low", "routing": "allow"}
    rows = [
        {**given, "flag_id": str(day), "flagged_day": date(2024, 3, day), "region": "EMEA" if day > 20 else None}
        for day in range(17, 31)
    ]
    flags = [writes.flag_row("ops", FlagRow.model_validate(row), desk.policy.zone) for row in rows]
    writes.put_origin(desk.connection, "ops", "import", NOW - timedelta(hours=3))
    writes.put_coverage(desk.connection, "ops", [flag["flagged_day"] for flag in flags])
    writes.put_flags(desk.connection, flags)
    rollup(desk.connection, desk.policy.sla)
    writes.put_flags(desk.connection, [{**flags[-1], "flag_id": "late"}])


def ran(desk: Desk, *runs: dict[str, Any]) -> None:
    desk.connection.execute(insert(job_run), list(runs))


@pytest.mark.parametrize("chart", [Chart.JOBS, Chart.RUNS])
def test_before_any_job_has_run_it_is_said_what_runs_them(desk: Desk, chart: Chart) -> None:
    assert said(desk, chart).startswith("No job has run yet. Web workers run them")


def test_a_job_is_shown_with_its_last_run_and_what_it_did(desk: Desk) -> None:
    ran(desk, RUN, FAILED)
    told = said(desk, Chart.JOBS)
    assert "Error backup failed 11:55, 1 Apr =DiskFull rollup done 11:55, 1 Apr 3 days 2.04 s" in told


def test_jobs_that_never_ran_are_listed_after_those_that_did(desk: Desk) -> None:
    ran(desk, RUN)
    told = " ".join(f"{job} has not run yet" for job in ("refresh", "detect", "retention", "summary", "late", "orders"))
    assert said(desk, Chart.JOBS).endswith(f"2.04 s {told}")


def test_large_counts_are_written_with_commas_and_bytes_in_megabytes(desk: Desk) -> None:
    ran(desk, {**RUN, "result": '{"bytes": 32829440, "rows": 421074, "removed": 0}'})
    assert "32.8 MB, 421,074 rows, 0 removed" in said(desk, Chart.RUNS)


def test_runs_are_listed_as_the_address_asks(desk: Desk) -> None:
    ran(desk, RUN, FAILED)
    assert said(desk, Chart.RUNS, "job=rollup").endswith("Error rollup 11:55, 1 Apr 11:55, 1 Apr 2.04 s done 1 3 days")
    assert "=DiskFull" in said(desk, Chart.RUNS, "outcome=failed")
    assert said(desk, Chart.RUNS, "job=rollup&outcome=lost") == "No such run."
    assert said(desk, Chart.RUNS, "job=all&outcome=nonsense") == said(desk, Chart.RUNS)


def test_an_origin_is_shown_with_its_age_and_what_waits(desk: Desk) -> None:
    put(desk)
    assert said(desk, Chart.ORIGINS).endswith("ops import 14 flags 09:00, 1 Apr 3 h 17 Mar to 30 Mar 2024 1 day")


def test_values_met_for_the_first_time_are_listed(desk: Desk) -> None:
    put(desk)
    assert said(desk, Chart.VALUES) == "Field Value Origin First day Region EMEA ops 21 Mar 2024"
    assert said(desk, Chart.VALUES, "since=2024-03-25") == "No new value in 25 Mar to 30 Mar 2024."


def test_the_store_is_described(desk: Desk) -> None:
    put(desk)
    told = said(desk, Chart.STORE)
    assert told.startswith("Engine SQLite 3.")
    assert told.endswith("Migration 0016 Days to roll up 1")


@pytest.mark.parametrize(
    ("chart", "table", "title"),
    [
        (Chart.JOBS, "job_run", "Jobs"),
        (Chart.RUNS, "job_run", "Runs of jobs"),
        (Chart.ORIGINS, "cube_core", "Origins"),
        (Chart.VALUES, "dimension_value", "New values"),
        (Chart.STORE, "dirty_day", "Store"),
    ],
)
def test_a_card_that_cannot_be_read_says_so(desk: Desk, chart: Chart, table: str, title: str) -> None:
    seen = scene(desk, "", STATUS)
    desk.connection.exec_driver_sql(f"DROP TABLE {table}")
    assert content(seen, card(chart)).message == f"{title} could not be read. The log says why."
    desk.connection.rollback()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    def fill(engine: Engine, _settings: Settings) -> None:
        with engine.begin() as connection:
            connection.execute(insert(job_run), [RUN, FAILED])

    with served(tmp_path / "store.sqlite", NOW, fill) as made:
        yield made


def test_jobs_can_be_had_as_json(client: FlaskClient) -> None:
    backup, rolled = client.get("/api/v1/jobs.json").get_json()["jobs"]
    assert (backup["job"], backup["done"], backup["failing_since"]) == ("backup", None, "2024-04-01T11:55:00Z")
    assert rolled["last"] == rolled["done"]
    assert rolled["last"] == {
        "slot": "2024-04-01T11:55:00Z",
        "attempt": 1,
        "begun_at": "2024-04-01T11:55:00Z",
        "ended_at": "2024-04-01T11:55:02Z",
        "seconds": 2.04,
        "outcome": "done",
        "result": {"days": 3},
        "error": None,
    }


@pytest.mark.check(26)
def test_runs_can_be_had_as_csv_in_which_nothing_is_a_formula(client: FlaskClient) -> None:
    lines = client.get("/export/runs.csv?outcome=failed").get_data(as_text=True).splitlines()
    assert lines == [
        "job,slot,attempt,begun_at,ended_at,seconds,outcome,result,error",
        "backup,2024-04-01T11:55:00Z,1,2024-04-01T11:55:00Z,2024-04-01T12:00:00Z,2.04,failed,,'=DiskFull",
    ]
    assert len(client.get("/export/runs.csv").get_data(as_text=True).splitlines()) == 3


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("outcome=broken", "outcome: 'broken' is not known"),
        ("job=a&job=b", "job: given 2 times"),
        ("jobs=a", "jobs: is not known here"),
    ],
)
def test_runs_that_are_asked_for_in_a_way_that_cannot_be_read_are_none(
    client: FlaskClient, query: str, problem: str
) -> None:
    answer = client.get(f"/export/runs.csv?{query}")
    assert (answer.status_code, answer.get_json()["problems"]) == (400, [problem])
