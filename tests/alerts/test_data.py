"""What is said of data as such: that they ended, are late, silent or changed."""

from datetime import timedelta

from dashapp.alerts.look import State
from dashapp.alerts.rules import attention
from dashapp.store.event_writes import count_outcomes, note_deliveries
from dashapp.store.writes import put_coverage
from tests.alerts.conftest import FIRST, NOW, TODAY, World, found, march, of


def test_data_that_ended_are_said_to_have_ended(world: World) -> None:
    world.cover(FIRST, march(20))
    world.put(FIRST, march(20), 20)
    concerns = found(world)
    assert of(concerns, State.DATA) == [("Data ends on 20 Mar 2024, 12 days ago", "All figures are as of then.")]
    assert concerns[-1].link == "/volume?range=30d&origin=ops"


def test_two_days_without_data_are_not_yet_an_end(world: World) -> None:
    world.cover(FIRST, march(30))
    world.put(FIRST, march(30), 20)
    assert found(world) == []


def test_an_origin_that_stopped_while_others_go_on_is_named(world: World) -> None:
    world.quiet().cover(FIRST, march(28), origin="old")
    assert of(found(world), State.DATA) == [
        ("Data of old ends on 28 Mar 2024, 4 days ago", "Others go on; sums over all origins lack this one.")
    ]


def events(world: World, name: str, hours: float, days: int = 3) -> None:
    """An origin that sent events on so many days, the last so many hours ago."""
    at = NOW - timedelta(hours=hours)
    note_deliveries(world.connection, [name], at)
    for ago in range(days):
        count_outcomes(world.connection, at.date() - timedelta(days=ago), {(name, "new"): 100})


def test_an_origin_that_sends_no_more_events_is_late_after_hours(world: World) -> None:
    world.quiet()
    events(world, "app", hours=3)
    events(world, "web", hours=1)
    concerns = found(world)
    assert of(concerns, State.WARN) == [("app: 3.0 h since the last event", "Late from 2 h on.")]
    assert (concerns[0].link, concerns[0].since) == ("/status?range=30d&origin=app", TODAY)


def test_one_log_read_once_makes_nobody_late(world: World) -> None:
    world.quiet()
    events(world, "log", hours=9, days=2)
    assert found(world) == []


def test_an_origin_that_is_late_is_not_told_of_again_as_ended(world: World) -> None:
    world.quiet()
    events(world, "app", hours=24 * 5)
    put_coverage(world.connection, "app", [march(27)])
    assert [(one.title, one.state) for one in found(world, origin="app")] == [
        ("app: 120.0 h since the last event", State.ALERT)
    ]


def test_an_import_that_was_up_to_date_is_late_after_two_days(world: World) -> None:
    world.quiet()
    tuesday = world.desk(NOW + timedelta(hours=49))
    assert [(one.title, one.state) for one in attention(tuesday).concerns] == [
        ("ops: 49.0 h since the last import", State.WARN)
    ]
    assert [one.title for one in attention(world.desk(NOW + timedelta(days=15))).concerns] == [
        "Data ends on 1 Apr 2024, 15 days ago"
    ]


def test_a_day_without_flags_between_days_that_have_some_is_silent(world: World) -> None:
    world.cover(FIRST, TODAY)
    for first, last in ((FIRST, march(27)), (march(29), TODAY)):
        world.put(first, last, 20)
    assert [(one.title, one.detail, one.link) for one in found(world)] == [
        (
            "Silent days 1 in the last 7 days, at least 1",
            "n 1 to 31 Mar 2024, so for 4 days. ops: 1.",
            "/status?range=30d",
        )
    ]


def test_a_field_whose_values_turn_over_is_named(world: World) -> None:
    world.quiet()
    world.put(FIRST, march(27), 100, model_version="v1")
    world.put(march(28), TODAY, 100, model_version="v2")
    assert of(found(world), State.ALERT) == [
        (
            "Field flips 83.3 % in the last 7 days, above 60 %",
            "n 120 to 31 Mar 2024, so for 4 days. Model version of ops: 83.3 %.",
        )
    ]


def test_what_is_said_of_data_does_not_depend_on_what_is_filtered(world: World) -> None:
    world.quiet()
    world.put(FIRST, march(27), 100, model_version="v1")
    world.put(march(28), TODAY, 100, model_version="v2")
    assert [one.key for one in found(world, category="fraud")] == ["field_flips"]
