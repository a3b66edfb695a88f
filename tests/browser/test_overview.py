"""The first screen of the day, and the page that says what its numbers mean."""

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from dashapp.metrics import METRICS
from tests.browser.conftest import NewScreen
from tests.browser.screen import Screen

SLA_SENTENCE = "SLA breach rate 19.8 % in the last 7 days, above 15 %"
SCORE_SENTENCE = "Classifier score 0.785 in the last 7 days, below 0.80"


def test_what_needs_attention_in_the_real_data(screen_of: NewScreen, ts_ops_site: str) -> None:
    screen = screen_of(ts_ops_site).open("/")
    lines = screen.card("attention").locator("li")
    expect(lines.filter(has_text=SLA_SENTENCE)).to_contain_text("Alert")
    expect(lines.filter(has_text=SCORE_SENTENCE)).to_contain_text("so for 19 days")
    expect(lines.last).to_contain_text("Data ends on 30 Mar 2024")
    expect(screen.page.locator(".counted").first).to_contain_text(re.compile(r"Overview\d need attention"))


def test_a_concern_leads_to_its_page_with_the_filters_of_the_address(screen_of: NewScreen, ts_ops_site: str) -> None:
    screen = screen_of(ts_ops_site).open("/?severity=critical&severity=high")
    line = screen.card("attention").locator("li").filter(has_text="SLA breach rate")
    line.first.get_by_role("link").click()
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Queue")
    screen.settle()
    assert parse_qs(screen.query) == {"range": ["30d"], "severity": ["critical", "high"]}
    assert screen.chosen("severity") == ["High", "Critical"]


def test_other_days_leave_what_needs_attention_as_it_is(screen_of: NewScreen, ts_ops_site: str) -> None:
    screen = screen_of(ts_ops_site).open("/")
    before = screen.card("attention").locator("ol").inner_text()
    with screen.answered():
        screen.preset("7 d").click()
    assert screen.card("attention").locator("ol").inner_text() == before


def test_the_counts_in_the_menu_need_no_request_of_their_own(screen: Screen) -> None:
    screen.open("/volume")
    asked = screen.asked
    with screen.answered():
        screen.preset("30 d").click()
    assert screen.asked == asked + 1
    expect(screen.page.locator(".counted").first).to_have_text(re.compile(r"^Overview(\d+ need attention)?$"))


def test_a_card_without_a_metric_has_no_definition_and_no_file(screen: Screen) -> None:
    card = screen.open("/").card("attention")
    expect(card.locator(".i")).to_have_count(0)
    card.locator("summary.dots").click()
    expect(card.locator(".menu").get_by_text("Copy link")).to_be_visible()
    expect(card.locator(".menu").get_by_text("Download CSV")).to_have_count(0)


def test_the_small_i_leads_to_the_definition(screen: Screen) -> None:
    screen.open("/")
    card = screen.card("score_mean-lines")
    card.locator("summary.i").click()
    card.get_by_role("link", name="Full definition of Classifier score").click()
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Definitions")
    expect(screen.page.locator("#score_mean")).to_be_in_viewport()
    assert urlsplit(screen.page.url).fragment == "score_mean"


def test_the_search_narrows_as_one_types_and_asks_nobody(screen: Screen) -> None:
    screen.open("/definitions")
    asked = len(screen.requests)
    shown = screen.page.locator(".definition:visible")
    expect(shown).to_have_count(len(METRICS))
    screen.page.get_by_label("Find").press_sequentially("breach reviewed")
    expect(shown).to_have_count(1)
    expect(shown.first).to_contain_text("sla_breach_rate_reviewed")
    expect(screen.page.get_by_role("status")).to_have_text("1 metric")
    expect(screen.page.get_by_role("heading", name="Classifier", exact=True)).to_be_hidden()
    screen.page.get_by_label("Find").fill("")
    expect(shown).to_have_count(len(METRICS))
    assert len(screen.requests) == asked


def test_the_filters_survive_a_visit_to_the_definitions(screen: Screen) -> None:
    screen.open("/volume?range=30d")
    screen.page.get_by_role("link", name="Definitions", exact=True).click()
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Definitions")
    screen.page.get_by_role("link", name="Volume", exact=True).click()
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Volume")
    screen.settle()
    assert screen.query == "range=30d"
    with screen.answered():
        screen.preset("7 d").click()
    assert screen.query == "range=7d"


def test_back_from_a_definition_of_the_page_to_its_top_and_on_to_filters(screen: Screen) -> None:
    screen.open("/volume?range=30d")
    screen.page.get_by_role("link", name="Definitions", exact=True).click()
    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Definitions")
    screen.page.evaluate("location.hash = 'backlog'")
    screen.page.go_back()
    screen.page.get_by_role("link", name="Volume", exact=True).click()
    screen.settle()
    with screen.answered():
        screen.preset("7 d").click()
    assert screen.query == "range=7d"


def test_the_sql_of_a_metric_unfolds(screen: Screen) -> None:
    screen.open("/definitions#flags")
    article = screen.page.locator("#flags")
    article.get_by_text("SQL", exact=True).click()
    expect(article.locator("pre")).to_contain_text("SELECT cube_thin.day AS bucket")
    expect(article).to_contain_text(":since")
    assert screen.violations() == []
