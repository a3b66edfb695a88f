"""What tiles and cards say, over a small store: four weeks of flags with a hole."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from dashapp.domain.messages import FlagRow
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS, Desk, Policy
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.rollup import rollup
from dashapp.web.cards import Content, content
from dashapp.web.page import Card, Chart
from dashapp.web.scenes import scene
from dashapp.web.tiles import tile
from pages.volume import PAGE as VOLUME
from tests.web.reading import text

FIRST = date(2024, 3, 4)
DAYS = 28
HOLE = {FIRST + timedelta(days=3)}
"""Days that nothing covers."""
LABELS = {("spam", 0): "confirmed", ("spam", 1): "rejected", ("spam", 2): "duplicate", ("spam", 3): "confirmed"}
"""Of spam only, by its place within the day."""


def flags_of(day: date) -> list[dict[str, Any]]:
    """Two spam flags a day, in the last week four, and one of fraud, which is new in the last week."""
    last_week = day >= FIRST + timedelta(days=21)
    names = ["spam"] * (4 if last_week else 2) + ["fraud"] * last_week
    return [
        {"flag_id": f"{day}-{i}", "flagged_day": day, "category": name, "severity": "high", "routing": "allow",
         "score": 0.9, "hours_to_decision": 48 if i == 0 else 1, "label": LABELS.get((name, i))}
        for i, name in enumerate(names)
    ]  # fmt: skip


@pytest.fixture
def desk(writer: Engine, settings: Settings, now: datetime) -> Iterator[Desk]:
    days = [day for i in range(DAYS) if (day := FIRST + timedelta(days=i)) not in HOLE]
    given = [FlagRow.model_validate(flag) for day in days for flag in flags_of(day)]
    with writer.connect() as connection:
        writes.put_origin(connection, "ops", "import", now)
        writes.put_coverage(connection, "ops", days)
        writes.put_flags(connection, [writes.flag_row("ops", flag, settings.zone) for flag in given])
        rollup(connection, settings.sla)
        yield Desk(connection, now, Policy(settings.zone, settings.sla))


def shown(desk: Desk, metric: str, query: str = "") -> list[str]:
    """The value of a tile, and what stands below it."""
    value, told, *_ = tile(scene(desk, query, VOLUME), METRICS[metric])
    return [text(value), text(told)]


def card(desk: Desk, made: Card, query: str = "") -> Content:
    return content(scene(desk, query, VOLUME), made)


def test_a_tile_shows_the_whole_window_and_the_last_week_against_the_week_before(desk: Desk) -> None:
    assert shown(desk, "flags", "range=28d") == ["75", "+150.0 %  in 7 days"]
    assert shown(desk, "flags", "range=7d") == ["35", "+150.0 %  in 7 days"]


def test_a_tile_compares_the_window_with_the_one_before_when_asked(desk: Desk) -> None:
    assert shown(desk, "flags", "range=14d&compare=previous") == ["49", "+88.5 %  vs previous"]


def test_a_tile_of_a_share_tells_points_and_cases_and_the_threshold_that_was_crossed(desk: Desk) -> None:
    # 31 March is not settled at noon of 1 April: 26 of 70; the last week 7 of 32, the week before 7 of 14
    assert shown(desk, "sla_breach_rate", "range=28d") == [
        "37.1 %",
        "-28.1 pt  in 7 days 21.9 %, alert above 15 % n 70",
    ]


def test_a_tile_follows_the_filters(desk: Desk) -> None:
    assert shown(desk, "flags", "range=28d&category=fraud") == ["7", "new  in 7 days"]


def test_a_tile_without_data_says_so(desk: Desk) -> None:
    assert shown(desk, "flags", "since=2020-01-01&until=2020-01-07") == ["no data", "no data  in 7 days"]
    assert shown(desk, "sla_breach_rate", "since=2020-01-01&until=2020-01-07")[0] == "no data"


def test_a_tile_says_why_a_filter_cannot_be_answered(desk: Desk) -> None:
    [message] = tile(scene(desk, "category=spam", VOLUME), METRICS["utilisation"])
    assert text(message) == "Utilisation is not kept by category."


def test_precision_is_that_of_confirmed_and_rejected_flags_and_no_figure_without_labels(desk: Desk) -> None:
    # in the last week 7 days of two confirmed and one rejected, before it one of each
    assert shown(desk, "precision_decided", "range=7d") == ["66.7 %", "+16.7 pt  in 7 days n 21"]
    assert shown(desk, "precision_decided", "range=7d&category=fraud") == ["no data", "no data  in 7 days"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("range=7d", "21 flags of the window were confirmed or rejected."),
        ("range=7d&label=duplicate", "21 flags of the window were confirmed or rejected."),
        ("range=7d&category=fraud", "No labels: this sees drift only, not whether the classifier is right."),
    ],
)
def test_the_verdict_says_how_many_flags_have_a_label_that_judges_them(desk: Desk, query: str, told: str) -> None:
    assert text(card(desk, Card("score_mean", Chart.VERDICT), query).body).endswith(told)


def test_a_card_draws_the_hole_and_names_cases_and_the_last_day(desk: Desk) -> None:
    made = card(desk, Card("flags", Chart.BARS), "range=28d")
    assert text(made.head) == "75 to 31 Mar 2024"
    assert made.figure is not None
    assert made.figure["data"][0]["y"][:6] == [2, 2, 2, None, 2, 2]


def test_a_card_without_data_says_for_which_days(desk: Desk) -> None:
    made = card(desk, Card("flags", Chart.BARS), "since=2020-01-01&until=2020-01-07")
    assert made.spec == {"message": "No data for 1 Jan to 7 Jan 2020 with these filters."}


def test_a_card_whose_question_cannot_be_answered_says_why(desk: Desk) -> None:
    made = card(desk, Card("utilisation", Chart.LINES, follows_split=True), "by=category")
    assert made.spec == {"message": "Utilisation is not kept by category."}


def test_a_line_has_its_trailing_line_by_day_without_a_split_only(desk: Desk) -> None:
    shares = Card("escalation_rate", Chart.LINES, trailing=7, follows_split=True)

    def names(query: str) -> list[str]:
        figure = card(desk, shares, query).figure
        assert figure is not None
        return [trace["name"] for trace in figure["data"]]

    assert names("range=28d") == ["Escalation rate", "7 days, pooled"]
    assert names("range=28d&grain=week") == ["Escalation rate"]
    assert names("range=28d&by=category") == ["Spam", "Fraud"]


def test_week_on_week_tells_a_new_group_from_one_that_grew(desk: Desk) -> None:
    made = card(desk, Card("flags", Chart.CHANGES, by=(Dim.CATEGORY,)))
    assert text(made.body) == (
        "25 Mar to 31 Mar 2024 against the 7 days before Spam 28 +100.0 %  from 14 Fraud 7 new  from 0"
    )


def test_week_on_week_has_nothing_to_compare_with_before_the_data_begin(desk: Desk) -> None:
    made = card(desk, Card("flags", Chart.CHANGES, by=(Dim.CATEGORY,)), "until=2024-03-10")
    assert text(made.body).endswith("Spam 12 no data before  from no data")
