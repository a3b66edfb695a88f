"""The page Attacks, card by card, over a small store made by hand and over the real ts-ops data."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, delete

from dashapp.domain.ask import Window
from dashapp.domain.messages import FlagRow, Incident
from dashapp.domain.view import View
from dashapp.domain.vocabulary import IncidentKind, Severity, Triage
from dashapp.ingest.pipeline import How
from dashapp.ingest.ts_ops import import_ts_ops
from dashapp.metrics import Desk, Policy
from dashapp.metrics.detecting import detect
from dashapp.metrics.strength import Sight
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.findings import Sighting, Source, findings_within, keep_sightings, triage
from dashapp.store.rollup import rollup
from dashapp.store.schema import incident
from dashapp.web import scenes
from dashapp.web.cards import Content, content
from dashapp.web.cards.strength import in_words
from dashapp.web.page import Chart
from pages.attacks import PAGE
from tests.web.reading import text

NOW = datetime(2024, 4, 8, 9, tzinfo=UTC)
COUNTS = {1: 3, 2: 4, 3: 3, 4: 4, 5: 15, 6: 3, 7: 4, 8: 3, 9: 4, 10: 3, 11: 4, 12: 16, 13: 3}
HARMFUL = "<img src=x onerror=alert(1)>"

Show = Callable[[Chart, str], Content]
WINDOW = "since=2024-03-01&until=2024-03-13"
BY_TOTAL = f"{WINDOW}&method=zscore7"


def flag(day: int, number: int) -> FlagRow:
    given = {"category": "spam", "severity": "low", "routing": "allow"}
    return FlagRow.model_validate({"flag_id": f"{day}-{number}", "flagged_day": date(2024, 3, day), **given})


def attack(key: str, first: int, last: int, pattern: str | None = None) -> Incident:
    days = {"since": date(2024, 3, first), "until": date(2024, 3, last)}
    return Incident(incident_id=key, category="spam", severity=Severity.HIGH, pattern=pattern, **days)


def fill(writer: Engine, attacks: list[Incident]) -> None:
    """Thirteen days of flags, two of them far above the rest."""
    with writer.begin() as connection:
        rows = [
            writes.flag_row("ops", flag(day, number), ZoneInfo("UTC"))
            for day, count in COUNTS.items()
            for number in range(count)
        ]
        writes.put_origin(connection, "ops", "import", NOW)
        writes.put_flags(connection, rows)
        writes.put_coverage(connection, "ops", [date(2024, 3, day) for day in COUNTS])
        writes.put_incidents(connection, "ops", attacks, replace=False)
        rollup(connection, dict.fromkeys(Severity, 24.0))


def find(writer: Engine, *sightings: Sighting) -> None:
    """What a detector saw."""
    source, days = Source("ops", "flags", "outbreak", 1), Window(date(2024, 3, 1), date(2024, 3, 13))
    with writer.begin() as connection:
        keep_sightings(connection, source, days, list(sightings), NOW)


@contextmanager
def shown(reader: Engine, settings: Settings) -> Iterator[Show]:
    """Makes a card of the page under an address."""
    with reader.connect() as connection:
        desk = Desk(connection, NOW, Policy(settings.zone, settings.sla))
        cards = {card.chart: card for card in PAGE.cards}
        yield lambda chart, address: content(scenes.scene(desk, address, PAGE), cards[chart])


@pytest.fixture
def show(writer: Engine, reader: Engine, settings: Settings) -> Iterator[Show]:
    fill(writer, [attack("A1", 5, 6, HARMFUL)])
    with shown(reader, settings) as maker:
        yield maker


@pytest.fixture
def show_unattacked(writer: Engine, reader: Engine, settings: Settings) -> Iterator[Show]:
    fill(writer, [])
    with shown(reader, settings) as maker:
        yield maker


@pytest.fixture
def show_ts_ops(writer: Engine, reader: Engine, settings: Settings, ts_ops: Path) -> Iterator[Show]:
    import_ts_ops(writer, ts_ops, {}, How("ts-ops", NOW, settings.zone, settings.sla))
    with writer.begin() as connection:
        rollup(connection, settings.sla)
    detect(reader, writer, Policy(settings.zone, settings.sla), NOW)
    with shown(reader, settings) as maker:
        yield maker


def parts(made: Content, kind: str) -> list[Any]:
    """The components of one kind in a card, in their order."""
    assert made.body is not None, made.message
    return [part for part in made.body._traverse() if type(part).__name__ == kind]


def rows(made: Content) -> list[list[str]]:
    return [[text(cell) for cell in row.children] for row in parts(made, "Tr")[1:]]


def test_days_with_too_little_before_them_are_not_told_to_be_without_incident(
    writer: Engine, reader: Engine, settings: Settings
) -> None:
    fill(writer, [])
    detect(reader, writer, Policy(settings.zone, settings.sla), NOW)
    short = "The detector could judge none of these days: there is too little history before them."
    with shown(reader, settings) as show:
        made = show(Chart.ATTACKS, "since=2024-03-01&until=2024-03-06")
        assert str(made.message).startswith(f"{short} It last looked at "), made.message
        assert show(Chart.POWER, "since=2024-03-01&until=2024-03-06").message == short
        held = show(Chart.BACKTEST, "since=2024-03-01&until=2024-03-06")
        assert rows(held)[0] == ["Volume model chosen", *["no data"] * 9]
        assert "the volume model could judge no day" in text(parts(held, "P")[0])


def test_a_known_attack_that_no_incident_tells_of_was_missed(show: Show) -> None:
    made = show(Chart.ATTACKS, WINDOW)
    assert text(made.head) == "0 open of 0, 1 missed the detector has not looked yet"
    assert rows(made) == [
        [
            "Missed Spam",
            "5 Mar to 6 Mar 2024 over",
            "declared by the origin",
            "18 flags on these days: no incident tells of it",
            f"{HARMFUL} (high)",
            "missed",
            "A1",
            "Flags  of A1",
        ]
    ]
    assert [link.href for link in parts(made, "Link")] == ["/flags?since=2024-03-05&until=2024-03-06&category=spam"]


def test_incidents_are_ranked_and_lead_to_their_page(writer: Engine, show: Show) -> None:
    fifth, twelfth = date(2024, 3, 5), date(2024, 3, 12)
    known = Sighting("category=spam", IncidentKind.SPIKE, fifth, fifth, 15.0, 3.5, 0.0, 9.0, 3e-4, attack="A1")
    sure = Sighting("category=spam", IncidentKind.DROP, twelfth, twelfth, 1.0, 20.0, 9.0, 33.0, 1e-9, provisional=True)
    find(writer, known, sure)
    made = show(Chart.ATTACKS, WINDOW)
    assert [row[0] for row in rows(made)] == ["Fall Spam", "Spike Spam"]
    assert [row[1] for row in rows(made)] == ["12 Mar 2024 goes on", "5 Mar 2024 over"]
    assert [row[2] for row in rows(made)] == ["1 in 1,000,000 provisional", "1 in 3,300"]
    assert [row[3] for row in rows(made)] == [
        "1 flag where 20 were expected, 5 % of it",
        "15 flags where 4 were expected, 4.3x",
    ]
    assert [row[6] for row in rows(made)] == ["", "A1"]
    assert [link.href for link in parts(made, "Link")] == ["/incident?id=2", "/incident?id=1"]


def test_days_without_an_incident_say_when_the_detector_looked(
    writer: Engine, reader: Engine, settings: Settings, show_unattacked: Show
) -> None:
    made = show_unattacked(Chart.ATTACKS, WINDOW)
    assert made.message == "The detector has not looked yet. The job detect does; or run: python -m dashapp detect"
    detect(reader, writer, Policy(settings.zone, settings.sla), NOW)
    with shown(reader, settings) as show_again:
        made = show_again(Chart.ATTACKS, "since=2024-03-07&until=2024-03-13")
    assert made.message == ("No incident in 7 Mar to 13 Mar 2024. The detector last looked at 09:00, 8 Apr.")


def test_the_timeline_has_a_row_for_each_category_and_leads_to_its_flags(show: Show) -> None:
    made = show(Chart.TIMELINE, WINDOW)
    assert made.figure is not None
    meta = made.figure["layout"]["meta"]
    assert [name["text"] for name in made.figure["layout"]["annotations"]] == ["A1", "<b>Spam</b>"]
    assert (meta["rows"]["by"], meta["table"]["groups"][0]) == (["category"], ["spam"])
    assert made.figure["data"][2]["y"] == list(COUNTS.values())


def test_the_timeline_of_a_detector_that_reads_totals_has_one_row(show: Show) -> None:
    made = show(Chart.TIMELINE, BY_TOTAL)
    assert made.figure is not None
    found = {trace["name"]: trace for trace in made.figure["data"]}
    assert found["Alarm"]["x"] == ["2024-03-05", "2024-03-12"]
    assert found["Alarm"]["y"] == [15, 16]
    assert found["Known attack"]["x"] == ["2024-03-05", "2024-03-06"]
    band = found["Expected range"]
    assert (band["x"][0], band["y"][0]) == ("2024-03-03T00:00:00", pytest.approx(2.4673, abs=1e-4))
    assert made.figure["layout"]["meta"]["table"]["rows"][4] == [
        "2024-03-05", "15", "5.8", "0.0", "13.6", "alarm", "A1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", "judged at 09:00, 8 Apr"),
        ("category=spam", "judged at 09:00, 8 Apr"),
        ("severity=high", "judged anew"),
        ("method=ears_c2", "judged anew"),
    ],
)
def test_the_timeline_says_who_judged_its_days(show_ts_ops: Show, address: str, told: str) -> None:
    assert told in text(show_ts_ops(Chart.TIMELINE, address).head)


def test_before_the_job_has_looked_the_timeline_is_judged_anew(show: Show) -> None:
    [*_, told] = show(Chart.TIMELINE, WINDOW).head
    assert told.children == "judged anew"
    assert "confirmed incidents are not left out of what is expected" in told.title


def test_grain_split_and_trailing_of_the_address_leave_the_chart_daily(show: Show) -> None:
    made = show(Chart.TIMELINE, f"{WINDOW}&grain=week&by=category&trailing=7d")
    assert made.figure == show(Chart.TIMELINE, WINDOW).figure


def test_the_back_test_holds_all_detectors_against_the_known_attacks(show: Show) -> None:
    made = show(Chart.BACKTEST, BY_TOTAL)
    assert rows(made)[2] == [
        "Seven-day z-score chosen", "2", "1 of 2", "1", "50.0 %", "50.0 %", "1 of 1", "1 of 1", "0.0 days", "0.64",
    ]  # fmt: skip
    assert [row[0] for row in rows(made)[:2]] == ["Volume model", "EARS C2, 28 days"]
    told = [text(part) for part in parts(made, "P")]
    assert told[0] == (
        "In 1 Mar to 13 Mar 2024 the seven-day z-score raised an alarm on 2 days: 1 of 2 days of known attacks, 1 day "
        "without one (12 Mar 2024). 1 of 1 attacks had at least one alarm."
    )
    assert "An alarm is a score (z) of 1.5 or more." in told[1]
    assert "cannot exceed 2.27" in told[2]


def test_without_known_attacks_there_is_nothing_to_hold_detectors_against(show_unattacked: Show) -> None:
    made = show_unattacked(Chart.BACKTEST, BY_TOTAL)
    assert text(parts(made, "P")[0]) == (
        "No known attack and no confirmed incident in these days: nothing to hold the detectors against, nor can an "
        "alarm be told to be false. In 1 Mar to 13 Mar 2024 the seven-day z-score raised an alarm on 2 days."
    )
    assert rows(made)[2][1:] == ["2", *["no data"] * 8]


def test_confirmed_incidents_are_attacks_to_hold_detectors_against(writer: Engine, show_ts_ops: Show) -> None:
    with writer.begin() as connection:
        connection.execute(delete(incident))
        found = findings_within(connection, ["ts-ops"], Window(date(2024, 3, 18), date(2024, 3, 24)))
        [one] = [one for one in found if one.seen.kind is not IncidentKind.DROP]
        triage(connection, one.id, Triage.CONFIRMED, "a raid", "lead", NOW)
    made = show_ts_ops(Chart.BACKTEST, "")
    days = (one.seen.until - one.seen.since).days + 1
    assert rows(made)[0][2:4] == [f"{days} of {days}", f"{9 - days}"]
    told = text(parts(made, "P")[0])
    assert f"{days} of {days} days of 1 confirmed incident, " in told.replace("1 of 1 day of", "1 of 1 days of")
    assert told.endswith("open incidents count as false until somebody confirms them.")


@pytest.mark.parametrize("chart", [card.chart for card in PAGE.cards if card.key])
def test_a_window_without_data_says_so(show: Show, chart: Chart) -> None:
    made = show(chart, "since=2020-01-01&until=2020-01-20")
    assert made.message == "No data for 1 Jan to 20 Jan 2020 with these filters."


@pytest.mark.parametrize(
    ("chart", "table"),
    [
        (Chart.ATTACKS, "incident"),
        (Chart.ATTACKS, "finding"),
        (Chart.TIMELINE, "incident"),
        (Chart.BACKTEST, "incident"),
        (Chart.POWER, "expectation"),
    ],
)
def test_attacks_that_cannot_be_read_leave_a_message(
    show: Show, writer: Engine, chart: Chart, table: str, caplog: pytest.LogCaptureFixture
) -> None:
    with writer.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {table}")
    assert show(chart, WINDOW).message == "The attacks could not be read. The log says why."
    assert f"no such table: {table}" in caplog.text


def test_an_unknown_detector_is_named_and_the_default_takes_its_place(show: Show) -> None:
    address = f"{WINDOW}&method=oracle"
    assert View.parse(address).problems == ("method: 'oracle' is not known",)
    assert show(Chart.TIMELINE, address).figure == show(Chart.TIMELINE, WINDOW).figure


def test_on_ts_ops_each_attack_is_an_incident_and_what_it_takes_to_be_seen_is_told(show_ts_ops: Show) -> None:
    made = show_ts_ops(Chart.ATTACKS, "")
    assert text(made.head) == "5 open of 5 last looked at 09:00, 8 Apr"
    assert sorted((row[0], row[1], row[6]) for row in rows(made)) == [
        ("Spike Fraud", "18 Mar 2024 over", "ATK005"),
        ("Spike Harassment", "15 Jan to 16 Jan 2024 over", "ATK001"),
        ("Spike Harassment", "25 Feb to 26 Feb 2024 over", "ATK004"),
        ("Spike Hate speech", "28 Jan 2024 over", "ATK002"),
        ("Spike Spam", "10 Feb to 12 Feb 2024 over", "ATK003"),
    ]
    backtest = {row[0]: row[1:7] for row in rows(show_ts_ops(Chart.BACKTEST, ""))}
    assert backtest["Volume model chosen"] == ["9", "9 of 9", "0", "100.0 %", "100.0 %", "5 of 5"]
    assert backtest["Seven-day z-score"] == ["7", "6 of 9", "1", "66.7 %", "85.7 %", "4 of 5"]
    seen = rows(show_ts_ops(Chart.POWER, ""))
    assert [row[0] for row in seen][:2] == ["Harassment", "Hate speech"]
    assert [row[6] for row in seen] == ["over 99 %"] * 6


@pytest.mark.parametrize(
    ("chances", "told"),
    [
        ((0.05, 0.1, 0.9, 1.0, 1.0), "A 1.5x day of 20 flags cannot be seen; one of 2x is."),
        ((0.0, 0.0, 0.0, 0.1, 0.6), "A 3x day of 20 flags cannot be seen."),
        ((0.3, 0.9, 1.0, 1.0, 1.0), "A 1.5x day is seen."),
        ((0.3, 0.4, 0.5, 0.6, 0.7), "Nothing up to 5x is seen for sure."),
    ],
)
def test_what_can_be_seen_is_said_in_words(chances: tuple[float, ...], told: str) -> None:
    assert in_words(Sight("ops", "spam", 20.3, chances)) == told
