"""The leaderboard of the page of reports, which is ordered, searched and paged through the address."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.screen import Screen

BOARD = "reports-board"


def said(screen: Screen) -> Locator:
    return screen.card(BOARD).locator(".paging span")


def press(screen: Screen, name: str) -> Locator:
    return screen.card(BOARD).get_by_role("button", name=name, exact=True)


def test_another_leaderboard_another_order_and_the_way_back(screen: Screen) -> None:
    screen.open("/reports")
    providers = screen.table(BOARD)
    assert [head.strip() for head in providers[0]] == ["Provider", "Pending", "Reviewed", "Total"]
    with screen.answered():
        press(screen, "Sources").click()
    assert screen.query == "board=source"
    sources = screen.table(BOARD)
    assert [int(row[3].replace(",", "")) for row in sources[1:]] == sorted(
        (int(row[3].replace(",", "")) for row in sources[1:]), reverse=True
    )
    assert sum(int(row[3].replace(",", "")) for row in sources[1:]) == screen.api("reports", "")["total"]["value"]
    with screen.answered():
        press(screen, "Pending").click()
    expect(screen.card(BOARD).locator("th", has_text="Pending")).to_have_attribute("aria-sort", "descending")
    with screen.answered():
        screen.page.go_back()
    with screen.answered():
        screen.page.go_back()
    assert screen.query == ""
    assert screen.table(BOARD) == providers


def test_names_are_found_and_pages_begin_anew(screen: Screen) -> None:
    screen.open("/reports?board=item_id&page=2")
    expect(said(screen)).to_have_text(re.compile("^21 to 40 of "))
    wanted = screen.table(BOARD)[1][0]
    with screen.answered():
        screen.control("q").fill(wanted)
    assert screen.query == f"q={wanted}&board=item_id"
    expect(said(screen)).to_have_text("1 to 1 of 1")
    assert [row[0] for row in screen.table(BOARD)[1:]] == [wanted]


def test_small_creators_are_not_named_anywhere(screen: Screen) -> None:
    screen.open("/reports?board=creator")
    expect(screen.card(BOARD).locator(".notice")).to_contain_text("Counts of creators are told in steps of 5")
    assert {int(row[3].replace(",", "")) % 5 for row in screen.table(BOARD)[1:]} == {0}
    told = screen.api("reports", "grain=whole&by=creator")
    assert told["rounded_to"] == 5
    assert {point["n"] % 5 for point in told["points"]} == {0}
    assert sum(point["n"] for point in told["points"]) < told["total"]["n"]


def test_a_filter_of_reports_filters_and_one_of_flags_is_left_out(screen: Screen) -> None:
    screen.open("/reports?violation=copyright&severity=high")
    expect(screen.page.locator("#notices")).to_contain_text("severity: is no filter of this page")
    found = screen.api("reports", "violation=copyright")["total"]["value"]
    expect(screen.tile("reports")).to_have_text(f"{found:,}")
