"""Notes on days in a browser: written, seen on charts, and taken away."""

import re
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewScreen
from tests.browser.screen import Screen
from tests.browser.serving import broken_copy, serving

FULL = "CREATE TRIGGER full BEFORE INSERT ON annotation BEGIN SELECT RAISE(ABORT, 'full'); END"
TEXT = "<b>x</b><a href='javascript:alert(1)'>rule off</a>"


def write(screen: Screen, text: str, category: str = "") -> str:
    """Fill in and send the form; returns the day that the note is of."""
    day = (
        date.fromisoformat(screen.page.get_by_label("To", exact=True).last.input_value()) - timedelta(days=30)
    ).isoformat()
    form = screen.page.get_by_role("form", name="A note on days")
    form.get_by_label("From").fill(day)
    form.get_by_label("To").fill(day)
    form.get_by_label("Category").select_option(category)
    form.get_by_label("Note").fill(text)
    with screen.answered():
        form.get_by_role("button", name="Add note").click()
    return day


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
def test_a_note_is_written_seen_on_charts_and_taken_away(
    screen_of: NewScreen, demo_store: Path, tmp_path: Path, theme: str, width: int
) -> None:
    with serving(broken_copy(demo_store, tmp_path / "own.sqlite")) as url:
        screen = screen_of(url, width=width, theme=theme).open("/attacks")
        expect(screen.card("notes")).to_contain_text("Nothing is noted of")
        day = write(screen, TEXT, "spam")
        notes = screen.card("notes")
        expect(notes.locator("tbody tr")).to_have_count(1)
        expect(notes).to_contain_text(TEXT)
        expect(screen.page.locator("#note-text")).to_have_value("")
        expect(screen.card("flags-timeline").locator(".annotation-text", has_text="Spam: <b>x</b>")).to_have_count(1)
        assert screen.page.locator("a[href^='javascript']").count() == 0
        assert (screen.overflow(), screen.violations()) == (0, [])
        screen.open("/volume")
        assert [trace["x"] for trace in screen.chart("flags-bars-category")["traces"] if trace["name"] == "Note"] == [
            [day, None]
        ]
        screen.turn("flags-bars-category")
        head, *rows = screen.table("flags-bars-category")
        assert head[-1] == "note"
        assert {row[0]: row[-1] for row in rows if row[-1]} == {day: f"Spam: {TEXT}"}
        screen.open("/attacks")
        with screen.answered():
            notes.get_by_role("button", name=re.compile("Remove the note of")).click()
        expect(notes).to_contain_text("Nothing is noted of")
        assert [trace for trace in screen.chart("flags-timeline")["traces"] if trace["name"] == "Note"] == []


def test_what_is_being_written_stays_while_others_write_and_when_it_cannot_be_kept(
    screen_of: NewScreen, demo_store: Path, tmp_path: Path
) -> None:
    copy = broken_copy(demo_store, tmp_path / "full.sqlite")
    with serving(copy) as url:
        first, second = (screen_of(url).open("/attacks") for _ in range(2))
        first.page.locator("#note-text").fill("half a sen")
        write(second, "theirs")
        with first.answered():
            first.control("method").select_option("ears_c2")
        expect(first.card("notes")).to_contain_text("theirs")
        expect(first.page.locator("#note-text")).to_have_value("half a sen")
        with sqlite3.connect(copy) as connection:
            connection.execute(FULL)
        connection.close()
        write(first, "half a sentence")
        expect(first.page.get_by_role("alert")).to_contain_text("That did not work.")
        expect(first.page.locator("#note-text")).to_have_value("half a sentence")
