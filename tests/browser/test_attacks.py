"""The page Attacks in a browser: its chart as a table, its numbers, the way to the flags, the choice of detector."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewScreen
from tests.browser.screen import Screen

DAYS_OF_AN_ATTACK = "since=2024-02-24&until=2024-02-27"


def test_the_back_test_of_the_ts_ops_data(screen_of: NewScreen, ts_ops_site: str) -> None:
    screen = screen_of(ts_ops_site).open("/attacks")
    card = screen.card("flags-backtest")
    assert card.locator("dd").all_inner_texts() == ["9", "7", "6", "1", "66.7 %", "85.7 %"]
    expect(card).to_contain_text("1 day without one (9 Mar 2024)")
    card.locator("summary.dots").click()
    assert card.get_by_text("Download CSV").count() == 0


def test_the_chart_reads_as_a_table(screen_of: NewScreen, ts_ops_site: str) -> None:
    screen = screen_of(ts_ops_site).open(f"/attacks?{DAYS_OF_AN_ATTACK}")
    screen.turn("flags-spikes")
    expect(screen.card("flags-spikes").locator("table")).to_be_visible()
    head, *rows = screen.table("flags-spikes")
    assert head == ["day", "flags", "expected, lowest", "expected, highest", "detected", "known attack"]
    assert [(row[0], row[4], row[5]) for row in rows] == [
        ("2024-02-27", "", ""),
        ("2024-02-26", "", "ATK004"),
        ("2024-02-25", "detected", "ATK004"),
        ("2024-02-24", "", ""),
    ]


def test_the_legend_names_what_the_shapes_mean(screen: Screen) -> None:
    screen.open("/attacks")
    legend = screen.card("flags-spikes").locator(".legendtext")
    assert legend.all_text_contents() == ["Expected range", "Flags", "Known attack", "Detected"]


def test_an_attack_leads_to_as_many_flags_as_it_counts(screen_of: NewScreen, ts_ops_site: str) -> None:
    screen = screen_of(ts_ops_site).open("/attacks")
    row = screen.card("flags-attacks").locator("tbody tr", has_text="ATK002")
    expect(row).to_contain_text("Hate speech spike around political event")
    expect(row.locator("td").nth(7)).to_have_text("332")
    row.get_by_role("link", name="Show flags of ATK002").click()
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Flags")
    screen.settle()
    assert screen.query == "since=2024-01-28&until=2024-01-28&category=hate_speech"
    assert screen.api("flags", screen.query)["total"]["value"] == 332


def test_the_file_of_the_table_has_the_known_attacks_and_the_detected_days(
    screen_of: NewScreen, ts_ops_site: str
) -> None:
    screen = screen_of(ts_ops_site).open("/attacks")
    with screen.page.expect_download() as download:
        screen.choose("flags-attacks", "Download CSV")
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8"))))
    assert [row["incident_id"] for row in rows if row["kind"] == "known"] == [f"ATK00{n}" for n in (1, 2, 3, 4, 5)]
    assert [row["since"] for row in rows if row["kind"] == "detected" and not row["attacks"]] == ["2024-03-09"]


def test_the_table_is_sorted_by_what_its_cells_mean(screen_of: NewScreen, ts_ops_site: str) -> None:
    screen = screen_of(ts_ops_site).open("/attacks")

    def ids_by(heading: str) -> list[str]:
        screen.card("flags-attacks").get_by_role("button", name=heading, exact=True).click()
        return [row[1] for row in screen.table("flags-attacks")[1:]]

    assert ids_by("Flags") == ["ATK004", "ATK001", "ATK003", "", "ATK002", "ATK005"]
    assert ids_by("Severity")[:2] == ["ATK004", "ATK002"]
    assert ids_by("Severity")[-1] == ""
    assert ids_by("Days") == ["ATK005", "", "ATK004", "ATK003", "ATK002", "ATK001"]
    assert ids_by("Days") == ["ATK001", "ATK002", "ATK003", "ATK004", "", "ATK005"]


def test_an_unknown_detector_gets_a_message_and_the_default(screen: Screen) -> None:
    screen.open("/attacks?method=oracle")
    expect(screen.page.locator("#notices")).to_contain_text("Left out of the address: method: 'oracle' is not known.")
    expect(screen.control("method")).to_have_value("zscore7")


@pytest.mark.parametrize("path", ["/volume", "/queue"])
def test_the_detector_is_chosen_on_the_page_of_attacks_only(screen: Screen, path: str) -> None:
    screen.open(path)
    assert screen.control("method").count() == 0


def test_filters_and_refresh_keep_the_page_daily(screen: Screen) -> None:
    screen.open("/attacks")
    with screen.answered():
        screen.control("grain").select_option("week")
    assert screen.query == "grain=week"
    assert len(screen.chart("flags-spikes")["traces"][1]["x"]) == 90
