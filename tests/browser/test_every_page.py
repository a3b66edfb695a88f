"""What must hold on every page, whatever it shows."""

import re

import pytest
from playwright.sync_api import expect

from dashapp.app import PAGES
from dashapp.metrics.registry import OF_NOW
from tests.browser.conftest import NewScreen
from tests.browser.screen import Screen, page_at

PATHS = [page.path for page in PAGES]
WIDTHS = [360, 1440, 2560]
EMPTY = "since=2020-01-01&until=2020-01-20"
LARGEST_SHIFT = 0.02
"""Sum of layout-shift scores; 0.1 counts as good, and a late font alone is worth a few thousandths."""

ZERO = re.compile(r"(?<![\w.,:])0(?:\.0+)?(?: %)?(?![\w.,:])")
"""A zero that stands by itself, as a number or a share."""

themes = pytest.mark.parametrize("theme", ["light", "dark"])
widths = pytest.mark.parametrize("width", [360, 1440])
every_page = pytest.mark.parametrize("path", PATHS)


@pytest.mark.parametrize("path", [page.path for page in PAGES if page.group])
def test_the_menu_names_the_page_that_is_shown(screen: Screen, path: str) -> None:
    screen.open(path)
    shown = page_at(path)
    current = screen.page.locator(".side a[aria-current=page]")
    expect(current).to_have_text(shown.name)
    expect(screen.page.get_by_role("heading", level=1)).to_have_text(shown.name)
    expect(screen.page).to_have_title(f"{shown.name} · Watchfloor")
    assert screen.page.locator("html").get_attribute("lang") == "en"


@every_page
@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_fits_its_window_and_nothing_moves_when_the_numbers_arrive(
    screen_of: NewScreen, site: str, path: str, width: int
) -> None:
    screen = screen_of(site, width=width).open(path)
    assert screen.shifted() < LARGEST_SHIFT
    assert screen.overflow() == 0
    for card in screen.page.locator(".card").all():
        expect(card).to_be_visible()
        box = card.bounding_box()
        assert box is not None
        assert 0 <= box["x"] < box["x"] + box["width"] <= width


@every_page
@widths
def test_a_page_of_an_empty_store_fits_its_window(screen_of: NewScreen, empty_site: str, path: str, width: int) -> None:
    screen = screen_of(empty_site, width=width).open(path)
    assert screen.overflow() == 0


def show_tables(screen: Screen) -> None:
    """Every chart as a table."""
    screen.page.locator(".tools > button").evaluate_all("(all) => all.forEach((one) => one.click())")
    for body in screen.page.locator(".card .body").all():
        expect(body).to_have_class(re.compile("rows|message"))


@every_page
@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
def test_axe_finds_no_barrier_on_charts_and_tables(
    screen_of: NewScreen, site: str, path: str, theme: str, width: int
) -> None:
    screen = screen_of(site, width=width, theme=theme).open(path)
    assert screen.page.locator("html").get_attribute("data-bs-theme") == theme
    assert screen.violations() == []
    show_tables(screen)
    assert screen.violations() == []
    assert screen.overflow() == 0


@themes
@widths
def test_axe_finds_no_barrier_in_what_drops_down(screen_of: NewScreen, site: str, theme: str, width: int) -> None:
    screen = screen_of(site, width=width, theme=theme).open("/volume")
    for summary in ("^category", "^more$", "^⋯$", "^i$"):
        screen.page.locator("summary", has_text=re.compile(summary)).first.click()
        expect(screen.page.locator("details[open] > .pop")).to_be_visible()
        assert screen.violations() == []
        assert screen.overflow() == 0
        screen.page.keyboard.press("Escape")


@themes
@widths
def test_axe_finds_no_barrier_in_the_dates(screen_of: NewScreen, site: str, theme: str, width: int) -> None:
    screen = screen_of(site, width=width, theme=theme).open("/volume")
    screen.preset("Custom").click()
    expect(screen.control("since")).to_be_visible()
    screen.settle()
    assert screen.violations() == []
    assert screen.overflow() == 0


@pytest.mark.parametrize("path", [page.path for page in PAGES if not page.live])  # which is always about now
def test_a_window_without_data_says_so_everywhere_and_never_shows_zero(screen: Screen, path: str) -> None:
    screen.open(f"{path}?{EMPTY}")
    page = page_at(path)
    for metric in page.metrics:
        if metric.kind not in OF_NOW:  # these are of this moment, whatever the window
            expect(screen.tile(metric.key)).to_have_text("no data")
            assert ZERO.findall(screen.page.locator(f"#tile-{metric.key}").inner_text()) == []
    for card in page.cards:
        if card.key and card.metric.kind not in OF_NOW:
            shown = screen.card(card.id)
            expect(shown).to_contain_text(re.compile("No (data|flags|attacks|alarms) ", re.IGNORECASE))
            expect(shown.locator(".n").first).to_have_text("")
            assert ZERO.findall(shown.inner_text().replace(card.subtitle, "")) == []  # a definition may say "0 to 1"
    assert screen.violations() == []


def test_a_store_that_lost_a_table_leaves_pages_that_stand(screen_of: NewScreen, broken_site: str) -> None:
    screen = screen_of(broken_site).open("/volume")
    for page in (page for page in PAGES if page.group):
        screen.page.locator(".side a", has_text=page.name).click()
        expect(screen.page.get_by_role("heading", level=1)).to_have_text(page.name)
        screen.settle()
        expect(screen.page.locator("#toast")).to_be_empty()
        assert screen.violations() == []


def test_a_store_that_lost_a_table_says_so_on_every_tile_and_card(screen_of: NewScreen, broken_site: str) -> None:
    screen = screen_of(broken_site).open("/volume")
    page = page_at("/volume")
    shown = [(f"#tile-{metric.key}", metric) for metric in page.metrics]
    for place, metric in [*shown, *((f"#card-{card.id}", card.metric) for card in page.cards)]:
        message = screen.page.locator(f"{place} p.message")
        expect(message).to_have_text(f"{metric.title} could not be computed. The log says why.")
        expect(message).to_be_visible()
    with screen.answered():
        screen.preset("30 d").click()
    assert screen.query == "range=30d"


def test_an_unknown_address_shows_a_page_that_says_so(screen: Screen) -> None:
    screen.page.goto(f"{screen.url}/nope")
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("No such page")
    assert screen.violations() == []
    screen.page.get_by_role("link", name="Start again").click()
    screen.settle()
    expect(screen.page.get_by_role("heading", level=1)).to_have_text(PAGES[0].name)
    assert screen.asked > 0
