"""Answers that were computed ahead: they are what computing says, and given for as long as that is so."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from dashapp.domain.ask import Ask, Grain, Window, to_filters
from dashapp.domain.messages import ReportRow
from dashapp.domain.vocabulary import Dim, Feed, Severity
from dashapp.metrics import METRICS, Desk, Measurement, Metric, Policy, measure
from dashapp.metrics.ahead import question
from dashapp.metrics.standard import standard
from dashapp.metrics.written import read, written
from dashapp.store import writes
from dashapp.store.rollup import rollup
from dashapp.store.snapshots import Stamp, put_snapshot, stamps
from dashapp.store.version import next_version
from tests.metrics.test_twins_reports import put, worlds
from tests.naive import World

SLA = dict.fromkeys(Severity, 24.0)
UTC_ZONE = ZoneInfo("UTC")
NOON = datetime(2024, 3, 11, 12, tzinfo=UTC)
WEEK = Window(date(2024, 3, 4), date(2024, 3, 10))
MEDIAN, CENSORED = METRICS["time_to_decision_p50"], METRICS["time_to_decision_p50_censored"]
WHOLE = Ask(WEEK, Grain.WHOLE)


def said(answer: Measurement) -> str:
    """Everything that is said, with every digit; 3 and 3.0 differ."""
    told = (answer.points, answer.total, answer.as_of, answer.rounded_to, answer.left_out, answer.from_facts)
    return repr((*told, answer.threshold, answer.ask, answer.error))


def keep_all(desk: Desk, at: datetime) -> int:
    """Keep the answers to all standard questions as computed at a moment, and return how many that are."""
    asked = list(standard(desk))
    for metric, ask in asked:
        answer = measure(replace(desk, ahead=False, known={}), metric, ask)
        assert answer.error is None
        key = question(desk, metric, ask)
        assert key is not None
        put_snapshot(desk.connection, (metric.key, key), Stamp(desk.version, at), written(answer), 0.5)
    return len(asked)


@settings(max_examples=25)
@given(worlds(), st.sampled_from((1, 3)))
def test_what_was_computed_ahead_has_every_digit_of_what_computing_says(
    engine: Engine, both: tuple[World, World], small_group: int
) -> None:
    with engine.connect() as connection:
        put(connection, *both)
        desk = Desk(connection, both[0].now, Policy(both[0].zone, SLA, small_group=small_group))
        a_minute_ago = desk.now - timedelta(minutes=1)
        kept = keep_all(desk, a_minute_ago)
        again = replace(desk, known={})
        for metric, ask in standard(again):
            answer = measure(again, metric, ask)
            assert answer.computed_at == a_minute_ago
            assert said(answer) == said(measure(replace(desk, ahead=False, known={}), metric, ask))
        assert len(stamps(connection)) <= kept  # two windows may have the same last week
        connection.rollback()


@pytest.fixture
def desk(engine: Engine) -> Iterator[Desk]:
    """At noon after a week of which two reports were decided within six hours and one still waits."""
    taken: list[dict[str, Any]] = [
        {"action": "marked_sensitive", "decided_at": datetime(2024, 3, 4, 12, tzinfo=UTC), "creator": "Ann"},
        {"action": "rejected_reports", "decided_at": datetime(2024, 3, 4, 14, tzinfo=UTC), "creator": "Ann"},
        {"creator": "Bo"},
    ]
    about = {"created_at": datetime(2024, 3, 4, 8, tzinfo=UTC), "media_type": "image", "violation": "other"}
    told = [
        ReportRow.model_validate({"report_id": f"R{place}", **about, **more}) for place, more in enumerate(taken, 1)
    ]
    with engine.connect() as connection:
        writes.put_origin(connection, "a", "import", NOON)
        writes.put_reports(connection, [writes.report_row("a", one, UTC_ZONE) for one in told])
        writes.put_coverage(connection, "a", WEEK, Feed.REPORTS)
        rollup(connection, SLA)
        made = Desk(connection, NOON, Policy(UTC_ZONE, SLA, small_group=2))
        keep_all(made, NOON)
        yield replace(made, known={})
        connection.rollback()


def is_kept(desk: Desk, metric: Metric, ask: Ask) -> bool:
    """Whether the answer that was computed at noon is given."""
    answer = measure(desk, metric, ask)
    assert answer.error is None
    assert answer.computed_at in (NOON, desk.now)
    return answer.computed_at == NOON


def later(desk: Desk, **wait: float) -> Desk:
    return replace(desk, now=desk.now + timedelta(**wait), known={})


def change(desk: Desk) -> None:
    """One more report of the first day, decided after an hour."""
    about = {"created_at": datetime(2024, 3, 4, 8, tzinfo=UTC), "media_type": "image", "violation": "other"}
    more = {"action": "rejected_reports", "decided_at": datetime(2024, 3, 4, 9, tzinfo=UTC)}
    row = ReportRow.model_validate({"report_id": "R9", **about, **more})
    writes.put_reports(desk.connection, [writes.report_row("a", row, UTC_ZONE)])
    rollup(desk.connection, SLA)


def test_as_long_as_the_data_and_the_day_are_the_same_it_is_given(desk: Desk) -> None:
    answer = measure(later(desk, hours=11.9), MEDIAN, WHOLE)
    assert answer.total is not None
    assert (answer.total.value, answer.computed_at, answer.outdated) == (5.0, NOON, False)
    assert not is_kept(later(desk, hours=12), MEDIAN, WHOLE)


def test_where_open_reports_wait_it_is_given_for_an_hour(desk: Desk) -> None:
    assert is_kept(later(desk, minutes=60), CENSORED, WHOLE)
    assert not is_kept(later(desk, minutes=61), CENSORED, WHOLE)


def test_after_newer_data_it_is_given_for_an_hour_and_says_so(desk: Desk) -> None:
    change(desk)
    old = measure(later(desk, minutes=60), MEDIAN, WHOLE)
    assert old.total is not None
    assert (old.total.value, old.total.n, old.computed_at, old.outdated) == (5.0, 2, NOON, True)
    new = measure(later(desk, minutes=61), MEDIAN, WHOLE)
    assert new.total is not None
    assert (new.total.value, new.total.n, new.outdated) == (4.0, 3, False)
    assert new.computed_at == NOON + timedelta(minutes=61)


def test_a_clock_that_was_set_back_does_not_keep_it_for_ever(desk: Desk) -> None:
    change(desk)
    assert is_kept(later(desk, minutes=-60), MEDIAN, WHOLE)
    assert not is_kept(later(desk, minutes=-61), MEDIAN, WHOLE)


def test_filters_other_origins_and_other_windows_are_computed(desk: Desk) -> None:
    for ask in (
        replace(WHOLE, filters=to_filters({Dim.MEDIA_TYPE: ["image"]})),
        replace(WHOLE, filters=to_filters({Dim.ORIGIN: ["a", "b"]})),
        replace(WHOLE, window=Window.ending(WEEK.until, 6)),
        replace(WHOLE, by=(Dim.SOURCE,)),
        replace(WHOLE, grain=Grain.WEEK),
    ):
        assert not is_kept(later(desk, minutes=1), MEDIAN, ask)
    assert is_kept(later(desk, minutes=1), MEDIAN, replace(WHOLE, filters=to_filters({Dim.ORIGIN: ["a"]})))


@pytest.mark.parametrize(
    "other",
    [
        {"zone": ZoneInfo("Etc/GMT-1")},
        {"sla": SLA | {Severity.LOW: 48.0}},
        {"small_group": 3},
    ],
    ids=["zone", "sla", "small_group"],
)
def test_under_other_settings_it_is_another_question(desk: Desk, other: dict[str, Any]) -> None:
    elsewhere = replace(desk, policy=replace(desk.policy, **other))
    assert is_kept(later(desk, minutes=1), MEDIAN, WHOLE)
    assert not is_kept(later(elsewhere, minutes=1), MEDIAN, WHOLE)


def test_thresholds_are_those_that_are_set_now(desk: Desk) -> None:
    limit = METRICS["sla_breach_rate"].threshold
    assert limit is not None
    answer = measure(replace(desk, policy=replace(desk.policy, thresholds={MEDIAN.key: limit})), MEDIAN, WHOLE)
    assert (answer.computed_at, answer.threshold) == (NOON, limit)


def test_small_creators_are_hidden_before_they_are_kept(desk: Desk) -> None:
    answer = measure(desk, METRICS["reports"], replace(WHOLE, by=(Dim.CREATOR, Dim.STATUS)))
    assert (answer.computed_at, answer.rounded_to) == (NOON, 2)
    assert [point.groups for point in answer.points] == [("Ann", "reviewed")]
    texts = desk.connection.exec_driver_sql("SELECT answer FROM snapshot").scalars().all()
    assert any("Ann" in text for text in texts)
    assert not any("Bo" in text for text in texts)


def test_with_its_origin_go_the_answers_made_of_it(desk: Desk) -> None:
    assert stamps(desk.connection)
    writes.remove_origin(desk.connection, "a")
    assert stamps(desk.connection) == {}


def test_an_answer_of_older_data_does_not_take_the_place_of_a_newer_one(desk: Desk) -> None:
    key, stamp = next(iter(stamps(desk.connection).items()))
    put_snapshot(desk.connection, key, Stamp(stamp.version - 1, NOON + timedelta(hours=1)), "{}", 0.5)
    assert stamps(desk.connection)[key] == stamp
    next_version(desk.connection)
    put_snapshot(desk.connection, key, Stamp(stamp.version + 1, NOON + timedelta(hours=1)), "{}", 0.5)
    assert stamps(desk.connection)[key] == (stamp.version + 1, NOON + timedelta(hours=1))


def test_an_answer_that_another_did_not_leave_time_for_is_given_all_the_same(desk: Desk) -> None:
    desk = later(desk, minutes=1)
    desk.known["given up", Feed.REPORTS] = WEEK
    assert measure(desk, MEDIAN, replace(WHOLE, by=(Dim.SOURCE,))).error is not None
    assert is_kept(desk, MEDIAN, WHOLE)


def test_figures_of_cubes_are_not_computed_ahead_and_say_no_time(desk: Desk) -> None:
    assert measure(desk, METRICS["reports"], WHOLE).computed_at is None
    assert measure(desk, METRICS["report_accuracy"], WHOLE).computed_at is None


def test_an_error_is_no_answer_to_keep() -> None:
    with pytest.raises(ValueError, match="not an answer"):
        written(Measurement(MEDIAN, WHOLE, error="This took too long."))


def test_no_answer_at_all_is_kept_as_such() -> None:
    nothing = Measurement(MEDIAN, WHOLE)
    assert read(written(nothing), MEDIAN, WHOLE) == nothing
