"""The page of a week's summary in a browser: reading it, having one made, commenting and approving."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, expect
from pypdf import PdfReader

from tests.browser.conftest import NewScreen
from tests.browser.screen import Screen
from tests.browser.serving import broken_copy, serving

FILES = {"PDF": "pdf", "Markdown": "md", "HTML": "html", "JSON": "json"}


@pytest.fixture
def own(demo_store: Path, tmp_path: Path) -> Iterator[str]:
    """A server over a copy of the demo, in which a test may write."""
    with serving(broken_copy(demo_store, tmp_path / "own.sqlite")) as url:
        yield url


def lit(screen: Screen) -> Locator:
    """The rows of figures that are lit."""
    return screen.page.locator(".sources tr.lit")


def test_a_sentence_lights_its_figures_and_a_figure_its_sentences(screen: Screen) -> None:
    screen.open("/summary")
    expect(screen.card("document").locator("h2")).to_have_text(re.compile(r"^Week \d{4}-W\d\d: "))
    sentence = screen.page.locator(".sentence", has_text="Automation rate").first
    sentence.hover()
    expect(lit(screen)).to_have_count(1)
    expect(lit(screen)).to_contain_text("Automation rate")
    box, region = lit(screen).bounding_box(), screen.page.locator(".sources .listed").bounding_box()
    assert box is not None
    assert region is not None
    assert region["y"] <= box["y"] < region["y"] + region["height"]
    screen.page.locator(".sources tr", has_text="Review backlog").first.hover()
    expect(screen.page.locator(".sentence.lit").first).to_contain_text("Review backlog")
    expect(sentence).not_to_have_class(re.compile("lit"))
    sentence.focus()
    expect(lit(screen)).to_contain_text("Automation rate")


def test_a_figure_leads_to_its_chart_and_back(screen: Screen) -> None:
    screen.open("/summary")
    screen.page.locator(".sentence", has_text="Automation rate").first.locator("a").first.click()
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Volume")
    screen.settle()
    assert re.search(r"since=\d{4}-\d\d-\d\d&until=\d{4}-\d\d-\d\d", screen.query)
    screen.page.go_back()
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Weekly summary")
    screen.settle()


def test_a_tap_shows_the_figures_on_a_narrow_screen(screen_of: NewScreen, site: str) -> None:
    screen = screen_of(site, width=360, height=740).open("/summary")
    screen.page.locator(".prose p > .sentence[data-facts]:first-child").last.click(position={"x": 4, "y": 6})
    expect(lit(screen).first).to_be_in_viewport()
    assert screen.overflow() == 0
    assert screen.violations() == []


def test_one_made_now_is_followed_to_and_the_older_version_stays(screen_of: NewScreen, own: str) -> None:
    screen = screen_of(own).open("/summary?category=spam")
    expect(screen.card("order")).to_contain_text("Only of category Spam, as the address says.")
    screen.page.get_by_role("button", name="Generate now").click()
    screen.page.wait_for_url(re.compile(r"/summary\?week=\d{4}-W\d\d&version=2$"))
    screen.settle()
    expect(screen.card("document")).to_contain_text("Version 2, made on the page at")
    expect(screen.card("document")).to_contain_text("Only of category Spam.")
    week = parse_qs(urlsplit(screen.page.url).query)["week"][0]
    screen.card("versions").get_by_role("link", name=f"{week}, version 1").click()
    expect(screen.card("document")).to_contain_text("Version 1, made from the command line at")
    screen.settle()
    screen.page.go_back()
    expect(screen.card("document")).to_contain_text("Version 2, made on the page at")
    screen.settle()
    assert screen.violations() == []


def test_a_comment_and_an_approval_survive_a_reload(screen_of: NewScreen, own: str) -> None:
    words = "Tuesday was <b>a staff test</b>. ![x](https://example.org/x.png)"
    screen = screen_of(own).open("/summary")
    screen.page.get_by_label("Comment").fill(words)
    with screen.answered():
        screen.page.get_by_role("button", name="Save comment").click()
    expect(screen.page.locator(".remark")).to_contain_text(words)
    with screen.answered():
        screen.page.get_by_role("button", name="Approve").click()
    expect(screen.card("lead").get_by_role("status")).to_contain_text("Approved on the page at")
    screen.page.reload()
    screen.settle()
    expect(screen.page.get_by_label("Comment")).to_have_value(words)
    expect(screen.page.get_by_role("button", name="Approve")).to_have_count(0)
    expect(screen.card("versions").locator("tr.chosen")).to_contain_text("approved")
    assert [row[2] for row in screen.table("said")] == ["What", "approved", "commented"]
    assert screen.violations() == []


def test_of_two_analysts_the_second_is_told_that_the_comment_has_changed(screen_of: NewScreen, own: str) -> None:
    first, second = (screen_of(own).open("/summary") for _ in range(2))
    for screen, words in ((first, "First."), (second, "Second.")):
        screen.page.get_by_label("Comment").fill(words)
        with screen.answered():
            screen.page.get_by_role("button", name="Save comment").click()
    expect(second.page.get_by_role("alert")).to_contain_text("Somebody else has changed the comment meanwhile.")
    expect(second.page.locator(".remark")).to_contain_text("First.")
    expect(second.page.get_by_label("Comment")).to_have_value("Second.")


def test_a_test_message_says_what_became_of_it(screen_of: NewScreen, own: str) -> None:
    screen = screen_of(own).open("/summary")
    with screen.answered():
        screen.page.get_by_role("button", name="Send a test message").click()
    expect(screen.card("sent").get_by_role("status")).to_contain_text("No recipient is set up")


@pytest.mark.parametrize("name", FILES)
def test_a_summary_can_be_had_as_a_file(screen: Screen, name: str, tmp_path: Path) -> None:
    screen.open("/summary")
    with screen.page.expect_download() as download:
        screen.card("document").get_by_role("link", name=name, exact=True).click()
    assert re.fullmatch(rf"summary_\d{{4}}-W\d\d_1\.{FILES[name]}", download.value.suggested_filename)
    download.value.save_as(tmp_path / "file")
    held = (tmp_path / "file").read_bytes()
    if name == "PDF":
        held = PdfReader(io.BytesIO(held)).pages[0].extract_text().encode()
    assert b"Complete days" in held


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
def test_the_exported_page_stands_alone(
    screen_of: NewScreen, site: str, theme: str, width: int, tmp_path: Path
) -> None:
    screen = screen_of(site, width=width, theme=theme).open("/summary")
    with screen.page.expect_download() as download:
        screen.card("document").get_by_role("link", name="HTML", exact=True).click()
    download.value.save_as(tmp_path / "summary.html")
    screen.page.set_content((tmp_path / "summary.html").read_text())
    expect(screen.page.locator("figure img").first).to_have_js_property("complete", value=True)
    assert screen.page.locator("figure img").evaluate_all("(all) => all.every((one) => one.naturalWidth > 0)")
    assert screen.overflow() == 0
    assert screen.violations() == []


def test_without_a_summary_the_page_offers_to_make_one(screen_of: NewScreen, empty_site: str) -> None:
    screen = screen_of(empty_site).open("/summary")
    expect(screen.page.locator(".question")).to_contain_text("No summary has been made yet.")
    expect(screen.page.get_by_role("button", name="Generate now")).to_be_visible()
    assert screen.violations() == []
