"""How an address asks for flags, and what the table and the ways to it are made of."""

from datetime import date

import pytest

from dashapp.domain.ask import Window
from dashapp.domain.view import View
from dashapp.metrics import METRICS
from dashapp.metrics.rows import COLUMNS
from dashapp.web.listing import Listing, link

WINDOW = Window(date(2024, 3, 1), date(2024, 3, 30))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "range=30d&severity=high&case=late&sort=score&desc=0&page=3&q=F1",
        "since=2024-03-01&until=2024-03-30&case=open&sort=team",
        "desc=0&q=a+b%26c",
    ],
)
def test_an_address_read_and_written_is_the_same_address(query: str) -> None:
    assert Listing.parse(query).query() == query
    assert Listing.parse(query).problems == ()


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("sort=reviewer_id", "sort: 'reviewer_id' is not one of "),
        ("desc=yes", "desc: 'yes' is not 0 or 1"),
        ("page=0", "page: '0' is not a page number"),
        ("page=1e3", "page: '1e3' is not a page number"),
        ("page=1&page=2", "page: given 2 times"),
        ("q=%00", "q: is not a printable text"),
        ("case=nonesuch", "case: 'nonesuch' is not known"),
    ],
)
def test_what_cannot_be_read_is_left_out_and_named(query: str, problem: str) -> None:
    listing = Listing.parse(query)
    assert listing.query() == ""
    assert len(listing.problems) == 1
    assert listing.problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("metric", "query", "expected"),
    [
        ("flags", "", ""),
        ("flags", "category=spam&grain=week&by=region", "&category=spam"),
        ("flags_human_review", "region=EMEA", "&region=EMEA&routing=human_review"),
        ("sla_breach_rate", "severity=high", "&severity=high&case=late"),
        ("escalation_rate", "severity=low&severity=high", "&severity=high"),
        ("coordinated_rate", "", "&sort=coordinated"),
    ],
)
def test_a_metric_leads_to_its_cases_under_the_filters_of_the_page(metric: str, query: str, expected: str) -> None:
    found = link(METRICS[metric], View.parse(query), WINDOW)
    assert found == f"/flags?since=2024-03-01&until=2024-03-30{expected}"


def test_what_is_counted_at_a_moment_leads_to_all_that_was_raised_before() -> None:
    assert link(METRICS["backlog"], View(), WINDOW) == "/flags?since=2014-03-24&until=2024-03-30&case=open"


def test_no_way_leads_where_no_flag_is_meant() -> None:
    assert link(METRICS["escalation_rate"], View.parse("severity=low"), WINDOW) is None
    assert link(METRICS["outflow"], View(), WINDOW) is None


def test_every_metric_leads_to_an_address_that_can_be_read() -> None:
    for metric in METRICS.values():
        listing = Listing.parse(metric.rows or "")
        assert (listing.problems, listing.view.unknown) == ((), ()), metric.key
        assert listing.sort in COLUMNS
