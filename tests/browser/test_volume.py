"""The Volume page over the demo: numbers, filters, address."""

import csv
import io
import re
import struct
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dashapp.domain.vocabulary import label
from dashapp.metrics import METRICS
from dashapp.web import words
from tests.browser.screen import Screen, page_at

VOLUME = page_at("/volume")
OVER_TIME, BY_CATEGORY = "flags-bars-category", "flags-totals-category"
WEEK = re.compile("in 7 days")
PREVIOUS = re.compile("vs previous")


def test_the_first_load_draws_every_card_and_fills_every_tile(screen: Screen) -> None:
    screen.open("/volume")
    expect(screen.page).to_have_title("Volume · Watchfloor")
    for metric in VOLUME.tiles:
        expect(screen.tile(metric)).to_have_text(re.compile(r"^\d"))
    for card in screen.page.locator("section.card").all():
        expect(card.locator(".n").first).to_have_text(re.compile(r"[\d,]+.*to \d"))
    charts = screen.page.locator(".card .body")
    assert charts.count() == 6
    for chart in charts.all():
        expect(chart.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    assert screen.page.locator(".change").count() == 6


def test_every_tile_shows_the_total_that_the_api_gives(screen: Screen) -> None:
    screen.open("/volume").shows_totals("/volume", "")


def test_thirty_days_are_chosen_with_one_request(screen: Screen) -> None:
    screen.open("/volume")
    ninety = screen.tile("flags").inner_text()
    with screen.answered():
        screen.preset("30 d").click()
    assert screen.query == "range=30d"
    assert screen.tile("flags").inner_text() != ninety
    screen.shows_totals("/volume", "range=30d")
    assert len(screen.chart(OVER_TIME)["traces"][0]["x"]) == 30


def test_a_category_is_chosen_with_one_request(screen: Screen) -> None:
    screen.open("/volume")
    everything = screen.tile("flags").inner_text()
    screen.drop("category").click()
    with screen.answered():
        screen.control("category").get_by_label("Spam").check()
    assert screen.query == "category=spam"
    assert screen.tile("flags").inner_text() != everything
    screen.shows_totals("/volume", "category=spam")
    expect(screen.drop("category")).to_have_text("category spam")
    assert [trace["name"] for trace in screen.chart(OVER_TIME)["traces"]] == ["Spam"]


def test_back_and_forward_restore_address_controls_and_numbers(screen: Screen) -> None:
    screen.open("/volume")
    with screen.answered():
        screen.preset("30 d").click()
    screen.drop("severity").click()
    with screen.answered():
        screen.control("severity").get_by_label("High").check()

    steps = (("back", "range=30d", "30 d", []), ("back", "", "90 d", []), ("forward", "range=30d", "30 d", []))
    for way, query, preset, severities in (*steps, ("forward", "range=30d&severity=high", "30 d", ["High"])):
        with screen.answered():
            screen.page.evaluate(f"history.{way}()")
        assert screen.query == query
        assert screen.chosen("range") == [preset]
        assert screen.chosen("severity") == severities
        screen.shows_totals("/volume", query)


def test_a_link_opens_with_its_filters_set(screen: Screen) -> None:
    screen.open("/volume?range=30d")
    until = screen.page.locator("#window").inner_text()
    day = screen.api("flags", "")["as_of"]
    since = screen.api("flags", "range=30d")["since"]
    assert until == words.days(*map(date.fromisoformat, (since, day)))

    query = f"since={since}&until={day}&grain=week&by=severity&compare=previous"
    query += "&category=harassment&category=spam&severity=high"
    screen.open(f"/volume?{query}")
    assert screen.chosen("range") == ["Custom"]
    expect(screen.control("since")).to_have_value(since)
    expect(screen.control("until")).to_have_value(day)
    expect(screen.control("compare")).to_have_value("previous")
    expect(screen.control("by")).to_have_value("severity")
    expect(screen.control("grain")).to_have_value("week")
    assert sorted(screen.chosen("category")) == ["Harassment", "Spam"]
    expect(screen.drop("category")).to_have_text("category 2")
    assert screen.chosen("severity") == ["High"]
    screen.shows_totals("/volume", query)
    assert screen.query == query


def test_keys_that_no_filter_has_are_ignored_and_bad_values_are_told(screen: Screen) -> None:
    screen.open("/volume?page=2&utm_source=mail&severity=purple&range=30d&grain=fortnight")
    notices = screen.page.locator("#notices")
    expect(notices).to_contain_text("severity: 'purple' is not one of low, medium, high, critical")
    expect(notices).to_contain_text("grain: 'fortnight' is not known")
    expect(notices).not_to_contain_text("utm_source")
    screen.shows_totals("/volume", "range=30d")


def test_reset_goes_back_to_the_default_filters(screen: Screen) -> None:
    screen.open("/volume?range=30d&category=spam&by=severity&grain=week&compare=previous")
    with screen.answered():
        screen.page.get_by_role("button", name="Reset").click()
    assert screen.query == ""
    assert screen.chosen("range") == ["90 d"]
    assert screen.chosen("category") == []
    expect(screen.control("by")).to_have_value("shown")
    screen.shows_totals("/volume", "")


def test_the_split_and_the_grain_change_the_chart(screen: Screen) -> None:
    screen.open("/volume")
    with screen.answered():
        screen.control("by").select_option("by severity")
    assert [trace["name"] for trace in screen.chart(OVER_TIME)["traces"]] == ["Low", "Medium", "High", "Critical"]
    with screen.answered():
        screen.control("grain").select_option("by week")
    assert screen.query == "by=severity&grain=week"
    weeks = {point["bucket"] for point in screen.api("flags", "grain=week")["points"]}
    assert screen.chart(OVER_TIME)["traces"][0]["x"] == sorted(weeks)
    with screen.answered():
        screen.control("by").select_option("no split")
    assert [trace["name"] for trace in screen.chart(OVER_TIME)["traces"]] == ["Flags"]


def test_comparing_draws_the_previous_period_and_measures_tiles_against_it(screen: Screen) -> None:
    screen.open("/volume?range=30d")
    change = screen.page.locator("#tile-flags .d")
    expect(change).to_have_text(WEEK)
    with screen.answered():
        screen.control("compare").select_option("vs previous")
    assert screen.query == "range=30d&compare=previous"
    expect(change).to_have_text(PREVIOUS)
    now = screen.api("flags", "range=30d")
    days = [date.fromisoformat(now[end]) for end in ("since", "until")]
    length = days[1] - days[0] + date.resolution
    before = screen.api("flags", f"since={days[0] - length}&until={days[1] - length}")
    told = words.change(now["total"]["value"], before["total"]["value"], METRICS["flags"].unit)
    expect(change).to_contain_text(told)
    line = screen.chart(OVER_TIME)["traces"][-1]
    assert line["name"] == "previous period"
    assert line["x"][0] == now["since"]
    drawn = {day: value for day, value in zip(line["x"], line["y"], strict=True) if value is not None}
    assert drawn == {
        (date.fromisoformat(point["bucket"]) + length).isoformat(): point["value"] for point in before["points"]
    }


def test_the_table_shows_the_numbers_of_the_api(screen: Screen) -> None:
    screen.open("/volume")
    screen.turn(BY_CATEGORY)
    expect(screen.card(BY_CATEGORY).locator("table")).to_be_visible()
    points = screen.api("flags", "grain=whole&by=category")["points"]
    by_size = sorted(points, key=lambda point: -point["value"])
    still = " *" if any(point["provisional"] for point in points) else ""
    assert screen.table(BY_CATEGORY) == [
        ["Category", "Flags"],
        *([label(point["group"]), f"{point['value']:,}{still}"] for point in by_size),
    ]


def test_the_table_of_a_chart_over_time_has_every_day_and_group(screen: Screen) -> None:
    screen.open("/volume?range=7d")
    screen.turn(OVER_TIME)
    expect(screen.card(OVER_TIME).locator("table")).to_be_visible()
    head, *rows = screen.table(OVER_TIME)
    shown = {(row[0], name): cell for row in rows for name, cell in zip(head[1:], row[1:], strict=True)}
    points = screen.api("flags", "range=7d&by=category")["points"]
    assert shown == {
        (point["bucket"], label(point["group"])): f"{point['value']:,}" + (" *" if point["provisional"] else "")
        for point in points
    }
    screen.turn(OVER_TIME)
    expect(screen.card(OVER_TIME).locator("table")).to_have_count(0)
    expect(screen.card(OVER_TIME).locator(".js-plotly-plot .main-svg").first).to_be_visible()


@pytest.mark.parametrize("query", ["", "range=30d&category=spam&grain=week&by=severity"])
def test_the_csv_link_gives_the_numbers_of_the_api(screen: Screen, query: str) -> None:
    screen.open(f"/volume?{query}")
    with screen.page.expect_download() as download:
        screen.choose(OVER_TIME, "Download CSV")
    asked = query or "by=category"
    dim = "severity" if query else "category"
    api = screen.api("flags", asked)
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8"))))
    assert [(row["bucket"], row[dim], row["value"], row["n"]) for row in rows] == [
        (point["bucket"], point["group"], str(point["value"]), str(point["n"])) for point in api["points"]
    ]
    grain = "week" if query else "day"
    assert download.value.suggested_filename == f"flags_{api['since']}_{api['until']}_{grain}_by-{dim}.csv"


def test_the_png_link_gives_a_picture(screen: Screen) -> None:
    screen.open("/volume")
    with screen.page.expect_download() as download:
        screen.choose(OVER_TIME, "Download PNG")
    picture = Path(download.value.path()).read_bytes()
    assert download.value.suggested_filename == f"{OVER_TIME}.png"
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24]) == (2400, 1000)


def test_a_card_link_is_copied_and_leads_to_the_card(screen: Screen) -> None:
    screen.open("/volume?range=30d")
    screen.choose(BY_CATEGORY, "Copy link")
    copied = screen.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{screen.url}/volume?range=30d#card-{BY_CATEGORY}"
    screen.page.goto("about:blank")
    screen.open(copied.removeprefix(screen.url))
    expect(screen.card(BY_CATEGORY)).to_be_in_viewport()
