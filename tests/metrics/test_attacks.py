from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine

from dashapp.domain.ask import Ask, Window
from dashapp.domain.messages import FlagRow, Incident
from dashapp.domain.vocabulary import Dim, Method, Severity
from dashapp.metrics import Desk, Policy
from dashapp.metrics.attacks import (
    DETECTORS,
    Unmeasured,
    alarms,
    attacks_within,
    backtest,
    flags_of,
    incidents,
    judged,
)
from dashapp.store import writes
from dashapp.store.rollup import rollup

NOW = datetime(2024, 3, 20, 12, tzinfo=UTC)
FIRST, LAST = date(2024, 3, 1), date(2024, 3, 20)
ZSCORE7 = DETECTORS["zscore7"]
SLA = dict.fromkeys(Severity, 24.0)


@pytest.fixture
def desk(engine: Engine) -> Iterator[Desk]:
    with engine.connect() as connection:
        writes.put_origin(connection, "ops", "import", NOW)
        yield Desk(connection, NOW, Policy(ZoneInfo("UTC"), SLA))
        connection.rollback()


def put(connection: Connection, counts: dict[int, int], category: str = "spam") -> None:
    """So many flags on days of March 2024, which these days then cover."""
    rows = [
        writes.flag_row("ops", flag(date(2024, 3, day), f"{category}-{day}-{i}", category), ZoneInfo("UTC"))
        for day, count in counts.items()
        for i in range(count)
    ]
    writes.put_flags(connection, rows)
    writes.put_coverage(connection, "ops", [date(2024, 3, day) for day in counts])
    rollup(connection, SLA)


def flag(day: date, flag_id: str, category: str) -> FlagRow:
    given = {"flag_id": flag_id, "flagged_day": day, "category": category, "severity": "low", "routing": "allow"}
    return FlagRow.model_validate(given)


def attack(first: int, last: int, key: str = "A", category: str = "spam") -> Incident:
    since, until = date(2024, 3, first), date(2024, 3, last)
    return Incident(incident_id=key, since=since, until=until, category=category, severity=Severity.HIGH)


def alarm_days(desk: Desk, ask: Ask) -> list[int]:
    return [alarm.day.day for alarm in alarms(desk, ask, ZSCORE7)]


WHOLE = Ask(Window(FIRST, LAST))


def test_a_day_far_above_its_week_is_an_alarm_with_its_count_and_score(desk: Desk) -> None:
    put(desk.connection, {1: 3, 2: 4, 3: 3, 4: 4, 5: 15})
    found = alarms(desk, WHOLE, ZSCORE7)
    assert [(alarm.day, alarm.observed) for alarm in found] == [(date(2024, 3, 5), 15)]
    assert found[0].score == pytest.approx(1.7805, abs=5e-5)


def test_an_uncovered_day_is_unknown_and_not_zero(desk: Desk) -> None:
    put(desk.connection, {1: 10, 2: 11, 3: 10, 7: 11, 8: 10, 9: 11})
    assert alarm_days(desk, WHOLE) == []


def test_a_covered_day_without_flags_counts_as_zero(desk: Desk) -> None:
    put(desk.connection, {1: 0, 2: 0, 3: 0, 4: 0, 5: 1})
    assert alarm_days(desk, WHOLE) == [5]


def test_today_is_not_judged_before_it_is_over(desk: Desk) -> None:
    put(desk.connection, {16: 3, 17: 4, 18: 3, 19: 4, 20: 15})
    assert alarm_days(desk, WHOLE) == []
    tomorrow = Desk(desk.connection, NOW + timedelta(days=1), desk.policy)
    assert alarm_days(tomorrow, WHOLE) == [20]


def test_the_baseline_reaches_back_before_the_window_but_alarms_do_not(desk: Desk) -> None:
    put(desk.connection, {1: 3, 2: 4, 3: 3, 4: 20, 5: 3, 6: 4, 7: 30})
    assert alarm_days(desk, Ask(Window(date(2024, 3, 7), LAST))) == [7]


def test_only_the_flags_asked_for_are_looked_at(desk: Desk) -> None:
    put(desk.connection, {1: 3, 2: 4, 3: 3, 4: 4, 5: 15})
    put(desk.connection, {1: 300, 2: 350, 3: 300, 4: 350, 5: 340}, category="hate")
    assert alarm_days(desk, WHOLE) == []
    assert alarm_days(desk, WHOLE.where(Dim.CATEGORY, ["spam"])) == [5]


def test_the_grain_and_split_of_the_question_make_no_difference(desk: Desk) -> None:
    put(desk.connection, {1: 3, 2: 4, 3: 3, 4: 4, 5: 15})
    assert alarm_days(desk, Ask(WHOLE.window, by=(Dim.CATEGORY,), trailing=7)) == [5]


def test_attack_days_outside_the_window_are_not_held_against_the_detector(desk: Desk) -> None:
    put(desk.connection, {1: 3, 2: 4, 3: 3, 4: 4, 5: 15})
    writes.put_incidents(desk.connection, "ops", [attack(4, 9)], replace=False)
    result = backtest(desk, Ask(Window(FIRST, date(2024, 3, 6))), ZSCORE7)
    assert (result.attack_days, result.true_positives) == (3, 1)
    assert result.recall == pytest.approx(33.3333, abs=1e-4)


def test_two_attacks_on_one_day_are_one_attack_day(desk: Desk) -> None:
    put(desk.connection, {1: 3, 2: 4, 3: 3, 4: 4, 5: 15})
    writes.put_incidents(desk.connection, "ops", [attack(5, 5), attack(5, 6, "B", "hate")], replace=False)
    result = backtest(desk, WHOLE, ZSCORE7)
    assert (result.attack_days, result.true_positives, result.false_positives) == (2, 1, 0)


def test_attacks_are_those_of_the_categories_asked_for_whatever_the_severity_of_the_flags(desk: Desk) -> None:
    writes.put_incidents(desk.connection, "ops", [attack(5, 5), attack(5, 6, "B", "hate")], replace=False)
    assert [found.incident_id for found in attacks_within(desk, WHOLE)] == ["A", "B"]
    assert [found.incident_id for found in attacks_within(desk, WHOLE.where(Dim.CATEGORY, ["hate"]))] == ["B"]
    assert len(attacks_within(desk, WHOLE.where(Dim.SEVERITY, ["low"]))) == 2
    assert attacks_within(desk, WHOLE.where(Dim.ORIGIN, ["nobody"])) == []


def test_alarms_on_days_that_follow_each_other_are_one_episode(desk: Desk) -> None:
    put(desk.connection, {day: 2 + day % 2 for day in range(1, 20)} | {8: 30, 9: 40, 18: 30})
    writes.put_incidents(desk.connection, "ops", [attack(8, 10)], replace=False)
    found = incidents(desk, WHOLE, ZSCORE7)
    assert [(episode.attack is not None, episode.since.day, episode.until.day) for episode in found] == [
        (True, 8, 10),
        (False, 8, 9),
        (False, 18, 18),
    ]
    assert [alarm.day.day for alarm in found[0].evidence] == [8, 9]


def test_a_series_that_cannot_be_had_is_an_error_that_says_why(desk: Desk) -> None:
    desk.connection.exec_driver_sql("DROP TABLE cube_thin")
    with pytest.raises(Unmeasured, match=r"Flags could not be computed\. The log says why\."):
        alarms(desk, WHOLE, ZSCORE7)


def test_every_detector_says_in_a_sentence_what_it_is() -> None:
    assert ZSCORE7.description == (
        "How many standard deviations each day lies above the mean of the seven days that end with it."
    )


def test_a_day_is_judged_against_the_range_of_the_days_that_end_with_it(desk: Desk) -> None:
    put(desk.connection, {1: 3, 2: 4, 3: 3, 4: 4, 5: 15})
    [series] = judged(desk, WHOLE, ZSCORE7)
    days = series.days
    assert series.group == ()
    assert [day.day for day in days] == list(WHOLE.window)
    assert [(day.observed, day.alarm) for day in days[:6]] == [
        (3, False),
        (4, False),
        (3, False),
        (4, False),
        (15, True),
        (None, False),
    ]
    assert (days[1].score, days[1].low, days[1].high) == (None, None, None)
    assert days[2].low == pytest.approx(10 / 3 - 1.5 * 0.57735, abs=1e-4)
    assert days[2].high == pytest.approx(10 / 3 + 1.5 * 0.57735, abs=1e-4)
    assert days[4].low == 0
    assert days[4].high == pytest.approx(5.8 + 1.5 * 5.16720, abs=1e-4)


def test_a_day_that_may_still_change_has_no_range(desk: Desk) -> None:
    put(desk.connection, {16: 3, 17: 4, 18: 3, 19: 4, 20: 15})
    today = judged(desk, WHOLE, ZSCORE7)[0].days[-1]
    assert (today.day.day, today.observed, today.score, today.low, today.high) == (20, None, None, None, None)


def test_an_attack_is_caught_by_one_alarm_and_false_days_are_named(desk: Desk) -> None:
    put(desk.connection, {day: 2 + day % 2 for day in range(1, 20)} | {8: 30, 9: 40, 18: 30})
    writes.put_incidents(desk.connection, "ops", [attack(8, 10), attack(13, 13, "B")], replace=False)
    result = backtest(desk, WHOLE, ZSCORE7)
    assert (result.attacks, result.attacks_caught) == (2, 1)
    assert (result.attack_days, result.true_positives, result.false_positives) == (4, 2, 1)
    assert result.false_days == (date(2024, 3, 18),)


def test_an_attacks_flags_are_those_of_its_category_on_all_its_days(desk: Desk) -> None:
    put(desk.connection, {4: 1, 5: 2, 6: 3, 7: 4})
    put(desk.connection, {5: 100}, category="hate")
    known = [attack(5, 6), attack(4, 4, "B", "hate"), attack(12, 13, "C")]
    inside = Ask(Window(date(2024, 3, 6), LAST))
    assert flags_of(desk, inside, known) == [5, 0, None]
    assert flags_of(desk, inside.where(Dim.SEVERITY, ["high"]), known) == [0, 0, None]
    assert flags_of(desk, inside, []) == []


def test_every_method_that_an_address_may_name_is_a_detector() -> None:
    assert list(DETECTORS) == list(Method)
