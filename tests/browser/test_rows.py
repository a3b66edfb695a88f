import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import NewScreen
from tests.browser.screen import Screen

FLAGS = "#card-flags-rows"
CHART = "flags-bars-category"
PART = """(graph, name) => {
    const curve = graph.data.findIndex((trace) => trace.name === name);
    const { x: days, y: counts } = graph.data[curve], { xaxis, yaxis } = graph._fullLayout;
    const at = counts.indexOf(Math.max(...counts)), day = days[at];
    const below = graph.data.slice(0, curve).reduce((sum, other) => sum + (other.y[other.x.indexOf(day)] ?? 0), 0);
    const { left, top } = graph.getBoundingClientRect(), middle = below + counts[at] / 2;
    return [left + xaxis._offset + xaxis.d2p(day), top + yaxis._offset + yaxis.d2p(middle), day, counts[at]];
}"""
"""The largest part that a group has of a bar: where its middle is in the window, its day and its value."""


def said(screen: Screen) -> Locator:
    return screen.page.locator(f"{FLAGS} [role=status]")


def cells(screen: Screen, title: str) -> list[str]:
    """The cells of one column."""
    heads = screen.page.locator(f"{FLAGS} thead th").all_inner_texts()
    at = next(i for i, head in enumerate(heads) if head.startswith(title))
    return screen.page.locator(f"{FLAGS} tbody td:nth-child({at + 1})").all_inner_texts()


def sort_by(screen: Screen, title: str) -> Locator:
    return screen.page.locator(f"{FLAGS} thead").get_by_role("button", name=title, exact=True)


def test_a_column_sorts_by_its_button_and_the_other_way_round_by_pressing_again(screen: Screen) -> None:
    screen.open("/flags")
    head = screen.page.locator(f"{FLAGS} th", has_text="Score")
    for order in ("descending", "ascending"):
        with screen.answered():
            sort_by(screen, "Score").press("Enter")
        expect(head).to_have_attribute("aria-sort", order)
        scores = cells(screen, "Score")
        assert len(scores) == 50
        assert scores == sorted(scores, reverse=order == "descending")
        expect(sort_by(screen, "Score")).to_be_focused()
    assert screen.query == "sort=score&desc=0"


def test_pages_follow_each_other_and_back_returns_to_the_one_before(screen: Screen) -> None:
    screen.open("/flags")
    first = cells(screen, "Flag")
    with screen.answered():
        screen.page.get_by_role("button", name="Next").click()
    expect(said(screen)).to_have_text(re.compile("^rows 51 to 100 of "))
    assert not set(first) & set(cells(screen, "Flag"))
    assert screen.query == "page=2"
    with screen.answered():
        screen.page.go_back()
    expect(said(screen)).to_have_text(re.compile("^rows 1 to 50 of "))
    assert cells(screen, "Flag") == first
    assert screen.query == ""


def test_other_filters_begin_with_the_first_page(screen: Screen) -> None:
    screen.open("/flags?page=3&severity=high")
    expect(said(screen)).to_have_text(re.compile("^rows 101 to 150 of "))
    with screen.answered():
        screen.control("case").select_option("late")
    assert screen.query == "severity=high&case=late"
    expect(said(screen)).to_have_text(re.compile("^rows 1 to "))
    assert set(cells(screen, "Severity")) == {"High"}


def test_an_id_is_found_and_what_is_not_there_is_said_not_to_be(screen: Screen) -> None:
    wanted = cells(screen.open("/flags"), "Flag")[7]
    with screen.answered():
        screen.control("q").fill(wanted)
    expect(said(screen)).to_have_text("rows 1 to 1 of 1")
    assert cells(screen, "Flag") == [wanted]
    with screen.answered():
        screen.control("q").fill("nonesuch")
    expect(screen.page.locator(FLAGS)).to_contain_text("No flags from ")


def test_a_click_on_a_part_of_a_bar_leads_to_its_flags(screen: Screen) -> None:
    screen.open("/volume?severity=high&range=30d")
    x, y, day, value = screen.card(CHART).locator(".js-plotly-plot").evaluate(PART, "Spam")
    screen.page.mouse.click(x, y)
    expect(screen.page.locator("h1")).to_have_text("Flags")
    screen.settle()
    assert urlsplit(screen.page.url).path == "/flags"
    assert parse_qs(screen.query) == {"severity": ["high"], "category": ["spam"], "since": [day], "until": [day]}
    expect(said(screen)).to_have_text(f"rows 1 to {value} of {value}")
    assert set(cells(screen, "Category")) == {"Spam"}
    screen.page.go_back()
    expect(screen.page.locator("h1")).to_have_text("Volume")
    screen.settle()
    assert parse_qs(screen.query) == {"range": ["30d"], "severity": ["high"]}


def test_the_menu_of_a_rate_leads_to_its_cases(screen: Screen) -> None:
    screen.open("/volume")
    screen.choose("sla_breach_rate-lines", "Show flags")
    expect(said(screen)).to_be_visible()
    rate = screen.settle().api("sla_breach_rate", "")["total"]
    late = round(rate["value"] * rate["n"] / 100)
    expect(said(screen)).to_have_text(f"rows 1 to {min(late, 50)} of {late:,}")


def test_a_day_in_the_table_behind_a_chart_is_a_link_to_its_flags(screen: Screen) -> None:
    screen.open("/volume?range=30d")
    screen.turn(CHART)
    row = screen.card(CHART).locator("tbody tr").nth(5)
    count = sum(int(cell.replace(",", "")) for cell in row.locator("td").all_inner_texts())
    row.get_by_role("link").press("Enter")
    expect(said(screen)).to_have_text(f"rows 1 to {min(count, 50)} of {count:,}")


def test_the_menu_carries_filters_to_other_pages_but_not_what_only_a_list_knows(screen: Screen) -> None:
    screen.open("/flags?severity=high&case=late&sort=score&q=F")
    with screen.answered():
        screen.page.get_by_role("button", name="Next").click()
    link = screen.page.locator(".side").get_by_text("Volume")
    expect(link).to_have_attribute("href", "/volume?severity=high")


def test_the_files_hold_all_rows_of_the_same_question(screen: Screen) -> None:
    screen.open("/flags?severity=critical&range=7d&sort=score")
    total = int(said(screen).inner_text().rpartition(" ")[2].replace(",", ""))
    answer = screen.page.request.get(screen.url + str(screen.page.get_by_text("CSV").get_attribute("href")))
    lines = answer.text().splitlines()
    assert len(lines) == total + 1
    assert [line.partition(",")[0] for line in lines[1:51]] == cells(screen, "Flag")
    book = screen.page.request.get(screen.url + str(screen.page.get_by_text("XLSX").get_attribute("href")))
    assert book.body()[:2] == b"PK"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_people_who_use_the_page_differently_can_use_it(screen_of: NewScreen, site: str, theme: str) -> None:
    for address in ("/flags", "/flags?q=nonesuch"):
        assert screen_of(site, theme=theme).open(address).violations() == []


def test_a_list_that_cannot_be_read_says_so(screen_of: NewScreen, broken_site: str) -> None:
    screen = screen_of(broken_site)
    screen.page.goto(broken_site + "/flags")
    expect(screen.page.locator(FLAGS)).to_contain_text("could not be ")
