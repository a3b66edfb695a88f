"""The page of one incident in a browser: what it shows, and that what an analyst says is kept."""

import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewScreen
from tests.browser.screen import Screen
from tests.browser.serving import broken_copy, serving

FULL = "CREATE TRIGGER full BEFORE UPDATE ON finding BEGIN SELECT RAISE(ABORT, 'full'); END"
SAID = (
    "Confirmed: its days leave the baseline from the next run of the detector on. Unusual days that come after it are "
    "another incident."
)


def test_what_an_analyst_says_survives_a_reload_and_is_in_the_trail(
    screen_of: NewScreen, demo_store: Path, tmp_path: Path
) -> None:
    with serving(broken_copy(demo_store, tmp_path / "own.sqlite")) as url:
        screen = screen_of(url).open("/incident?id=1")
        expect(screen.card("triage")).to_contain_text("Nobody has said yet what this is.")
        screen.page.get_by_label("Note").fill("a ring <b>that</b> we know")
        with screen.answered():
            screen.page.get_by_role("button", name="Confirm").click()
        expect(screen.card("triage").get_by_role("status")).to_have_text(SAID)
        expect(screen.card("trail")).to_contain_text("“a ring <b>that</b> we know”")
        screen.page.reload()
        screen.settle()
        expect(screen.card("triage").get_by_role("status")).to_have_text(SAID)
        expect(screen.page.get_by_label("Note")).to_have_value("a ring <b>that</b> we know")
        with screen.answered():
            screen.page.get_by_role("button", name="Reopen").click()
        expect(screen.card("facts")).to_contain_text("open")
        assert [row[2] for row in screen.table("trail")] == ["What", "open", "confirmed", "opened"]
        assert screen.violations() == []


def test_two_analysts_at_once_are_both_in_the_trail_and_the_last_one_wins(
    screen_of: NewScreen, demo_store: Path, tmp_path: Path
) -> None:
    with serving(broken_copy(demo_store, tmp_path / "own.sqlite")) as url:
        first, second = (screen_of(url).open("/incident?id=1") for _ in range(2))
        with first.answered():
            first.page.get_by_role("button", name="Confirm").click()
        with second.answered():
            second.page.get_by_role("button", name="Dismiss").click()
        expect(second.card("facts")).to_contain_text("dismissed")
        first.page.reload()
        first.settle()
        expect(first.card("facts")).to_contain_text("dismissed")
        assert [row[2] for row in first.table("trail")] == ["What", "dismissed", "confirmed", "opened"]


def test_a_decision_that_cannot_be_kept_says_so_and_the_page_stays(
    screen_of: NewScreen, demo_store: Path, tmp_path: Path
) -> None:
    copy = broken_copy(demo_store, tmp_path / "full.sqlite")
    with sqlite3.connect(copy) as connection:
        connection.execute(FULL)
    connection.close()
    with serving(copy) as url:
        screen = screen_of(url).open("/incident?id=1")
        with screen.answered():
            screen.page.get_by_role("button", name="Dismiss").click()
        expect(screen.page.get_by_role("alert")).to_contain_text("That did not work.")
        expect(screen.card("triage")).to_contain_text("Nobody has said yet what this is.")


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
def test_an_incident_is_shown_whole_at_any_width(screen_of: NewScreen, site: str, theme: str, width: int) -> None:
    screen = screen_of(site, width=width, theme=theme).open("/incident?id=1")
    expect(screen.card("around").locator(".subplot")).to_have_count(1)
    expect(screen.card("by-hour").locator(".bars path").first).to_be_visible()
    expect(screen.card("drivers")).to_contain_text("who are not named")
    assert screen.overflow() == 0
    assert screen.violations() == []
    screen.turn("around")
    expect(screen.card("around").locator("table")).to_be_visible()
    assert screen.violations() == []


def test_an_incident_that_is_none_says_so(screen: Screen) -> None:
    screen.open("/incident?id=4711")
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Incident")
    expect(screen.page.locator("main")).to_contain_text("There is no incident 4711.")
    assert screen.page.locator(".card").count() == 0
