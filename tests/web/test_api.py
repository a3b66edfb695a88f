import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from dashapp.domain.cells import text_cell
from dashapp.domain.messages import FlagRow, Incident
from dashapp.domain.vocabulary import Severity
from dashapp.metrics import METRICS
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.web.desk import Services
from tests.web.served import client_of, get, served, settings_for

pytestmark = pytest.mark.both_engines

NOW = datetime(2024, 3, 12, 12, tzinfo=UTC)
FIRST = date(2024, 3, 1)
COUNTS = (4, 5, 4, 5, 4, 5, 4, 20, 21, 5)
"""Flags of each day from the first: an attack on days 8 and 9."""


def fill(engine: Engine, _: Settings) -> None:
    """Ten days of flags of one origin; a category like a formula; one known attack on the ninth and tenth."""
    rows = []
    for n, count in enumerate(COUNTS):
        for i in range(count):
            given = {
                "flag_id": f"F{n}-{i}",
                "flagged_day": FIRST + timedelta(days=n),
                "category": ("spam", "=1+1")[i % 2],
                "severity": ("high", "low")[i % 2],
                "routing": ("human_review", "auto_block", "allow")[i % 3],
                "score": 0.1 * (i % 7),
                "hours_to_decision": 30.0 if i == 0 else 2.0,
            }
            rows.append(writes.flag_row("ops", FlagRow.model_validate(given), ZoneInfo("UTC")))
    attack = Incident(
        incident_id="A1", since=date(2024, 3, 9), until=date(2024, 3, 10), category="spam", severity=Severity.HIGH
    )
    with engine.begin() as connection:
        writes.put_flags(connection, rows)
        writes.put_origin(connection, "ops", "import", NOW)
        writes.put_coverage(connection, "ops", {row["flagged_day"] for row in rows})
        writes.put_incidents(connection, "ops", [attack], replace=False)


@pytest.fixture(scope="module")
def client(shared_url: str) -> Iterator[FlaskClient]:
    with served(shared_url, NOW, fill) as made:
        yield made


def test_a_metric_answers_by_day_over_the_last_90_days_to_the_end_of_the_data(client: FlaskClient) -> None:
    body = get(client, "/api/v1/metrics/flags.json")
    assert [body[name] for name in ("metric", "title", "unit", "grain", "by")] == ["flags", "Flags", "flags", "day", []]
    assert (body["since"], body["until"], body["as_of"]) == ("2023-12-12", "2024-03-10", "2024-03-10")
    assert [point["value"] for point in body["points"]] == list(COUNTS)
    assert body["points"][0] == {
        "bucket": "2024-03-01",
        "group": None,
        "groups": [],
        "value": 4,
        "n": 4,
        "low": None,
        "high": None,
        "provisional": False,
    }
    assert body["total"] == {"value": 77, "n": 77, "low": None, "high": None, "provisional": False}
    assert "coverage_note" not in body


def test_a_split_names_each_points_groups(client: FlaskClient) -> None:
    body = get(client, "/api/v1/metrics/flags.json?by=category&by=severity&grain=whole")
    assert [(point["group"], point["groups"], point["value"]) for point in body["points"]] == [
        ("=1+1", ["=1+1", "low"], 36),
        ("spam", ["spam", "high"], 41),
    ]


def test_a_share_comes_with_its_interval_and_cases(client: FlaskClient) -> None:
    body = get(client, "/api/v1/metrics/escalation_rate.json?since=2024-03-01&until=2024-03-02")
    assert body["total"]["n"] == 9
    assert body["total"]["value"] == pytest.approx(100 * 5 / 9)
    assert body["total"]["low"] == pytest.approx(26.665, abs=1e-3)
    assert body["total"]["high"] == pytest.approx(81.122, abs=1e-3)


def test_a_window_beyond_the_data_says_where_the_data_end(client: FlaskClient) -> None:
    body = get(client, "/api/v1/metrics/flags.json?since=2024-03-10&until=2024-03-14")
    assert [point["bucket"] for point in body["points"]] == ["2024-03-10"]
    assert body["coverage_note"] == "The data end on 2024-03-10; later days have no point."


def test_an_origin_that_does_not_exist_has_no_data(client: FlaskClient) -> None:
    body = get(client, "/api/v1/metrics/flags.json?origin=nobody")
    assert (body["points"], body["total"]["value"], body["as_of"]) == ([], None, None)
    assert body["coverage_note"] == "There are no data."


@pytest.mark.parametrize("query", ["", "?by=category", "?by=severity&by=routing&grain=week", "?trailing=3d"])
@pytest.mark.parametrize("key", METRICS)
def test_csv_and_json_hold_the_same_digits(client: FlaskClient, key: str, query: str) -> None:
    as_json, as_csv = (client.get(f"/api/v1/metrics/{key}.{form}{query}") for form in ("json", "csv"))
    assert as_json.status_code == as_csv.status_code
    if as_json.status_code == 400:  # not every metric is kept by everything, and some are for the screen only
        assert as_csv.json == as_json.json
        return
    body: Any = as_json.json
    rows = list(csv.reader(io.StringIO(as_csv.text)))
    assert rows[0] == ["bucket", *body["by"], "value", "n", "low", "high", "provisional"]
    assert rows[1:] == [
        [
            point["bucket"],
            *(text_cell(group) for group in point["groups"]),
            *("" if point[name] is None else repr(point[name]) for name in ("value", "n", "low", "high")),
            str(point["provisional"]).lower(),
        ]
        for point in body["points"]
    ]


def test_a_csv_is_a_file_whose_name_says_what_is_in_it(client: FlaskClient) -> None:
    answer = client.get("/api/v1/metrics/flags.csv?since=2024-03-01&until=2024-03-02&by=category")
    name = "flags_2024-03-01_2024-03-02_day_by-category.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text == (
        "bucket,category,value,n,low,high,provisional\r\n"
        "2024-03-01,'=1+1,2,2,,,false\r\n"
        "2024-03-01,spam,2,2,,,false\r\n"
        "2024-03-02,'=1+1,2,2,,,false\r\n"
        "2024-03-02,spam,3,3,,,false\r\n"
    )


@pytest.mark.check(26)
@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\0x"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert text_cell(text) == f"'{text}"


@pytest.mark.check(26)
@pytest.mark.parametrize("text", ["spam", "hate=speech", "(none)", "", "'quoted"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert text_cell(text) == text


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("/api/v1/metrics/flags.json?by=colour", "by: 'colour' is not known"),
        ("/api/v1/metrics/flags.csv?grain=fortnight", "grain: 'fortnight' is not known"),
        ("/api/v1/metrics/flags.json?colour=red", "colour: not a known filter"),
        ("/api/v1/metrics/flags.json?since=yesterday", "since: 'yesterday' is not a date such as 2024-03-30"),
        ("/api/v1/incidents.json?severity=huge", "severity: 'huge' is not one of low, medium, high, critical"),
        ("/api/v1/incidents/backtest.json?until=%ff", "until: '\ufffd' is not a date such as 2024-03-30"),
    ],
)
def test_a_question_that_cannot_be_read_is_refused_with_its_problems(
    client: FlaskClient, address: str, problem: str
) -> None:
    assert get(client, address, 400) == {"error": "The question could not be read.", "problems": [problem]}


def test_a_question_that_has_no_answer_is_refused_in_a_sentence(client: FlaskClient) -> None:
    body = get(client, "/api/v1/metrics/flags.json?grain=week&trailing=7d", 400)
    assert body == {"error": "A trailing figure is given by day only, and of counts, rates and means."}


def test_an_unknown_metric_is_not_found_and_near_ones_are_named(client: FlaskClient) -> None:
    for form in ("json", "csv"):
        body = get(client, f"/api/v1/metrics/flagz.{form}", 404)
        assert body["error"].startswith("There is no metric 'flagz'. Known are flags, ")
    assert get(client, "/api/v1/metrics/flags", 404)["error"].startswith("There is nothing at this address.")
    assert get(client, "/api/other", 404)["error"].startswith("There is nothing at this address.")


@pytest.mark.parametrize("address", ["/api/v1/metrics", "/api/v1/metrics/flags.json", "/readyz"])
def test_another_method_is_refused_in_json(client: FlaskClient, address: str) -> None:
    answer = client.post(address)
    assert (answer.status_code, answer.mimetype) == (405, "application/json")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("address", "methods"), [("/api/v1/events", "OPTIONS, POST"), ("/readyz", "GET, HEAD, OPTIONS")]
)
def test_an_address_names_the_methods_that_it_takes(client: FlaskClient, address: str, methods: str) -> None:
    asked, refused = client.options(address), client.put(address)
    assert (asked.status_code, asked.headers["Allow"]) == (204, methods)
    assert (refused.status_code, refused.headers["Allow"]) == (405, methods)


def test_an_address_that_only_takes_bodies_is_not_said_to_be_missing(client: FlaskClient) -> None:
    answer = client.get("/api/v1/events")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")


def test_the_catalogue_says_what_must_be_known_to_read_a_metric(client: FlaskClient) -> None:
    found = {metric["key"]: metric for metric in get(client, "/api/v1/metrics")["metrics"]}
    assert list(found) == list(METRICS)
    breaches = found["sla_breach_rate"]
    assert breaches["definition"].startswith("Share of urgent flags decided after their SLA or still open past it")
    assert breaches["dims"][:4] == ["category", "severity", "routing", "origin"]
    del breaches["definition"], breaches["dims"]
    assert breaches == {
        "key": "sla_breach_rate",
        "title": "SLA breach rate",
        "unit": "%",
        "kind": "share",
        "clock": "day raised",
        "better": "lower",
        "threshold": {"warn": 10, "alert": 15, "baseline": None},
        "settles_hours": 24.0,
        "reference": "",
    }
    assert found["flags"]["threshold"] is None


def test_a_process_that_answers_is_healthy(client: FlaskClient) -> None:
    assert get(client, "/healthz") == {"status": "ok"}


def test_a_migrated_store_is_ready(client: FlaskClient) -> None:
    checks = {"database": "ok", "migrations": "ok", "data": "ok", "disk": "ok"}
    told = get(client, "/readyz")
    assert told == {"status": "degraded", "checks": {**checks, "jobs": "no process runs the jobs"}}


def test_an_empty_store_is_ready_and_answers_nothing(tmp_path: Path) -> None:
    with served(tmp_path / "store.sqlite", NOW, lambda *_: None) as client:
        assert get(client, "/readyz")["checks"]["data"] == "empty"
        assert get(client, "/api/v1/metrics/flags.json")["points"] == []
        assert get(client, "/api/v1/incidents.json")["incidents"] == []


def test_a_store_that_is_not_migrated_is_not_ready_and_names_no_path(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "new.sqlite")
    writer = writer_engine(settings.database_url)
    writer.connect().close()
    reader = reader_engine(settings.database_url, 1)
    client = client_of(Services(settings, reader, lambda: NOW, writer))
    body = get(client, "/readyz", 503)
    assert (body["status"], body["checks"]["migrations"]) == ("unavailable", "behind")
    assert get(client, "/api/v1/metrics/flags.json", 503) == {"error": "The database did not answer. The log says why."}
    reader.dispose()
    writer.dispose()


def test_a_metric_that_fails_is_our_fault_and_shows_no_detail(tmp_path: Path) -> None:
    def break_core(engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE cube_thin"))

    path = tmp_path / "store.sqlite"
    with served(path, NOW, fill) as client:
        broken = writer_engine(f"sqlite:///{path}")
        break_core(broken)
        broken.dispose()
        body = get(client, "/api/v1/metrics/flags.json", 503)
        assert body == {"error": "Flags could not be computed. The log says why."}
        assert get(client, "/api/v1/incidents.json?method=zscore7", 503) == body
