"""What a reader does beside filtering: theme, refresh, keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import Screen

OVER_TIME = "flags-bars-category"
MINUTE = 60_000
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def focus(page: Page) -> str:
    """What has the focus, in words."""
    told: str = page.evaluate(
        "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText.trim()"
    )
    return told


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on what is called so."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if focus(page) == name:
            return
    pytest.fail(f"Tab never reached {name!r}")


def hide(page: Page, *, hidden: bool) -> None:
    """Have the document think that it went to the background, or came back."""
    page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_the_theme_switch_changes_page_and_figures_without_a_request_and_is_remembered(screen: Screen) -> None:
    screen.open("/volume")
    light, figure, requests = screen.page.evaluate(BACKGROUND), screen.chart(OVER_TIME), len(screen.requests)
    screen.page.locator("#theme-switch").click()
    expect(screen.page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    screen.page.wait_for_function("(was) => getComputedStyle(document.body).backgroundColor !== was", arg=light)
    screen.page.wait_for_function(
        "([card, was]) => document.querySelector(`#card-${card} .js-plotly-plot`)._fullLayout.paper_bgcolor !== was",
        arg=[OVER_TIME, figure["background"]],
    )
    screen.settle()
    dark = screen.chart(OVER_TIME)
    assert [trace["y"] for trace in dark["traces"]] == [trace["y"] for trace in figure["traces"]]
    assert all(
        after["colour"] != before["colour"] for after, before in zip(dark["traces"], figure["traces"], strict=True)
    )
    assert len(screen.requests) == requests

    screen.page.reload()
    screen.settle()
    expect(screen.page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert screen.chart(OVER_TIME) == dark


def test_a_refresh_keeps_scroll_position_focus_and_the_open_table(screen: Screen) -> None:
    screen.page.clock.install()
    screen.open("/volume")
    screen.page.locator("#refresh-every").select_option("Every minute")
    screen.turn(OVER_TIME)
    expect(screen.card(OVER_TIME).locator("table")).to_be_visible()
    rows = screen.table(OVER_TIME)
    screen.page.locator("summary.dots").last.focus()
    screen.page.evaluate("scrollTo(0, 400)")
    focused = focus(screen.page)

    with screen.answered():
        screen.page.clock.run_for(MINUTE + 1)

    assert screen.page.evaluate("scrollY") == 400
    assert focus(screen.page) == focused
    expect(screen.card(OVER_TIME).locator("table")).to_be_visible()
    assert screen.table(OVER_TIME) == rows


def test_a_refresh_waits_while_the_page_is_hidden(screen: Screen) -> None:
    screen.page.clock.install()
    screen.open("/volume")
    screen.page.locator("#refresh-every").select_option("Every minute")
    with screen.answered():
        screen.page.clock.run_for(MINUTE + 1)
    before = screen.asked
    hide(screen.page, hidden=True)
    screen.page.clock.run_for(10 * MINUTE)
    assert screen.asked == before
    hide(screen.page, hidden=False)
    with screen.answered():
        screen.page.clock.run_for(MINUTE + 1)


def test_the_choice_of_refreshing_is_remembered(screen: Screen) -> None:
    screen.open("/volume")
    screen.page.locator("#refresh-every").select_option("Every 5 minutes")
    screen.page.reload()
    screen.settle()
    expect(screen.page.locator("#refresh-every")).to_have_value("300")


def test_dates_are_typed_with_the_keyboard_alone(screen: Screen) -> None:
    since = screen.open("/volume").api("flags", "range=30d")["since"]
    until = screen.api("flags", "range=7d")["since"]
    keys = screen.page.keyboard
    screen.control("range").locator("input:checked").focus()
    for _ in range(2):  # from 90 d over 1 y to Custom
        keys.press("ArrowRight")
    expect(screen.control("since")).to_be_visible()
    for key, (year, month, day) in (("since", since.split("-")), ("until", until.split("-"))):
        while screen.page.evaluate("() => document.activeElement.id") != screen.control(key).get_attribute("id"):
            keys.press("Tab")  # also past the year and the button for the calendar
        keys.type(f"{month}{day}{year}")
    expect(screen.page).to_have_url(f"{screen.url}/volume?since={since}&until={until}")
    screen.shows_totals("/volume", f"since={since}&until={until}")


def test_a_filter_is_used_with_the_keyboard_alone(screen: Screen) -> None:
    screen.open("/volume")
    keys = screen.page.keyboard
    keys.press("Tab")
    assert focus(screen.page) == "Skip to content"
    tab_to(screen.page, "category all")
    keys.press("Enter")
    expect(screen.control("category")).to_be_visible()
    keys.press("Tab")
    with screen.answered():
        keys.press("Space")
    assert screen.query == "category=fraud"
    screen.shows_totals("/volume", "category=fraud")
    keys.press("Escape")
    expect(screen.control("category")).to_be_hidden()
    assert focus(screen.page) == "category fraud"


def test_a_table_is_opened_and_sorted_with_the_keyboard_alone(screen: Screen) -> None:
    screen.open("/volume?range=30d")
    tab_to(screen.page, "Table")
    screen.page.keyboard.press("Enter")
    expect(screen.card(OVER_TIME).locator("table")).to_be_visible()
    assert focus(screen.page) == "Chart"
    days = [row[0] for row in screen.table(OVER_TIME)[1:]]
    assert days == sorted(days, reverse=True)
    heading = screen.card(OVER_TIME).locator("th[aria-sort]")
    expect(heading).to_have_attribute("aria-sort", "descending")

    tab_to(screen.page, "Harassment")
    screen.page.keyboard.press("Enter")
    expect(heading).to_have_text("Harassment")
    assert focus(screen.page) == "Harassment"
    column = screen.table(OVER_TIME)[0].index("Harassment")
    largest = numbers(screen, column)
    assert largest == sorted(largest, reverse=True)
    screen.page.keyboard.press("Enter")
    expect(heading).to_have_attribute("aria-sort", "ascending")
    assert numbers(screen, column) == sorted(largest)


def numbers(screen: Screen, column: int) -> list[int]:
    """The numbers of a column of the table, as they stand."""
    return [int(re.sub(r"\D", "", row[column])) for row in screen.table(OVER_TIME)[1:]]


def test_a_menu_that_the_window_would_cut_opens_upwards(screen: Screen) -> None:
    screen.open("/volume")
    screen.card(OVER_TIME).locator("summary.dots").evaluate(
        "(dots) => scrollTo(0, scrollY + dots.getBoundingClientRect().bottom - innerHeight + 8)"
    )
    screen.card(OVER_TIME).locator("summary.dots").click()
    box = screen.card(OVER_TIME).locator(".menu").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < box["y"] + box["height"] <= 900


def test_the_skip_link_leads_past_the_menu_and_the_filters(screen: Screen) -> None:
    screen.open("/volume")
    screen.page.keyboard.press("Tab")
    screen.page.keyboard.press("Enter")
    screen.page.keyboard.press("Tab")
    assert screen.page.evaluate("() => document.querySelector('#content').contains(document.activeElement)")


def test_a_definition_says_what_a_number_is_and_by_which_clock(screen: Screen) -> None:
    screen.open("/volume")
    tile = screen.page.locator("#tile-sla_breach_rate")
    tile.locator("summary.i").click()
    expect(tile.locator(".pop")).to_have_text(re.compile(r"^Share of urgent flags .*Clock: "))
    screen.page.locator("h1").click()
    expect(tile.locator(".pop")).to_be_hidden()
