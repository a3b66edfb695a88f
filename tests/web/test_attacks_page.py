"""The page Attacks, card by card, over a small store made by hand and over the real ts-ops data."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import pytest
from sqlalchemy import Engine

from dashapp.domain.messages import FlagRow, Incident
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Severity
from dashapp.ingest.pipeline import How
from dashapp.ingest.ts_ops import import_ts_ops
from dashapp.metrics import Desk, Policy
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.rollup import rollup
from dashapp.web import scenes
from dashapp.web.cards import Content, content
from dashapp.web.page import Chart
from pages.attacks import PAGE

NOW = datetime(2024, 4, 8, 9, tzinfo=UTC)
COUNTS = {1: 3, 2: 4, 3: 3, 4: 4, 5: 15, 6: 3, 7: 4, 8: 3, 9: 4, 10: 3, 11: 4, 12: 16, 13: 3}
HARMFUL = "<img src=x onerror=alert(1)>"

Show = Callable[[Chart, str], Content]
WINDOW = "since=2024-03-01&until=2024-03-13"


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
    with shown(reader, settings) as maker:
        yield maker


def parts(made: Content, kind: str) -> list[Any]:
    """The components of one kind in a card, in their order."""
    assert made.body is not None, made.message
    return [part for part in made.body._traverse() if type(part).__name__ == kind]


def texts(made: Content, kind: str) -> list[str]:
    return [part.children for part in parts(made, kind)]


def rows(made: Content) -> list[list[str]]:
    return [[cell.children for cell in row.children[:-1]] for row in parts(made, "Tr")[1:]]


def traces(made: Content) -> dict[str, Any]:
    assert made.figure is not None, made.message
    return {trace["name"]: trace for trace in made.figure["data"]}


def test_the_chart_tells_detected_days_and_known_attacks_apart_by_their_shapes(show: Show) -> None:
    made = show(Chart.SPIKES, WINDOW)
    found = traces(made)
    assert list(found) == ["Expected range", "Flags", "Known attack", "Detected"]
    assert found["Detected"]["x"] == ["2024-03-05", "2024-03-12"]
    assert found["Detected"]["y"] == [15, 16]
    assert found["Known attack"]["x"] == ["2024-03-05", "2024-03-06"]
    assert [found[name]["marker"]["symbol"] for name in ("Known attack", "Detected")] == ["diamond-open", "circle"]
    assert made.figure is not None
    assert [label["text"] for label in made.figure["layout"]["annotations"]] == ["A1"]
    assert made.figure["layout"]["showlegend"] is True


def test_the_chart_is_a_figure_that_plotly_knows(show: Show) -> None:
    made = show(Chart.SPIKES, WINDOW)

    def plain(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: plain(value) for key, value in part.items()}
        if isinstance(part, list):
            return [plain(value) for value in part]
        return "#000" if isinstance(part, str) and part.startswith("var(--") else part

    assert len(go.Figure(plain(made.figure)).data) == 4


def test_the_range_begins_with_the_third_day_and_a_gap_parts_its_shapes(show: Show) -> None:
    band = traces(show(Chart.SPIKES, "since=2024-03-01&until=2024-03-04"))["Expected range"]
    assert band["x"] == [f"2024-03-0{day}T00:00:00" for day in (3, 4, 4, 3)] + [None]
    assert band["y"][:4] == pytest.approx([2.4673, 2.6340, 4.3660, 4.1994], abs=1e-4)


def test_the_table_behind_the_chart_names_what_the_chart_shows(show: Show) -> None:
    made = show(Chart.SPIKES, WINDOW)
    assert made.figure is not None
    table = made.figure["layout"]["meta"]["table"]
    assert table["head"] == ["day", "flags", "expected, lowest", "expected, highest", "detected", "known attack"]
    assert table["rows"][1] == ["2024-03-02", "4", "not judged", "not judged", "", ""]
    assert table["rows"][4] == ["2024-03-05", "15", "0.0", "13.6", "detected", "A1"]
    assert table["rows"][5][4:] == ["", "A1"]


def test_grain_split_and_trailing_of_the_address_leave_the_chart_daily(show: Show) -> None:
    made = show(Chart.SPIKES, f"{WINDOW}&grain=week&by=category&trailing=7d")
    assert made.figure == show(Chart.SPIKES, WINDOW).figure


def test_the_back_test_is_said_in_words_and_numbers(show: Show) -> None:
    made = show(Chart.BACKTEST, WINDOW)
    assert texts(made, "Dt") == [
        "Attack days",
        "Detected days",
        "True positives",
        "False positives",
        "Recall",
        "Precision",
    ]
    assert texts(made, "Dd") == ["2", "2", "1", "1", "50.0 %", "50.0 %"]
    assert texts(made, "P")[0] == (
        "In 1 Mar to 13 Mar 2024 the detector raised an alarm on 2 days: 1 of 2 days of known attacks, 1 day without "
        "one (12 Mar 2024). Recall 50.0 %, precision 50.0 %, counted in days. "
        "1 of 1 attacks had at least one alarm."
    )
    assert "cannot exceed 2.27" in texts(made, "P")[2]


def test_without_known_attacks_there_is_nothing_to_hold_the_detector_against(show_unattacked: Show) -> None:
    made = show_unattacked(Chart.BACKTEST, WINDOW)
    assert texts(made, "P")[0] == (
        "No known attacks in these days: nothing to hold the detector against. In 1 Mar to 13 Mar 2024 the detector "
        "raised an alarm on 2 days (5 Mar 2024, 12 Mar 2024)."
    )
    assert texts(made, "Dd")[4] == "no data"


def test_days_with_neither_attack_nor_alarm_are_said_to_have_none(show_unattacked: Show) -> None:
    address = "since=2024-03-07&until=2024-03-10"
    assert show_unattacked(Chart.ATTACKS, address).message == "No known attack and no alarm in 7 Mar to 10 Mar 2024."


def test_the_table_lists_known_attacks_and_alarms_that_none_explains(show: Show) -> None:
    made = show(Chart.ATTACKS, WINDOW)
    assert rows(made) == [
        ["detected", "", "12 Mar 2024", "all", "", "", "no known attack on these days", "16", "1 of 1 day"],
        ["known", "A1", "5 Mar to 6 Mar 2024", "Spam", "High", "not given", HARMFUL, "18", "1 of 2 days"],
    ]


def test_of_an_attack_that_the_window_cuts_only_the_days_within_are_judged(show: Show) -> None:
    assert rows(show(Chart.ATTACKS, "since=2024-03-06&until=2024-03-20"))[-1][1:] == [
        "A1", "5 Mar to 6 Mar 2024", "Spam", "High", "not given", HARMFUL, "18", "0 of 1 day",
    ]  # fmt: skip


def test_a_row_leads_to_its_flags_with_the_filters_that_are_set(show: Show) -> None:
    links = [link.href for link in parts(show(Chart.ATTACKS, f"{WINDOW}&routing=allow"), "Link")]
    assert links == [
        "/flags?since=2024-03-12&until=2024-03-12&routing=allow",
        "/flags?since=2024-03-05&until=2024-03-06&category=spam&routing=allow",
    ]


@pytest.mark.parametrize("chart", [card.chart for card in PAGE.cards])
def test_a_window_without_data_says_so(show: Show, chart: Chart) -> None:
    made = show(chart, "since=2020-01-01&until=2020-01-20")
    assert made.message == "No data for 1 Jan to 20 Jan 2020 with these filters."


@pytest.mark.parametrize("chart", [card.chart for card in PAGE.cards])
def test_attacks_that_cannot_be_read_leave_a_message(
    show: Show, writer: Engine, chart: Chart, caplog: pytest.LogCaptureFixture
) -> None:
    with writer.begin() as connection:
        connection.exec_driver_sql("DROP TABLE incident")
    assert show(chart, WINDOW).message == "The attacks could not be read. The log says why."
    assert "no such table: incident" in caplog.text


def test_an_unknown_detector_is_named_and_the_default_takes_its_place(show: Show) -> None:
    address = f"{WINDOW}&method=oracle"
    assert View.parse(address).problems == ("method: 'oracle' is not known",)
    assert show(Chart.SPIKES, address).figure == show(Chart.SPIKES, WINDOW).figure


def test_on_ts_ops_six_of_nine_days_are_found_and_the_ninth_of_march_is_false(show_ts_ops: Show) -> None:
    made = show_ts_ops(Chart.BACKTEST, "")
    assert texts(made, "Dd") == ["9", "7", "6", "1", "66.7 %", "85.7 %"]
    assert texts(made, "P")[0] == (
        "In 1 Jan to 30 Mar 2024 the detector raised an alarm on 7 days: 6 of 9 days of known attacks, 1 day without "
        "one (9 Mar 2024). Recall 66.7 %, precision 85.7 %, counted in days. "
        "4 of 5 attacks had at least one alarm."
    )
    assert [(row[0], row[1], row[8]) for row in rows(show_ts_ops(Chart.ATTACKS, ""))] == [
        ("known", "ATK005", "0 of 1 day"),
        ("detected", "", "1 of 1 day"),
        ("known", "ATK004", "1 of 2 days"),
        ("known", "ATK003", "2 of 3 days"),
        ("known", "ATK002", "1 of 1 day"),
        ("known", "ATK001", "2 of 2 days"),
    ]
