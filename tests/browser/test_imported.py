"""Imported data on the page: the real ts-ops numbers, and names that mean harm."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dashapp.domain.cells import text_cell
from tests.browser.conftest import NewScreen, imported
from tests.browser.serving import serving

MARKUP = '<img src=x onerror=alert(1)>"'
ESCAPING = "</textarea></title><script>alert(2)</script>"
FORMULA = "=1+1"
HEADER = "flag_id,date,category,severity,action,reviewer_id,resolution_hrs,ml_score,coordinated_flag,attack_id"


@pytest.fixture(scope="module")
def harmful_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over flags whose categories would do harm where they were taken for markup or formulas."""
    folder = tmp_path_factory.mktemp("harmful")
    with (folder / "flags.csv").open("w", newline="") as file:
        file.write(HEADER + "\n")
        writer = csv.writer(file)
        for number, category in enumerate([MARKUP] * 3 + [ESCAPING] * 2 + [FORMULA]):
            writer.writerow([f"F{number}", "2024-03-01", category, "high", "human_review", "", "2.0", "0.9", "", ""])
    with serving(imported(folder, folder / "harmful.sqlite")) as url:
        yield url


@pytest.mark.check(21)
def test_names_that_look_like_markup_are_shown_as_text(screen_of: NewScreen, harmful_site: str) -> None:
    screen = screen_of(harmful_site).open("/volume")
    names = [MARKUP, ESCAPING, FORMULA]
    card = screen.card("flags-totals-category")
    assert sorted(card.locator(".ytick").all_text_contents()) == sorted(names)
    assert [name.strip() for name in screen.page.locator(".change .t").all_inner_texts()] == names
    screen.turn("flags-totals-category")
    expect(card.locator("table")).to_be_visible()
    assert screen.table("flags-totals-category") == [
        ["Category", "Flags"],
        [MARKUP, "3"],
        [ESCAPING, "2"],
        [FORMULA, "1"],
    ]
    screen.drop("category").click()
    assert screen.control("category").locator("label").all_inner_texts() == [*sorted(names), "not given"]
    with screen.answered():
        screen.control("category").get_by_text(MARKUP, exact=True).click()
    expect(screen.drop("category")).to_have_text(f"category {MARKUP}")
    screen.shows_totals("/volume", screen.query)
    screen.page.reload()
    screen.settle()
    assert screen.chosen("category") == [MARKUP]
    assert screen.page.locator("img").count() == 0
    assert f"{screen.url}/x" not in screen.requests


@pytest.mark.check(26)
def test_names_that_look_like_formulas_are_harmless_in_the_csv(screen_of: NewScreen, harmful_site: str) -> None:
    screen = screen_of(harmful_site).open("/volume")
    with screen.page.expect_download() as download:
        screen.choose("flags-totals-category", "Download CSV")
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8"))))
    assert {row["category"] for row in rows} == {MARKUP, ESCAPING, "'=1+1"}
    assert text_cell(FORMULA) == "'=1+1"


def test_the_page_shows_what_is_known_of_the_ts_ops_data(screen_of: NewScreen, ts_ops_site: str) -> None:
    screen = screen_of(ts_ops_site).open("/volume")
    expect(screen.page.locator("#window")).to_have_text("1 Jan to 30 Mar 2024")
    expect(screen.page.locator("#fresh")).to_have_text("data end 30 Mar 2024")
    shown = {
        "flags": "41,935",
        "flags_auto_blocked": "6,038",
        "flags_human_review": "12,979",
        "automation_rate": "69.0 %",
        "sla_breach_rate": "18.0 %",
        "coordinated_rate": "11.2 %",
    }
    for metric, text in shown.items():
        expect(screen.tile(metric)).to_contain_text(text)
    expect(screen.page.locator("#tile-sla_breach_rate .d")).to_contain_text("n 10,262")
    expect(screen.card("flags-totals-category").locator(".n").first).to_contain_text("41,935to 30 Mar 2024")
