"""The page Attacks in a browser: its incidents and the way to them, its charts as tables, the choice of detector."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewScreen
from tests.browser.screen import Screen

DAYS_OF_AN_ATTACK = "since=2024-02-24&until=2024-02-27"


def test_the_back_test_of_the_ts_ops_data(screen_of: NewScreen, ts_ops_site: str) -> None:
    screen = screen_of(ts_ops_site).open("/attacks?method=zscore7")
    rows = {row[0]: row[1:7] for row in screen.table("flags-backtest")}
    assert rows["Volume model"] == ["9", "9 of 9", "0", "100.0 %", "100.0 %", "5 of 5"]
    assert rows["Seven-day z-scorechosen"] == ["7", "6 of 9", "1", "66.7 %", "85.7 %", "4 of 5"]
    card = screen.card("flags-backtest")
    expect(card).to_contain_text("1 day without one (9 Mar 2024)")
    card.locator("summary.dots").click()
    assert card.get_by_text("Download CSV").count() == 0


def test_the_timeline_has_a_row_for_each_category(screen_of: NewScreen, ts_ops_site: str) -> None:
    screen = screen_of(ts_ops_site).open("/attacks")
    card = screen.card("flags-timeline")
    expect(card.locator(".annotation-text", has_text="ATK005")).to_be_visible()
    assert card.locator(".subplot").count() == 6
    named = card.locator(".legendtext").all_text_contents()
    assert named == ["Expected range", "Expected", "Flags", "Known attack", "Alarm"]
    assert [(trace["name"], len(trace["x"])) for trace in screen.chart("flags-timeline")["traces"]][2] == ("Flags", 90)


def test_the_timeline_reads_as_a_table_that_leads_to_the_flags(screen_of: NewScreen, ts_ops_site: str) -> None:
    screen = screen_of(ts_ops_site).open(f"/attacks?{DAYS_OF_AN_ATTACK}&category=harassment")
    screen.turn("flags-timeline")
    expect(screen.card("flags-timeline").locator("table")).to_be_visible()
    head, *rows = screen.table("flags-timeline")
    assert head == ["day", "series", "count", "expected", "lowest", "highest", "detected", "known attack"]
    assert [(row[0], row[1], row[6], row[7]) for row in rows] == [
        ("2024-02-27", "Harassment", "", ""),
        ("2024-02-26", "Harassment", "alarm", "ATK004"),
        ("2024-02-25", "Harassment", "alarm", "ATK004"),
        ("2024-02-24", "Harassment", "", ""),
    ]
    screen.card("flags-timeline").get_by_role("link", name="2024-02-26").click()
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Flags")
    assert screen.query == "category=harassment&since=2024-02-26&until=2024-02-26"


def test_the_detector_that_is_chosen_draws_the_timeline(screen_of: NewScreen, ts_ops_site: str) -> None:
    screen = screen_of(ts_ops_site).open("/attacks")
    with screen.answered():
        screen.control("method").select_option("zscore7")
    assert screen.query == "method=zscore7"
    card = screen.card("flags-timeline")
    expect(card.locator(".subplot")).to_have_count(1)
    assert len(screen.chart("flags-timeline")["traces"][4]["x"]) == 7


def test_an_incident_leads_to_its_page_and_to_as_many_flags_as_it_counts(
    screen_of: NewScreen, ts_ops_site: str
) -> None:
    screen = screen_of(ts_ops_site).open("/attacks")
    row = screen.card("flags-attacks").locator("tbody tr", has_text="ATK002")
    expect(row).to_contain_text(re.compile(r"332 flags where \d+ were expected, 5\.\dx"))
    row.get_by_role("link", name="Open Spike in Hate speech of 28 Jan 2024").click()
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Spike in Hate speech")
    screen.settle()
    assert screen.violations() == []
    screen.card("facts").get_by_role("link", name="Show flags").click()
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Flags")
    screen.settle()
    assert screen.query == "since=2024-01-28&until=2024-01-28&category=hate_speech&origin=ts-ops"
    assert screen.api("flags", screen.query)["total"]["value"] == 332


def test_the_file_of_the_table_has_the_known_attacks(screen_of: NewScreen, ts_ops_site: str) -> None:
    screen = screen_of(ts_ops_site).open("/attacks")
    with screen.page.expect_download() as download:
        screen.choose("flags-attacks", "Download CSV")
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8"))))
    assert [row["incident_id"] for row in rows if row["kind"] == "known"] == [f"ATK00{n}" for n in (1, 2, 3, 4, 5)]


def test_the_table_is_sorted_by_what_its_cells_mean(screen_of: NewScreen, ts_ops_site: str) -> None:
    screen = screen_of(ts_ops_site).open("/attacks")

    def ids_by(heading: str) -> list[str]:
        screen.card("flags-attacks").get_by_role("button", name=heading, exact=True).click()
        return [row[6] for row in screen.table("flags-attacks")[1:]]

    assert ids_by("Since") == ["ATK005", "ATK004", "ATK003", "ATK002", "ATK001"]
    assert ids_by("Since") == ["ATK001", "ATK002", "ATK003", "ATK004", "ATK005"]
    assert ids_by("How sure")[-1] == "ATK001"
    assert ids_by("What")[0] == "ATK005"


def test_an_unknown_detector_gets_a_message_and_the_default(screen: Screen) -> None:
    screen.open("/attacks?method=oracle")
    expect(screen.page.locator("#notices")).to_contain_text("Left out of the address: method: 'oracle' is not known.")
    expect(screen.control("method")).to_have_value("outbreak")


@pytest.mark.parametrize("path", ["/volume", "/queue"])
def test_the_detector_is_chosen_on_the_page_of_attacks_only(screen: Screen, path: str) -> None:
    screen.open(path)
    assert screen.control("method").count() == 0


def test_filters_and_refresh_keep_the_page_daily(screen: Screen) -> None:
    screen.open("/attacks")
    with screen.answered():
        screen.control("grain").select_option("week")
    assert screen.query == "grain=week"
    assert len(screen.chart("flags-timeline")["traces"][2]["x"]) == 90
