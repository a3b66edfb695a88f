"""The page of published statistics, and what its counts leave alone on the other pages."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from dashapp.domain.messages import FlagRow
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import Desk, Policy
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.rollup import rollup
from dashapp.web.callbacks import file_link
from dashapp.web.cards import content
from dashapp.web.page import Card, Chart
from dashapp.web.scenes import Scene, scene
from pages.platforms import PAGE
from pages.volume import PAGE as VOLUME
from tests.published import publish

NOW = datetime(2024, 3, 31, 12, tzinfo=UTC)
CARDS = {card.id: card for card in PAGE.cards}
BY_PLATFORM, BY_CATEGORY = CARDS["statements-bars-platform"], CARDS["statements-bars-category"]


@pytest.fixture
def empty(writer: Engine, settings: Settings) -> Iterator[Desk]:
    """A store with flags of one day and nothing published."""
    given = {"flagged_day": "2024-03-25", "category": "fraud", "severity": "low", "routing": "allow"}
    with writer.connect() as connection:
        writes.put_origin(connection, "ops", "import", NOW)
        flag = FlagRow.model_validate({"flag_id": "F", **given})
        writes.put_flags(connection, [writes.flag_row("ops", flag, settings.zone)])
        writes.put_coverage(connection, "ops", [date(2024, 3, 25)])
        rollup(connection, settings.sla)
        yield Desk(connection, NOW, Policy(settings.zone, settings.sla))


@pytest.fixture
def desk(empty: Desk) -> Desk:
    writes.put_origin(empty.connection, "dsa", "import", NOW)
    publish(empty.connection, "dsa", date(2024, 3, 30), days=40)
    return empty


def drawn(seen: Scene, card: Card) -> dict[str, Any]:
    """The values of each trace of a card's figure, by its name."""
    made = content(seen, card)
    assert made.figure is not None, made.message
    return {trace["name"]: trace["y"] for trace in made.figure["data"]}


def test_the_page_ends_where_the_counts_do_and_not_where_the_flags_do(desk: Desk) -> None:
    assert scene(desk, "", PAGE).as_of == date(2024, 3, 30)
    assert scene(desk, "", VOLUME).as_of == date(2024, 3, 25)


def test_a_platform_has_a_gap_where_it_told_of_nothing(desk: Desk) -> None:
    shown = drawn(scene(desk, "since=2024-03-10&until=2024-03-13", PAGE), BY_PLATFORM)
    assert shown["Board"] == [340, None, None, 630]
    assert shown["Chat"] == [1270, 1600, 1580, 1560]


def test_filters_and_split_come_from_the_address(desk: Desk) -> None:
    seen = scene(desk, "range=1d&platform=Board&category=spam&by=category", PAGE)
    assert drawn(seen, BY_PLATFORM) == {"Spam": [891]}
    assert file_link(seen, BY_PLATFORM, "statements", 1, "csv") == (
        "/api/v1/metrics/statements.csv?since=2024-03-30&until=2024-03-30&by=category&category=spam&platform=Board"
    )


def test_the_file_of_incidents_has_those_of_the_job_whatever_detector_another_page_shows(desk: Desk) -> None:
    seen = scene(desk, "range=1d&platform=Board&method=ears_c2", PAGE)
    [incidents] = [card for card in PAGE.cards if card.chart is Chart.INCIDENTS]
    assert file_link(seen, incidents, "statements", 1, "csv") == (
        "/api/v1/incidents.csv?metric=statements&since=2024-03-30&until=2024-03-30&platform=Board"
    )


def test_what_counts_cannot_tell_together_is_said_on_the_card(desk: Desk) -> None:
    seen = scene(desk, "category=spam", PAGE)
    told = {name: content(seen, card).message for name, card in CARDS.items()}
    assert told["automated_decisions-lines-platform"] == "Automated decisions is not kept by category."
    assert told["statements-totals-source_type"] == (
        "Statements of reasons is not kept by category and source_type together: choose one."
    )
    assert told["statements-bars-category"] is None


def test_without_any_counts_the_page_says_how_to_import_some(empty: Desk) -> None:
    seen = scene(empty, "", PAGE)
    told = {content(seen, card).message for card in PAGE.cards}
    assert told == {"No published counts yet. Import some: python -m dashapp import dsa FILE"}


def test_a_window_before_the_counts_has_no_data(desk: Desk) -> None:
    message = content(scene(desk, "since=2020-01-01&until=2020-01-05", PAGE), BY_CATEGORY).message
    assert message == "No data for 1 Jan to 5 Jan 2020 with these filters."


def test_values_of_counts_are_not_offered_where_flags_are_shown(desk: Desk) -> None:
    flags, counts = scene(desk, "", VOLUME), scene(desk, "", PAGE)
    assert [one.value for one in flags.values[Dim.CATEGORY]] == ["fraud"]
    assert sorted(one.value for one in counts.values[Dim.CATEGORY]) == ["hate_speech", "spam"]
    assert [one.value for one in counts.values[Dim.PLATFORM]] == ["Chat", "Board"]
    assert Dim.PLATFORM not in flags.values


def test_a_platform_that_begins_later_is_marked_as_new(desk: Desk) -> None:
    made = content(scene(desk, "range=40d", PAGE), BY_PLATFORM)
    assert made.figure is not None
    assert [note["text"] for note in made.figure["layout"]["annotations"]] == ["new: Board"]
