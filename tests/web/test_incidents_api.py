"""What the API says of attacks: those known, those found and kept, and how well detectors do."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from dashapp.domain.ask import Window
from dashapp.domain.messages import FlagRow, Incident
from dashapp.domain.vocabulary import IncidentKind, Severity, Triage
from dashapp.metrics.detecting import VERSION, detect
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.engine import reader_engine
from dashapp.store.findings import Sighting, Source, findings_within, keep_sightings, triage
from dashapp.store.rollup import rollup
from tests.published import publish
from tests.web.served import get, served

pytestmark = pytest.mark.both_engines

NOW = datetime(2024, 3, 12, 12, tzinfo=UTC)
LAST = date(2024, 3, 10)
FIRST = LAST - timedelta(days=69)
TEN_DAYS = (4, 5, 4, 5, 4, 5, 4, 20, 21, 5)
"""Flags of the last ten days of a store that has no others: unusual on 8 and 9 March."""
UNUSUAL = {
    ("spam", date(2024, 2, 20)): 1,
    ("fraud", date(2024, 3, 1)): 40,
    ("spam", date(2024, 3, 6)): 100,
    ("spam", date(2024, 3, 7)): 110,
}
"""Flags of ten weeks of about 30 of spam and 10 of fraud a day: a day that fell, one that rose, and an attack."""
NOTE = "they post from one basement"


def put(engine: Engine, counts: dict[tuple[str, date], int], since: date, until: date) -> None:
    """So many flags by category and day, and a known attack of spam."""
    rows = [
        writes.flag_row(
            "ops",
            FlagRow(
                flag_id=f"{category}-{day}-{number}",
                flagged_day=day,
                category=category,
                severity=Severity.LOW,
                routing="allow",
            ),
            ZoneInfo("UTC"),
        )
        for (category, day), count in counts.items()
        for number in range(count)
    ]
    attack = Incident(incident_id="A1", since=since, until=until, category="spam", severity=Severity.HIGH)
    with engine.begin() as connection:
        writes.put_flags(connection, rows)
        writes.put_origin(connection, "ops", "import", NOW)
        writes.put_coverage(connection, "ops", {day for _, day in counts})
        writes.put_incidents(connection, "ops", [attack], replace=False)


def fill_ten_days(engine: Engine, _: Settings) -> None:
    counts = {("spam", date(2024, 3, 1 + number)): count for number, count in enumerate(TEN_DAYS)}
    put(engine, counts, date(2024, 3, 9), LAST)


def fill_ten_weeks(engine: Engine, settings: Settings) -> None:
    """Ten weeks, which the detection job has looked at; an analyst has said something of the attack."""
    usual = {
        (category, day): count + number % 3
        for number, day in enumerate(Window(FIRST, LAST))
        for category, count in (("spam", 29), ("fraud", 9))
    }
    put(engine, usual | UNUSUAL, date(2024, 3, 6), date(2024, 3, 7))
    with engine.begin() as connection:
        rollup(connection, settings.sla)
    reader = reader_engine(settings.database_url, settings.read_seconds)
    detect(reader, engine, policy_of(settings), NOW)
    reader.dispose()
    with engine.begin() as connection:
        [attack] = [one for one in findings_within(connection, ["ops"]) if one.seen.attack]
        triage(connection, attack.id, Triage.CONFIRMED, NOTE, "lead", NOW)


@pytest.fixture(scope="module")
def looked(shared_url: str) -> Iterator[FlaskClient]:
    with served(shared_url, NOW, fill_ten_weeks) as made:
        yield made


@pytest.fixture
def client(database_url: str) -> Iterator[FlaskClient]:
    with served(database_url, NOW, fill_ten_days) as made:
        yield made


def of_kind(body: Any, kind: str) -> list[Any]:
    return [one for one in body["incidents"] if one["kind"] == kind]


def test_the_default_detector_says_what_it_is(looked: FlaskClient) -> None:
    body = get(looked, "/api/v1/incidents.json")
    assert [body[name] for name in ("detector", "title", "threshold", "scale", "since", "until", "as_of")] == [
        "outbreak",
        "Volume model",
        2.5,
        "-log10 p",
        "2023-12-12",
        "2024-03-10",
        "2024-03-10",
    ]
    assert body["description"].startswith("Holds the flags of each category against what its last twelve weeks")


def test_incidents_are_known_attacks_and_what_was_found_by_their_first_day(looked: FlaskClient) -> None:
    body = get(looked, "/api/v1/incidents.json")
    assert [(one["kind"], one["category"], one["since"], one["until"]) for one in body["incidents"]] == [
        ("detected", "spam", "2024-02-20", "2024-02-20"),
        ("detected", "fraud", "2024-03-01", "2024-03-01"),
        ("known", "spam", "2024-03-06", "2024-03-07"),
        ("detected", "spam", "2024-03-06", "2024-03-07"),
    ]
    [known] = of_kind(body, "known")
    assert (known["id"], known["severity"], known["incident"]) == ("A1", "high", None)
    assert [(alarm["day"], alarm["category"], alarm["observed"]) for alarm in known["evidence"]] == [
        ("2024-03-06", "spam", 100),
        ("2024-03-07", "spam", 110),
    ]
    assert {alarm["found_at"] for alarm in known["evidence"]} == {"2024-03-12T12:00:00+00:00"}


def test_what_was_found_tells_what_the_store_keeps_of_it(looked: FlaskClient) -> None:
    fall, _, attack = of_kind(get(looked, "/api/v1/incidents.json"), "detected")
    kept = attack["incident"]
    assert {name: kept[name] for name in ("origin", "metric", "series", "kind", "state", "attack", "observed")} == {
        "origin": "ops",
        "metric": "flags",
        "series": {"category": "spam"},
        "kind": "spike",
        "state": "confirmed",
        "attack": "A1",
        "observed": 210,
    }
    assert kept["id"] == attack["id"]
    assert kept["low"] < 40 < kept["expected"] + 2 < kept["high"] < 130
    assert kept["p"] < 1e-6
    assert [day["day"] for day in kept["evidence"]["days"]] == ["2024-03-06", "2024-03-07"]
    assert (fall["incident"]["kind"], fall["incident"]["observed"], fall["evidence"]) == ("drop", 1, [])


def test_what_analysts_wrote_is_not_told(looked: FlaskClient) -> None:
    for address in ("incidents.json", "incidents.csv"):
        answer = looked.get(f"/api/v1/{address}").text
        assert "confirmed" in answer
        assert NOTE not in answer
    assert "note" not in of_kind(get(looked, "/api/v1/incidents.json"), "detected")[0]["incident"]


def test_the_csv_of_incidents_has_the_rows_of_the_json(looked: FlaskClient) -> None:
    answer = looked.get("/api/v1/incidents.csv")
    assert "incidents_2023-12-12_2024-03-10.csv" in answer.headers["Content-Disposition"]
    names = next(csv.reader(io.StringIO(answer.text)))
    assert len(set(names)) == len(names)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    listed = get(looked, "/api/v1/incidents.json")["incidents"]
    assert [(row["kind"], row["since"], row["incident_id"]) for row in rows] == [
        (one["kind"], one["since"], str(one["id"])) for one in listed
    ]
    assert [(row["alarm_days"], row["attacks"], row["incident_kind"], row["incident_state"]) for row in rows] == [
        ("", "", "drop", "open"),
        ("2024-03-01", "", "spike", "open"),
        ("2024-03-06 2024-03-07", "", "", ""),
        ("2024-03-06 2024-03-07", "A1", "spike", "confirmed"),
    ]


def test_the_default_detector_finds_the_attack_on_its_first_day(looked: FlaskClient) -> None:
    body = get(looked, "/api/v1/incidents/backtest.json")
    assert body == get(looked, "/api/v1/incidents/backtest.json?method=outbreak")
    assert {**body, "precision": round(body["precision"], 1)} == {
        "detector": "outbreak",
        "attack_days": 2,
        "detected_days": 3,
        "true_positives": 2,
        "false_positives": 1,
        "recall": 100.0,
        "precision": 66.7,
        "attacks": 1,
        "confirmed": 0,
        "attacks_caught": 1,
        "first_days_caught": 1,
        "delay_days": 0.0,
        "false_alerts": 1,
        "judged_days": 60,
        "false_alerts_a_week": pytest.approx(7 / 60),
        "false_days": ["2024-03-01"],
    }


def test_incidents_in_one_category_are_those_of_it(looked: FlaskClient) -> None:
    body = get(looked, "/api/v1/incidents.json?category=fraud")
    assert [(one["kind"], one["since"]) for one in body["incidents"]] == [("detected", "2024-03-01")]


def test_another_detector_has_alarms_and_nothing_that_is_kept(client: FlaskClient) -> None:
    body = get(client, "/api/v1/incidents.json?method=zscore7")
    assert (body["detector"], body["threshold"], body["as_of"]) == ("zscore7", 1.5, "2024-03-10")
    detected, known = body["incidents"]
    assert (detected["kind"], detected["since"], detected["until"]) == ("detected", "2024-03-08", "2024-03-09")
    assert [(alarm["day"], alarm["observed"]) for alarm in detected["evidence"]] == [
        ("2024-03-08", 20),
        ("2024-03-09", 21),
    ]
    assert detected["evidence"][0]["score"] == pytest.approx(2.2596, abs=1e-4)
    assert (known["kind"], known["id"], known["since"], known["until"]) == ("known", "A1", "2024-03-09", "2024-03-10")
    assert known["evidence"] == detected["evidence"][1:]
    assert (detected["id"], detected["incident"]) == (None, None)


def test_the_csv_of_another_detector_names_its_alarms(client: FlaskClient) -> None:
    answer = client.get("/api/v1/incidents.csv?method=zscore7")
    assert answer.text.splitlines()[1:] == [
        "detected,2024-03-08,2024-03-09,,,,,,2024-03-08 2024-03-09,A1,,,,,,,,,",
        "known,2024-03-09,2024-03-10,A1,spam,high,,,2024-03-09,,,,,,,,,,",
    ]


@pytest.fixture
def published(database_url: str) -> Iterator[FlaskClient]:
    """Counts of two platforms, and an incident of one of them, beside the flags."""

    def fill(engine: Engine, settings: Settings) -> None:
        fill_ten_days(engine, settings)
        series = "platform=Chat&category=spam"
        seen = Sighting(series, IncidentKind.SPIKE, date(2024, 3, 5), date(2024, 3, 5), p=1e-6, observed=90.0)
        with engine.begin() as connection:
            writes.put_origin(connection, "dsa", "import", NOW)
            publish(connection, "dsa", LAST, days=10)
            source = Source("dsa", "statements", "outbreak", VERSION)
            keep_sightings(connection, source, Window(date(2024, 3, 1), LAST), [seen], NOW)

    with served(database_url, NOW, fill) as made:
        yield made


def test_incidents_in_the_counts_of_platforms_are_had_by_the_metric(published: FlaskClient) -> None:
    [one] = get(published, "/api/v1/incidents.json?metric=statements")["incidents"]
    assert (one["kind"], one["since"], one["category"]) == ("detected", "2024-03-05", "spam")
    assert one["incident"]["series"] == {"platform": "Chat", "category": "spam"}
    assert get(published, "/api/v1/incidents.json?metric=statements&platform=Board")["incidents"] == []
    kept = list(csv.DictReader(published.get("/api/v1/incidents.csv?metric=statements").text.splitlines()))
    assert [(row["incident_observed"], row["incident_series"]) for row in kept] == [
        ("90.0", "platform: Chat; category: spam")
    ]


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("incidents.json?metric=oracle", "No incidents of 'oracle' are looked for. Known: flags, statements."),
        ("incidents.csv?metric=flags&metric=statements", "No incidents of 'flags, statements' are looked for."),
        ("incidents.json?metric=statements&method=zscore7", "Incidents of statements are those of outbreak."),
        ("incidents/backtest.json?metric=statements", "The back-test is about flags, not statements."),
    ],
)
def test_metrics_that_nobody_looks_at_are_refused(client: FlaskClient, address: str, told: str) -> None:
    assert get(client, f"/api/v1/{address}", 400)["error"].startswith(told)


@pytest.mark.parametrize("name", ["method", "detector"])
def test_the_back_test_counts_days(client: FlaskClient, name: str) -> None:
    assert get(client, f"/api/v1/incidents/backtest.json?{name}=zscore7") == {
        "detector": "zscore7",
        "attack_days": 2,
        "detected_days": 2,
        "true_positives": 1,
        "false_positives": 1,
        "recall": 50.0,
        "precision": 50.0,
        "attacks": 1,
        "confirmed": 0,
        "attacks_caught": 1,
        "first_days_caught": 1,
        "delay_days": 0.0,
        "false_alerts": 0,
        "judged_days": 8,
        "false_alerts_a_week": 0.0,
        "false_days": ["2024-03-08"],
    }


def test_a_detector_that_is_none_of_ours_is_what_raised_the_flags(client: FlaskClient) -> None:
    body = get(client, "/api/v1/incidents/backtest.json?detector=text&method=zscore7")
    assert (body["detector"], body["detected_days"]) == ("zscore7", 0)


def test_a_back_test_reads_the_days_before_its_window(client: FlaskClient) -> None:
    body = get(client, "/api/v1/incidents/backtest.json?method=zscore7&since=2024-03-09&until=2024-03-09")
    assert (body["detected_days"], body["recall"], body["precision"]) == (1, 100.0, 100.0)


def test_a_back_test_without_attacks_or_alarms_has_neither_recall_nor_precision(client: FlaskClient) -> None:
    body = get(client, "/api/v1/incidents/backtest.json?method=zscore7&until=2024-03-05")
    assert (body["attack_days"], body["detected_days"], body["recall"], body["precision"]) == (0, 0, None, None)
    assert get(client, "/api/v1/incidents/backtest.json?category=hate")["attack_days"] == 0
    assert get(client, "/api/v1/incidents/backtest.json?severity=low")["attack_days"] == 2  # whatever its flags are


def test_days_that_nobody_could_judge_give_no_rate_of_false_alerts(client: FlaskClient) -> None:
    body = get(client, "/api/v1/incidents/backtest.json")
    assert (body["judged_days"], body["false_alerts_a_week"], body["delay_days"]) == (0, None, None)


@pytest.mark.parametrize("address", ["incidents.json", "incidents.csv", "incidents/backtest.json"])
def test_an_unknown_detector_is_refused_and_the_known_ones_named(client: FlaskClient, address: str) -> None:
    body = get(client, f"/api/v1/{address}?method=oracle", 400)
    assert body == {"error": "There is no detector 'oracle'. Known: outbreak, ears_c2, zscore7."}
