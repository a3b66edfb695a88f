"""What is known of the ts-ops data, asked of the API over an import of them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from dashapp.ingest.pipeline import How
from dashapp.ingest.ts_ops import import_ts_ops
from dashapp.metrics.detecting import detect
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store.engine import reader_engine
from dashapp.store.rollup import rollup
from tests.web.served import get, served

NOW = datetime(2024, 4, 8, 9, tzinfo=UTC)
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "ts-ops"


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    if not DATA.is_dir():
        pytest.skip("the ts-ops data is not at hand")

    def fill(engine: Engine, settings: Settings) -> None:
        import_ts_ops(engine, DATA, {}, How("ts-ops", NOW, settings.zone, settings.sla))
        with engine.begin() as connection:
            rollup(connection, settings.sla)
        reader = reader_engine(settings.database_url, settings.read_seconds)
        detect(reader, engine, policy_of(settings), NOW)
        reader.dispose()

    with served(tmp_path_factory.mktemp("ts-ops") / "store.sqlite", NOW, fill) as made:
        yield made


@pytest.mark.parametrize(
    ("question", "value", "n"),
    [
        ("flags.json", 41935, 41935),
        ("flags_auto_blocked.json", 6038, 6038),
        ("flags_human_review.json", 12979, 12979),
        ("sla_breach_rate.json", 100 * 1850 / 10262, 10262),
        ("sla_breach_rate_reviewed.json", 100 * 879 / 4224, 4224),
        ("coordinated_rate.json", 100 * 4714 / 41935, 41935),
        ("automation_rate.json", 100 * (41935 - 12979) / 41935, 41935),
    ],
)
def test_the_totals_of_the_whole_data(client: FlaskClient, question: str, value: float, n: int) -> None:
    body = get(client, f"/api/v1/metrics/{question}")
    assert (body["since"], body["until"], body["as_of"]) == ("2024-01-01", "2024-03-30", "2024-03-30")
    assert len(body["points"]) == 90
    assert (body["total"]["value"], body["total"]["n"]) == (pytest.approx(value, rel=1e-12), n)
    assert body["total"]["provisional"] is False


@pytest.mark.parametrize(
    ("metric", "rounded"),
    [("sla_breach_rate", 18.0), ("sla_breach_rate_reviewed", 20.8), ("coordinated_rate", 11.2)],
)
def test_the_rates_as_they_are_read(client: FlaskClient, metric: str, rounded: float) -> None:
    body = get(client, f"/api/v1/metrics/{metric}.json?grain=whole")
    assert [round(point["value"], 1) for point in body["points"]] == [rounded]


@pytest.mark.parametrize(("window", "mean"), [("since=2024-01-01&until=2024-01-07", 0.8563), ("range=7d", 0.7846)])
def test_the_score_falls_from_the_first_to_the_last_seven_days(client: FlaskClient, window: str, mean: float) -> None:
    body = get(client, f"/api/v1/metrics/score_mean.json?{window}")
    assert round(body["total"]["value"], 4) == mean


def test_the_seven_day_z_score_finds_six_of_nine_attack_days_and_one_other_day(client: FlaskClient) -> None:
    body = get(client, "/api/v1/incidents/backtest.json?detector=zscore7")
    assert {name: round(value, 2) if isinstance(value, float) else value for name, value in body.items()} == {
        "detector": "zscore7",
        "attack_days": 9,
        "detected_days": 7,
        "true_positives": 6,
        "false_positives": 1,
        "recall": 66.67,
        "precision": 85.71,
        "attacks": 5,
        "confirmed": 0,
        "attacks_caught": 4,
        "first_days_caught": 4,
        "delay_days": 0,
        "false_alerts": 1,
        "judged_days": 88,
        "false_alerts_a_week": 0.08,
        "false_days": ["2024-03-09"],
    }


def test_its_false_alarm_is_the_ninth_of_march(client: FlaskClient) -> None:
    found = get(client, "/api/v1/incidents.json?detector=zscore7")["incidents"]
    known = [incident for incident in found if incident["kind"] == "known"]
    days = {alarm["day"] for incident in found for alarm in incident["evidence"] if incident["kind"] == "detected"}
    explained = {alarm["day"] for incident in known for alarm in incident["evidence"]}
    assert len(known) == 5
    assert len(days) == 7
    assert days - explained == {"2024-03-09"}


def test_the_default_detector_finds_nine_of_nine_attack_days_and_no_other(client: FlaskClient) -> None:
    body = get(client, "/api/v1/incidents/backtest.json")
    assert body == {
        "detector": "outbreak",
        "attack_days": 9,
        "detected_days": 9,
        "true_positives": 9,
        "false_positives": 0,
        "recall": 100,
        "precision": 100,
        "attacks": 5,
        "confirmed": 0,
        "attacks_caught": 5,
        "first_days_caught": 5,
        "delay_days": 0,
        "false_alerts": 0,
        "judged_days": 80,
        "false_alerts_a_week": 0,
        "false_days": [],
    }


def test_every_attack_is_found_in_its_category_from_its_first_day_to_its_last(client: FlaskClient) -> None:
    found = get(client, "/api/v1/incidents.json")["incidents"]
    known, detected = (
        [(one["category"], one["since"], one["until"]) for one in found if one["kind"] == kind]
        for kind in ("known", "detected")
    )
    assert len(known) == 5
    assert sorted(detected) == sorted(known)


def test_the_parts_of_every_split_add_up_to_the_whole(client: FlaskClient) -> None:
    for dim in ("category", "severity", "routing", "team", "region", "origin"):
        body = get(client, f"/api/v1/metrics/flags.json?grain=whole&by={dim}")
        assert sum(point["value"] for point in body["points"]) == 41935, dim
    assert len(get(client, "/api/v1/metrics/flags.json?grain=whole&by=category")["points"]) == 6
