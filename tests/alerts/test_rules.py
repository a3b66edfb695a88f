from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from dashapp.alerts.look import State
from dashapp.alerts.rules import CHECKS, attention
from dashapp.metrics import METRICS
from tests.alerts.conftest import FIRST, NOW, TODAY, World, found, march, of

OF_EVENTS = ("hours_since_event", "events_refused", "events_ahead", "events_late")
"""Metrics that have nothing to say where no events are sent."""
EVERY_CHECK = sum(metric.threshold is not None for key, metric in METRICS.items() if key not in OF_EVENTS) + len(CHECKS)


def test_a_quiet_store_needs_no_attention(world: World) -> None:
    result = attention(world.quiet().looked().desk())
    assert (result.concerns, result.passed) == ((), EVERY_CHECK - 1)
    assert (result.unmade, result.failed) == (("Field flips",), ())  # of so few flags nobody can tell
    assert result.as_of == TODAY


def test_an_empty_store_passes_no_check(world: World) -> None:
    result = attention(world.desk())
    assert (result.concerns, result.passed, result.as_of) == ((), 0, None)


def test_a_crossed_threshold_says_how_far_for_how_long_and_where(world: World) -> None:
    world.cover(FIRST, TODAY)
    world.put(FIRST, TODAY, 2, category="fraud")
    world.put(FIRST, march(20), 8)
    world.put(march(21), TODAY, 4)
    world.put(march(21), TODAY, 4, hours_to_decision=30)
    concerns = found(world)
    assert of(concerns, State.ALERT) == [
        (
            "SLA breach rate 40.0 % in the last 7 days, above 15 %",
            "n 70 to 30 Mar 2024, so for 8 days. Spam adds most: 50.0 %, n 56.",
        )
    ]
    assert (concerns[0].key, concerns[0].since, concerns[0].link) == (
        "sla_breach_rate",
        march(23),
        "/queue?range=30d",
    )


def test_between_warning_and_alert_it_is_a_warning(world: World) -> None:
    world.cover(FIRST, TODAY)
    world.put(FIRST, TODAY, 22)
    world.put(FIRST, TODAY, 3, hours_to_decision=30)
    assert of(found(world), State.WARN) == [
        ("SLA breach rate 12.0 % in the last 7 days, above 10 %", "n 175 to 30 Mar 2024, so for 28 days or more.")
    ]


def test_below_the_warning_nothing_is_said(world: World) -> None:
    world.cover(FIRST, TODAY)
    world.put(FIRST, TODAY, 23)
    world.put(FIRST, TODAY, 2, hours_to_decision=30)
    assert found(world) == []


def test_where_falling_is_bad_the_value_is_below_its_threshold(world: World) -> None:
    world.cover(FIRST, TODAY)
    world.put(FIRST, march(30), 10)
    world.put(march(31), march(31), 40, score=0.6)
    world.put(TODAY, TODAY, 10)
    assert of(found(world), State.ALERT) == [
        ("Classifier score 0.780 in the last 7 days, below 0.80", "n 100 to 31 Mar 2024, so for 1 day.")
    ]


def test_one_category_chosen_names_the_severity_that_adds_most(world: World) -> None:
    world.cover(FIRST, TODAY)
    world.put(FIRST, TODAY, 6, hours_to_decision=30, severity="critical")
    world.put(FIRST, TODAY, 4)
    concern = found(world, category="spam")[0]
    assert concern.detail.endswith("Critical adds most: 100.0 %, n 42.")
    assert concern.link == "/queue?range=30d&category=spam"


def test_days_that_may_still_change_raise_nothing(world: World) -> None:
    world.quiet()
    world.put(march(31), TODAY, 200, hours_to_decision=30)  # the SLA of these days is not over
    world.put(TODAY, TODAY, 500, score=0.1)  # today is not
    assert of(found(world), State.ALERT) == []


def test_a_check_without_settled_data_is_named_and_neither_passed_nor_failed(world: World) -> None:
    world.cover(FIRST, TODAY)
    world.put(FIRST, TODAY, 10, hours_to_decision=30)
    world.cover(FIRST, march(28), origin="late")
    world.cover(march(30), TODAY, origin="late")  # of 29 March it has not told us yet
    result = attention(world.desk())
    assert "SLA breach rate" in result.unmade
    assert result.concerns == ()


def test_flags_at_risk_are_counted_with_the_oldest(world: World) -> None:
    world.quiet()
    for hours in (2, 20, 30):
        put_open(world, hours)
    concerns = [concern for concern in found(world) if concern.state is State.WATCH]
    assert of(concerns, State.WATCH) == [
        ("2 open flags past 75 % of their SLA", "Of 3 open; the oldest has waited 30.0 h.")
    ]
    assert concerns[0].link == "/queue?range=30d"


def test_one_flag_at_risk_is_one_flag(world: World) -> None:
    put_open(world.quiet(), 18)
    assert of(found(world), State.WATCH) == [
        ("1 open flag past 75 % of its SLA", "Of 1 open; the oldest has waited 18.0 h.")
    ]


def test_an_open_flag_with_time_left_is_none_at_risk(world: World) -> None:
    put_open(world.quiet(), 17)
    assert of(found(world), State.WATCH) == []


def put_open(world: World, hours: float) -> None:
    """A flag that waits for a human since so many hours."""
    at = NOW - timedelta(hours=hours)
    given = {"severity": "low", "routing": "human_review", "hours_to_decision": None, "flagged_at": at}
    world.put(at.date(), at.date(), 1, **given)


def test_a_category_that_grew_is_worth_a_look(world: World) -> None:
    world.quiet()
    world.put(FIRST, march(24), 20, category="fraud")
    world.put(march(25), TODAY, 30, category="fraud")
    concerns = [concern for concern in found(world) if concern.state is State.WATCH]
    assert of(concerns, State.WATCH) == [("Fraud up 50 % week on week", "210 flags after 140; week to 31 Mar 2024.")]
    assert (concerns[0].link, concerns[0].since) == ("/volume?range=30d&category=fraud", march(25))


@pytest.mark.parametrize(("before", "after"), [(40, 49), (10, 17)], ids=["22 % and 63 flags", "70 % and 49 flags"])
def test_growth_must_be_large_in_share_and_in_flags(world: World, before: int, after: int) -> None:
    world.quiet()
    world.put(FIRST, march(24), before, category="fraud")
    world.put(march(25), TODAY, after, category="fraud")
    assert of(found(world), State.WATCH) == []


def test_the_category_that_grew_most_comes_first(world: World) -> None:
    world.quiet()
    for category, after in (("fraud", 30), ("hate", 40)):
        world.put(FIRST, march(24), 10, category=category)
        world.put(march(25), TODAY, after, category=category)
    assert [title for title, _ in of(found(world), State.WATCH)] == [
        "Hate up 300 % week on week",
        "Fraud up 200 % week on week",
    ]


def test_a_category_that_comes_back_from_nothing_has_no_percentage(world: World) -> None:
    world.quiet()
    world.put(FIRST, FIRST, 5, category="fraud")
    world.put(march(25), TODAY, 10, category="fraud")
    assert of(found(world), State.WATCH) == [
        ("Fraud up from none week on week", "70 flags after 0; week to 31 Mar 2024.")
    ]


@pytest.mark.parametrize(("day", "told"), [(march(29), "29 Mar 2024"), (TODAY, "1 Apr 2024")])
def test_a_category_never_seen_before_is_named_even_today(world: World, day: date, told: str) -> None:
    world.quiet()
    world.put(day, day, 5, category="hate_speech")
    concerns = [concern for concern in found(world) if concern.state is State.WATCH]
    assert of(concerns, State.WATCH) == [(f"New category Hate speech, first seen on {told}", "5 flags since.")]
    assert concerns[0].link == "/volume?range=30d&category=hate_speech"


def test_a_new_category_is_not_told_again_as_growth(world: World) -> None:
    world.quiet()
    world.put(march(25), TODAY, 10, category="hate_speech")
    assert [title for title, _ in of(found(world), State.WATCH)] == [
        "New category Hate speech, first seen on 25 Mar 2024"
    ]


def test_when_data_begin_no_category_is_new(world: World) -> None:
    world.cover(march(22), TODAY)
    world.put(march(25), TODAY, 10)
    result = attention(world.desk())
    assert [concern for concern in result.concerns if concern.state is State.WATCH] == []
    assert {"Growth by category", "New categories"} <= set(result.unmade)


def test_the_most_urgent_comes_first_and_of_equals_the_oldest(world: World) -> None:
    world.quiet().cover(FIRST, march(28), origin="old")
    put_open(world, 20)
    world.put(march(27), march(30), 100, score=0.2, hours_to_decision=30, category="fraud")
    found_states = [concern.state for concern in found(world)]
    assert found_states == sorted(found_states, key=list(State).index)
    assert found_states[0] is State.ALERT
    assert found_states[-1] is State.DATA
    alerts = [concern.since for concern in found(world) if concern.state is State.ALERT]
    assert alerts == sorted(alerts, key=lambda since: since or date.max)


def test_filters_leave_only_what_they_keep(world: World) -> None:
    world.quiet()
    world.put(FIRST, TODAY, 20, category="fraud", hours_to_decision=30)
    assert [concern.key for concern in found(world, category="spam")] == []
    assert [concern.key for concern in found(world, category="fraud")] == ["sla_breach_rate"]


def test_a_store_that_cannot_answer_fails_no_page(world: World, reader: Engine) -> None:
    desk = world.quiet().desk()
    for table in ("cube_core", "cube_thin"):
        desk.connection.exec_driver_sql(f"DROP TABLE {table}")
    desk.connection.commit()
    with reader.connect() as connection:
        result = attention(replace(desk, connection=connection))
    assert result.concerns == ()
    assert {"SLA breach rate", "Classifier score", "Growth by category", "Silent days"} <= set(result.failed)
    assert set(result.failed).isdisjoint(result.unmade)
