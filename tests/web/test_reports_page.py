"""The page of reports and decisions over a small store: its leaderboard, its tiles, and what its address says."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from dashapp.domain.ask import Window
from dashapp.domain.messages import FlagRow, ReportRow
from dashapp.domain.vocabulary import Dim, Feed
from dashapp.metrics import METRICS, Desk, Policy
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.rollup import rollup
from dashapp.web.board import Board
from dashapp.web.callbacks import file_link
from dashapp.web.cards import content
from dashapp.web.page import Chart
from dashapp.web.scenes import scene
from dashapp.web.tiles import tile
from pages.reports import PAGE
from pages.volume import PAGE as VOLUME
from tests.web.reading import text

START = datetime(2024, 3, 1, 8, tzinfo=UTC)
[BOARD] = [card for card in PAGE.cards if card.chart is Chart.BOARD]


def reports() -> Iterator[dict[str, Any]]:
    """Thirty items of 1 to 30 reports; each creator made three of them."""
    for item in range(1, 31):
        for number in range(item):
            yield {
                "item_id": f"item {item:02d}",
                "creator": f"maker {item // 3}",
                "provider": "one" if item % 2 else "two",
                "source": "<b>",
                "action": "marked_sensitive" if number % 3 == 0 else None,
            }


@pytest.fixture
def desk(writer: Engine, settings: Settings, now: datetime) -> Iterator[Desk]:
    with writer.connect() as connection:
        rows = [
            ReportRow.model_validate(
                {
                    "report_id": f"R{place}",
                    "created_at": START + timedelta(minutes=place),
                    "media_type": "image",
                    "violation": "other",
                    "decided_at": row["action"] and START + timedelta(minutes=place, hours=6),
                    **row,
                }
            )
            for place, row in enumerate(reports())
        ]
        given = {"flagged_day": "2024-03-01", "category": "spam", "severity": "low", "routing": "allow"}
        flag = FlagRow.model_validate({"flag_id": "F", **given})
        writes.put_origin(connection, "a", "import", now)
        writes.put_reports(connection, [writes.report_row("a", row, settings.zone) for row in rows])
        writes.put_flags(connection, [writes.flag_row("a", flag, settings.zone)])
        for feed in Feed:
            writes.put_coverage(connection, "a", Window.ending(START.date(), 3), feed)
        rollup(connection, settings.sla)
        yield Desk(connection, now, Policy(settings.zone, settings.sla))


def board(desk: Desk, query: str = "") -> str:
    asked = query if "board=" in query else f"board=item_id&{query}"
    shown = content(scene(desk, asked, PAGE), BOARD)
    return plain(shown.message or text(shown.body))


def plain(written: str) -> str:
    """Text without tags, its words parted by one space."""
    return " ".join(re.sub("<[^>]*>", " ", written).split())


def test_a_leaderboard_has_the_most_reported_first_by_status(desk: Desk) -> None:
    shown = board(desk)
    assert "item 30 20 10 30 item 29 19 10 29 item 28 18 10 28" in shown
    assert "1 to 20 of 30" in shown
    assert "item 10 6 4 10 item 09" in board(desk, "page=2")


def test_it_is_ordered_and_searched_by_the_address(desk: Desk) -> None:
    assert "item 01 0 1 1 item 02 1 1 2" in board(desk, "rank=name")
    assert "item 30 20 10 30" in board(desk, "rank=pending")
    assert "1 to 10 of 10" in board(desk, "q=M+2")
    assert "none is called so" in board(desk, "q=nothing")
    assert "1 to 15 of 15" in board(desk, "provider=two")


def test_small_creators_are_not_named_and_counts_of_others_are_in_steps(desk: Desk) -> None:
    shown = board(desk, "board=creator")
    rule = (
        "Counts of creators are told in steps of 5, which may be up to 8 off either way in each quarter of the year; "
        "creators without a step are not shown."
    )
    assert rule in shown
    assert "maker 0" not in shown
    assert "maker 1 5 5 10" in shown
    assert rule not in board(desk, "board=item_id")


def test_what_a_creator_has_few_of_is_told_as_few_and_the_total_by_itself(desk: Desk) -> None:
    coarser = replace(desk, policy=replace(desk.policy, small_group=10))
    assert "maker 1 few few 10" in board(coarser, "board=creator")


def test_names_from_outside_are_text(desk: Desk) -> None:
    assert "&lt;b&gt; 300 165 465" in board(desk, "board=source")


def test_the_file_of_a_leaderboard_is_the_same_question(desk: Desk) -> None:
    link = file_link(scene(desk, "board=source&provider=two&page=2&q=x", PAGE), BOARD, "reports", 1, "csv")
    assert link.startswith("/api/v1/metrics/reports.csv?since=")
    assert link.endswith("&grain=whole&by=source&by=status&provider=two")


@pytest.mark.parametrize(
    "query",
    ["", "range=30d&provider=one&board=creator&rank=pending&page=3&q=a+b%26c", "board=item_id", "rank=name"],
)
def test_an_address_read_and_written_is_the_same_address(query: str) -> None:
    assert Board.parse(query).query() == query


@pytest.mark.parametrize("query", ["board=reviewer", "board=severity", "rank=score", "page=0", "q=%00", "page=x"])
def test_what_cannot_be_read_of_a_leaderboard_is_as_usual(query: str) -> None:
    assert Board.parse(query) == Board.parse("")


def test_a_tile_is_told_with_its_companion(desk: Desk) -> None:
    value, told, *_ = tile(scene(desk, "", PAGE), METRICS["report_accuracy"], PAGE.beside["report_accuracy"])
    assert text(value) == "35.5 %"
    assert "100.0 % of those decided" in plain(text(told))
    value, told, *_ = tile(scene(desk, "", PAGE), METRICS["time_to_decision_p90"], PAGE.beside["time_to_decision_p90"])
    assert text(value) == "6.0 h"
    assert "not reached with open ones" in plain(text(told))


def test_filters_of_other_pages_are_left_out_and_named(desk: Desk) -> None:
    shown = scene(desk, "category=spam&provider=two&by=severity", PAGE)
    assert shown.view.filters == ((Dim.PROVIDER, ("two",)),)
    assert shown.view.by is None
    assert shown.view.problems == ("category: is no filter of this page",)
    assert scene(desk, "provider=two&category=spam", VOLUME).view.filters == ((Dim.CATEGORY, ("spam",)),)
    assert content(scene(desk, "category=spam", PAGE), PAGE.cards[0]).figure is not None


def test_a_page_knows_the_values_of_its_own_dimensions_only(desk: Desk) -> None:
    assert set(scene(desk, "", PAGE).values) == {Dim.MEDIA_TYPE, Dim.SOURCE, Dim.PROVIDER}
    assert set(scene(desk, "", VOLUME).values) == {Dim.CATEGORY, Dim.MEDIA_TYPE}
