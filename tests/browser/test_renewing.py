"""A card of figures that were computed ahead says since when they are so, and computes them anew when asked to."""

import re
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.conftest import NewScreen
from tests.browser.screen import Screen
from tests.browser.serving import broken_copy, serving

CARD = "time_to_decision_p50-lines"
CALLBACKS = re.compile("_dash-update-component")
COMPUTED = re.compile(r"computed \d\d:\d\d$")
FULL = "CREATE TRIGGER full BEFORE UPDATE ON snapshot BEGIN SELECT RAISE(ABORT, 'full'); END"


def said(screen: Screen) -> Locator:
    """What a card says while its figures are being computed."""
    return screen.card(CARD).locator(".head").get_by_role("status")


@pytest.mark.parametrize("width", [1440, 360])
def test_cards_and_tiles_say_when_they_were_computed(screen_of: NewScreen, site: str, width: int) -> None:
    screen = screen_of(site, width=width).open("/reports")
    expect(screen.card(CARD).locator(".head .n")).to_have_text(COMPUTED)
    expect(screen.page.locator("#tile-time_to_decision_p50")).to_contain_text(re.compile(r"computed \d\d:\d\d"))
    expect(screen.card("report_accuracy-lines").locator(".head .n")).not_to_contain_text("computed")
    assert screen.overflow() == 0
    assert screen.shifted() < 0.1


def test_refresh_now_is_one_request_however_often_it_is_clicked_and_the_card_says_that_it_runs(screen: Screen) -> None:
    screen.open("/reports?range=30d")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    screen.page.route(CALLBACKS, hold)
    before = screen.asked
    expect(said(screen)).to_have_text("")
    screen.choose(CARD, "Refresh now")
    expect(screen.page.locator("#state[data-renewing=yes]")).to_be_attached()
    expect(said(screen)).to_have_text("computing anew…")
    screen.page.locator("[data-renew]").evaluate_all("(all) => all.forEach((one) => one.click())")
    for route in held:
        route.continue_()
    screen.page.unroute(CALLBACKS)
    expect(said(screen)).to_have_text("")
    screen.settle()
    assert screen.asked == before + 1
    assert len(held) == 1
    expect(screen.card(CARD).locator(".head .n")).to_have_text(COMPUTED)
    with screen.answered():
        screen.choose(CARD, "Refresh now")
    assert screen.violations() == []


def test_what_went_wrong_is_said_and_the_page_stays(screen_of: NewScreen, demo_store: Path, tmp_path: Path) -> None:
    copy = broken_copy(demo_store, tmp_path / "full.sqlite")
    with sqlite3.connect(copy) as connection:
        connection.execute(FULL)
    connection.close()
    with serving(copy) as url:
        screen = screen_of(url).open("/reports")
        shown = screen.tile("reports").text_content()
        with screen.answered():
            screen.choose(CARD, "Refresh now")
        expect(screen.page.get_by_role("alert")).to_have_text(
            "The figures are new, but could not be kept. The log says why."
        )
        expect(said(screen)).to_have_text("")
        assert screen.tile("reports").text_content() == shown
        with screen.answered():
            screen.preset("30 d").click()
        expect(screen.page.get_by_role("alert")).to_have_text("")
