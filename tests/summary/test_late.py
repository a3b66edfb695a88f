"""Summaries that later data have overtaken."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from dashapp.demo.load import load
from dashapp.metrics import Desk
from dashapp.metrics.detecting import detect
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store.summaries import get_summary, list_summaries
from dashapp.store.version import SUMMARIES, has_news
from dashapp.summary.fact import Fact, Facts
from dashapp.summary.facts import gather
from dashapp.summary.late import changed, look_again, may_be_late
from dashapp.summary.weekly import Order, summarise
from dashapp.summary.weeks import Week
from tests.summary.conftest import Put, days

NOW = datetime(2024, 3, 27, 6, tzinfo=UTC)
"""Wednesday after the week of 18 to 24 March 2024, all of whose SLAs are over."""
FIRST = date(2024, 3, 11)
RATE = Fact("escalation_rate", "Escalation rate", 17.21, "17.2 %", "%", 100, query="since=2024-03-18")
COUNT = Fact("flags", "Flags", 1234, "1,234", "flags", 1234, query="since=2024-03-18")


def keys(told: Fact, now: Fact) -> list[str]:
    return changed(Facts.of([told]), Facts.of([now]))


@pytest.mark.parametrize(
    ("told", "value", "text", "expected"),
    [
        (RATE, 17.21, "17.2 %", []),
        (RATE, 17.249, "17.2 %", []),
        (RATE, 17.251, "17.3 %", []),
        (RATE, 17.27, "17.3 %", ["escalation_rate"]),
        (RATE, None, "no data", ["escalation_rate"]),
        (replace(RATE, provisional=True), 19.0, "19.0 %", ["escalation_rate"]),
        (COUNT, 1235, "1,235", ["flags"]),
        (replace(COUNT, value=None, text="no data"), 1235, "1,235", ["flags"]),
        (replace(COUNT, value=None, text="not comparable (not settled yet)"), 1235, "1,235", []),
        (replace(COUNT, key="oldest_open"), 1235, "1,235", []),
        (replace(COUNT, key="incidents.confirmed"), 1235, "1,235", []),
        (replace(COUNT, key="attacks.known_1.flags"), 1235, "1,235", []),
        (replace(COUNT, key="limits.growth_flags", query=""), 1235, "1,235", []),
    ],
    ids=[
        "same",
        "same digits",
        "less than the rounding",
        "more than the rounding",
        "gone",
        "told before it settled",
        "count",
        "not known then",
        "not comparable then",
        "of the moment",
        "judged since",
        "in another order",
        "limit",
    ],
)
def test_what_has_settled_further_off_than_its_rounding_is_named(
    told: Fact, value: float | None, text: str, expected: list[str]
) -> None:
    assert keys(told, replace(told, value=value, text=text, provisional=False)) == expected


def test_what_has_not_settled_is_not_held_against_what_was_told() -> None:
    assert keys(COUNT, replace(COUNT, value=2000, text="2,000", provisional=True)) == []
    assert changed(Facts.of([COUNT]), Facts.of([])) == []


def test_what_rests_on_the_roster_is_held_against_what_was_told_while_the_roster_is_the_same() -> None:
    def told(needed: int, have: int) -> Facts:
        used = replace(RATE, key="utilisation.team_1", value=float(needed), text=f"{needed}.0 %")
        return Facts.of(
            [
                replace(COUNT, key="staffing.needed", value=needed, text=f"{needed}"),
                replace(COUNT, key="staffing.have", value=have, text=f"{have}"),
                used,
            ]
        )

    assert changed(told(6, 2), told(7, 2)) == ["staffing.needed", "utilisation.team_1"]
    assert changed(told(6, 2), told(7, 4)) == []


def marked(writer: Engine) -> list[tuple[str, int, Sequence[str]]]:
    """Week, version and superseded figures of the summaries that are marked, without cases and changes."""
    with writer.connect() as connection:
        told = [
            (one.week, one.version, json.loads(one.superseded)) for one in list_summaries(connection) if one.superseded
        ]
    return [
        (week, version, [key for key in keys if not key.endswith((".n", ".change"))]) for week, version, keys in told
    ]


def test_a_summary_is_marked_when_data_come_late_for_its_week(
    settings: Settings, reader: Engine, writer: Engine, put: Put
) -> None:
    put(days(FIRST, [10] * 14))
    put(days(FIRST, [2] * 14), severity="medium", category="fraud")
    for week, filters in (("2024-W11", ""), ("2024-W12", ""), ("2024-W12", ""), ("2024-W12", "severity=low")):
        summarise(reader, writer, settings, NOW, Order(week, filters, offline=True))
    assert look_again(reader, writer, settings, NOW)["superseded"] == 0
    put({date(2024, 3, 20): 7}, severity="medium", category="fraud")
    later = NOW + timedelta(days=3)
    assert look_again(reader, writer, settings, later) == {"summaries": 3, "superseded": 1}
    assert marked(writer) == [("2024-W12", 1, ["flags", "flags_human_review", "escalation_rate", "flags.fraud"])]
    with writer.connect() as connection:
        kept = get_summary(connection, "2024-W12", 1)
    assert kept is not None
    assert kept.superseded_at == later
    assert look_again(reader, writer, settings, later) == {"summaries": 2, "superseded": 0}


def test_a_week_is_measured_again_when_there_is_news_and_a_summary_that_stands(
    settings: Settings, reader: Engine, writer: Engine, put: Put
) -> None:
    def due() -> bool:
        with reader.connect() as connection:
            return may_be_late(connection)

    put(days(FIRST, [10] * 14))
    assert not due()
    summarise(reader, writer, settings, NOW, Order("2024-W12", offline=True))
    assert due()
    look_again(reader, writer, settings, NOW)
    assert due()  # the detectors have not looked yet: what they find may be another number of incidents
    detect(reader, writer, policy_of(settings), NOW)
    look_again(reader, writer, settings, NOW)
    assert marked(writer) == [("2024-W12", 1, ["incidents"])]
    summarise(reader, writer, settings, NOW, Order("2024-W12", offline=True))
    look_again(reader, writer, settings, NOW)
    assert not due()
    put({date(2024, 3, 20): 1}, category="fraud")
    assert due()
    with reader.connect() as connection:
        assert has_news(connection, SUMMARIES)


def test_where_nothing_came_nothing_is_superseded(settings: Settings, reader: Engine, writer: Engine) -> None:
    """The demo up to Monday noon, told two hours later, and read again until Tuesday."""
    noon = datetime(2024, 3, 25, 12, tzinfo=UTC)
    load(writer, settings, noon, days=60, scale=0.1)
    detect(reader, writer, policy_of(settings), noon)

    def told(now: datetime) -> Facts:
        with reader.connect() as connection:
            return gather(Desk(connection, now, policy_of(settings), ahead=False), Week.parse("2024-W12"))

    first = told(noon + timedelta(hours=2))
    assert changed(first, told(noon + timedelta(hours=2))) == []
    assert changed(first, told(noon + timedelta(hours=11))) == []
    settled = {key.split(".")[0] for key in changed(first, told(noon + timedelta(days=2)))}
    assert settled <= {"sla_breach_rate", "sla_breach_rate_reviewed"}
