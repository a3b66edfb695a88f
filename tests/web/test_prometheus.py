"""What a monitoring system reads: each number once, none of them personal."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, insert

from dashapp.settings import Settings
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.moderation import ingest_count
from dashapp.store.operations import job_run
from dashapp.store.writes import put_origin
from dashapp.web import events_api
from dashapp.web.api import blueprint
from dashapp.web.desk import EXTENSION, Services
from dashapp.web.observe import observe, tell_routes
from tests.web.served import settings_for

pytestmark = pytest.mark.both_engines

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def told(text: str) -> Samples:
    """Samples by name and labels."""
    families = list(text_string_to_metric_families(text))
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((f"watchfloor_{name}", tuple(sorted(labels.items()))))


class Client(FlaskClient):
    """Reads every answer to its end, as browsers do: what is counted is counted then."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return super().open(*args, buffered=True, **kwargs)


def client_over(settings: Settings) -> FlaskClient:
    app = Flask("observed")
    reader, writer = reader_engine(settings.database_url, 10), writer_engine(settings.database_url)
    app.extensions[EXTENSION] = Services(settings, reader, lambda: NOW, writer)
    app.register_blueprint(events_api.blueprint())
    app.register_blueprint(blueprint())
    app.add_url_rule("/<path:path>", "page", view_func=lambda path: path)
    app.add_url_rule("/_dash-update-component", "callback", view_func=lambda: "filled", methods=["POST"])
    tell_routes(app, {"/", "/queue"})
    observe(app)
    app.test_client_class = Client
    return app.test_client()


@pytest.fixture
def client(settings: Settings, writer: Engine) -> Iterator[FlaskClient]:
    made = client_over(settings)
    yield made
    held: Services = made.application.extensions[EXTENSION]
    held.reader.dispose()
    held.writer.dispose()


def scrape(client: FlaskClient) -> Samples:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    return told(answer.text)


def test_requests_are_counted_by_method_route_and_class_of_status(client: FlaskClient) -> None:
    client.get("/healthz")
    client.get("/healthz?since=2024-01-01")
    client.get("/api/v1/metrics/no-such-metric.json")
    client.get("/api/v1/metrics/no-such-other.json")
    client.delete("/api/v1/metrics")
    client.open("/queue", method="BREW")
    samples = scrape(client)
    requests = {labels: count for (name, labels), count in samples.items() if name.endswith("http_requests_total")}
    assert requests == {
        (("method", "GET"), ("route", "/healthz"), ("status", "2xx")): 2,
        (("method", "GET"), ("route", "/api/v1/metrics/<key>.json"), ("status", "4xx")): 2,
        (("method", "DELETE"), ("route", "(none)"), ("status", "4xx")): 1,
        (("method", "other"), ("route", "/queue"), ("status", "4xx")): 1,
    }
    assert value(samples, "http_request_duration_seconds_count", route="/healthz") == 2


def test_addresses_that_somebody_makes_up_share_one_route(client: FlaskClient) -> None:
    for place in range(20):
        client.get(f"/made-up-{place}?id={place}")
    samples = scrape(client)
    assert value(samples, "http_requests_total", method="GET", route="/<path:path>", status="2xx") == 20
    assert not any("made-up" in part for _, labels in samples for _, part in labels)


def test_the_request_under_way_is_the_scrape_itself(client: FlaskClient) -> None:
    assert value(scrape(client), "http_requests_in_progress") == 1
    assert value(scrape(client), "http_requests_in_progress") == 1


@pytest.mark.parametrize(
    ("body", "counted"),
    [
        ({"state": [{"id": "page", "property": "data", "value": "/queue"}]}, 1),
        ({"state": [{"id": "page", "property": "data", "value": "/elsewhere"}]}, None),
        ({"state": [{"id": "page", "value": ["/queue"]}, "page"]}, None),
        ({"state": {"id": "page"}}, None),
        (["/queue"], None),
    ],
    ids=["a page", "no page of ours", "no text", "no list", "no question"],
)
def test_callbacks_are_timed_by_the_page_that_they_fill(client: FlaskClient, body: object, counted: int | None) -> None:
    assert client.post("/_dash-update-component", json=body).status_code == 200
    samples = scrape(client)
    assert value(samples, "callback_duration_seconds_count", page="/queue") == counted
    assert value(samples, "callback_duration_seconds_count", page="/elsewhere") is None


def test_the_store_says_how_old_its_data_are_and_how_its_jobs_do(client: FlaskClient, writer: Engine) -> None:
    begun = NOW - timedelta(minutes=1)
    with writer.begin() as connection:
        put_origin(connection, "ops", "import", NOW - timedelta(hours=2))
        run = {"job": "rollup", "slot": begun, "attempt": 1, "runner": "r", "begun_at": begun, "lease_until": begun}
        connection.execute(insert(job_run).values(**run, ended_at=begun + timedelta(seconds=3), seconds=3.0))
        count = {"origin": "ops", "day": date(2024, 4, 1), "outcome": "new", "count": 7}
        connection.execute(insert(ingest_count).values(**count))
    samples = scrape(client)
    assert value(samples, "up_database") == 1
    assert value(samples, "data_age_seconds", origin="ops") == 7200
    assert value(samples, "events_total", origin="ops", outcome="new") == 7
    assert value(samples, "rollup_waiting_days") == 0
    assert value(samples, "job_last_run_timestamp_seconds", job="rollup") == 1711972740
    assert value(samples, "job_last_success_timestamp_seconds", job="rollup") == 1711972743
    assert value(samples, "job_last_success_duration_seconds", job="rollup") == 3
    assert value(samples, "job_failures_since_success", job="rollup") == 0


def test_however_many_origins_there_are_fifty_are_told_of_by_name(client: FlaskClient, writer: Engine) -> None:
    with writer.begin() as connection:
        for place in range(60):
            put_origin(connection, f"o{place:02}", "events", NOW - timedelta(seconds=place))
            row = {"origin": f"o{place:02}", "day": date(2024, 4, 1), "outcome": "new", "count": 1}
            connection.execute(insert(ingest_count).values(**row))
    samples = scrape(client)
    ages = [labels for name, labels in samples if name == "watchfloor_data_age_seconds"]
    assert len(ages) == 50
    assert value(samples, "events_total", origin="(other)", outcome="new") == 10
    assert value(samples, "data_age_seconds", origin="o00") == 0


def test_without_a_database_the_process_still_tells_what_it_counted(tmp_path: Path) -> None:
    nowhere = client_over(settings_for(tmp_path / "nothing.sqlite"))
    nowhere.get("/healthz")
    samples = scrape(nowhere)
    assert value(samples, "up_database") == 0
    assert value(samples, "http_requests_total", method="GET", route="/healthz", status="2xx") == 1
    assert not any(name.startswith("watchfloor_job") for name, _ in samples)


def test_an_origins_name_is_told_as_it_is_whatever_is_in_it(client: FlaskClient, writer: Engine) -> None:
    name = 'a "b"\\\n# HELP c'
    with writer.begin() as connection:
        put_origin(connection, name, "events", NOW)
    assert value(scrape(client), "data_age_seconds", origin=name) == 0


def test_open_metrics_are_told_to_those_who_ask_for_them(client: FlaskClient) -> None:
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.mimetype == "application/openmetrics-text"
    assert answer.text.endswith("# EOF\n")
    assert "watchfloor_build_info{" in answer.text


def test_metrics_are_only_read(client: FlaskClient) -> None:
    answer = client.post("/metrics")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
