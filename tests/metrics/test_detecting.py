"""The detection job: what it judges, keeps and finds, from run to run."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dashapp.domain.vocabulary import IncidentKind, Triage
from dashapp.settings import Settings
from dashapp.store.findings import triage
from dashapp.store.incidents import expectation
from dashapp.store.rollup import rollup
from dashapp.store.trail import changes_of
from dashapp.store.version import has_news
from tests.weeks import LAST, NOW, SLA, SPIKE, Look, found, judged, put, put_weeks, rolled_up

DAY = timedelta(days=1)


def test_a_spike_is_opened_with_what_was_seen_and_expected(spiked: Engine, look: Look) -> None:
    told = look()
    assert (told["origins"], told["opened"], told["withdrawn"]) == (1, 1, 0)
    [one] = found(spiked)
    seen = one.seen
    assert (seen.series, seen.kind, seen.since, seen.until) == ("category=spam", IncidentKind.SPIKE, SPIKE, SPIKE)
    assert seen.observed == 120
    assert seen.expected == pytest.approx(40, rel=0.1)
    assert seen.low is not None
    assert seen.high is not None
    assert seen.low < 40 < seen.high < 120
    assert seen.p is not None
    assert seen.p < 1e-6
    assert (one.state, one.found_at, one.source.version) == (Triage.OPEN, NOW, told["version"])


def test_a_run_without_news_judges_and_changes_nothing(spiked: Engine, look: Look) -> None:
    look()
    before = found(spiked)
    told = look(NOW + timedelta(minutes=1))
    assert {name: count for name, count in told.items() if name != "version"} == dict.fromkeys(
        ("origins", "series", "opened", "extended", "ended", "withdrawn"), 0
    )
    assert found(spiked) == before


def test_the_trail_says_once_what_the_detector_goes_by(spiked: Engine, look: Look) -> None:
    look()
    look(NOW + timedelta(minutes=1))
    with spiked.connect() as connection:
        [change] = changes_of(connection, "detector outbreak")
    assert (change.at, change.actor, change.action) == (NOW, "detector", "parameters")
    assert change.detail["daily"]["window"] == 84


def test_the_job_is_needed_when_data_came_or_an_incident_was_confirmed(
    spiked: Engine, look: Look, settings: Settings
) -> None:
    def needed() -> bool:
        with spiked.connect() as connection:
            return has_news(connection)

    assert needed()
    look()
    assert not needed()
    put(spiked, settings, LAST, 1, after=1000)
    rolled_up(spiked)
    assert needed()
    look()
    [one] = found(spiked)
    with spiked.begin() as connection:
        triage(connection, one.id, Triage.CONFIRMED, None, "lead", NOW)
    assert needed()


def test_a_new_day_is_judged_as_a_replay_of_all_days_would(writer: Engine, look: Look, settings: Settings) -> None:
    put_weeks(writer, settings, {SPIKE: 120})
    rolled_up(writer)
    look()
    tomorrow = LAST + timedelta(days=1)
    put(writer, settings, tomorrow, 95)
    rolled_up(writer)
    later = NOW + timedelta(days=1)
    look(later)
    day_by_day = judged(writer)
    with writer.begin() as connection:
        connection.execute(expectation.delete())
    look(later)
    assert judged(writer) == pytest.approx(day_by_day, nan_ok=True)


def test_an_incident_that_goes_on_is_extended_and_ended_when_it_is_over(
    writer: Engine, look: Look, settings: Settings
) -> None:
    put_weeks(writer, settings, {LAST: 130})
    rolled_up(writer)
    look()
    [one] = found(writer)
    assert (one.seen.since, one.ended_at) == (LAST, None)
    for back, flags in ((1, 130), (2, 40), (3, 40)):
        put(writer, settings, LAST + timedelta(days=back), flags)
        rolled_up(writer)
        look(NOW + timedelta(days=back))
    [one] = found(writer)
    assert (one.seen.since, one.seen.until) == (LAST, LAST + timedelta(days=1))
    assert one.ended_at is not None
    with writer.connect() as connection:
        assert [change.action for change in changes_of(connection, one.subject)] == ["ended", "extended", "opened"]


def days_after(writer: Engine, settings: Settings, look: Look, *flags: int) -> None:
    """Days that follow LAST, with a run at the end of them."""
    for back, count in enumerate(flags, 1):
        put(writer, settings, LAST + timedelta(days=back), count)
    rolled_up(writer)
    look(NOW + timedelta(days=len(flags)))


def test_what_comes_back_on_the_same_weekday_goes_on_and_was_over_meanwhile(
    spiked: Engine, look: Look, settings: Settings
) -> None:
    look()
    [before] = found(spiked)
    assert before.ended_at == NOW
    days_after(spiked, settings, look, 40, 40, 40, 130)
    [one] = found(spiked)
    assert (one.id, one.ended_at) == (before.id, None)
    assert (one.seen.since, one.seen.until, one.seen.observed) == (SPIKE, SPIKE + timedelta(days=7), 250)
    assert [day["observed"] for day in (one.seen.evidence or {})["days"]][-4:] == [40, 40, 40, 130]
    assert one.seen.days == [SPIKE, SPIKE + timedelta(days=7)]


def test_the_range_of_an_incident_is_that_of_the_sum_of_its_days_with_an_alarm(
    spiked: Engine, look: Look, settings: Settings
) -> None:
    look()
    [before] = found(spiked)
    days_after(spiked, settings, look, 40, 40, 40, 130)
    [one] = found(spiked)
    kept = [day for day in (one.seen.evidence or {})["days"] if day["observed"] > 100]
    assert (before.seen.evidence or {})["summed"] == 1
    assert (before.seen.low, before.seen.high) == (kept[0]["low"], kept[0]["high"])
    assert (one.seen.evidence or {})["summed"] == len(kept) == 2
    assert one.seen.low is not None
    assert one.seen.high is not None
    assert sum(day["low"] for day in kept) < one.seen.low < 80 < one.seen.high < sum(day["high"] for day in kept)


def test_what_comes_back_after_eight_days_is_another_incident(spiked: Engine, look: Look, settings: Settings) -> None:
    look()
    days_after(spiked, settings, look, 40, 40, 40, 40, 130)
    assert [one.seen.since for one in found(spiked)] == [SPIKE, SPIKE + timedelta(days=8)]


@pytest.mark.parametrize("state", [Triage.CONFIRMED, Triage.DISMISSED])
def test_what_comes_back_once_an_analyst_has_spoken_is_another_incident(
    spiked: Engine, look: Look, settings: Settings, state: Triage
) -> None:
    look()
    [one] = found(spiked)
    with spiked.begin() as connection:
        triage(connection, one.id, state, None, "lead", NOW)
    days_after(spiked, settings, look, 40, 40, 130)
    told = [(one.seen.since, one.state) for one in found(spiked)]
    assert told == [(SPIKE, state), (SPIKE + timedelta(days=6), Triage.OPEN)]


@pytest.mark.parametrize("state", [Triage.CONFIRMED, Triage.DISMISSED])
def test_an_attack_on_the_days_after_one_that_was_judged_is_an_incident_of_its_own(
    writer: Engine, look: Look, settings: Settings, state: Triage
) -> None:
    put_weeks(writer, settings, {LAST: 75})
    rolled_up(writer)
    look()
    [before] = found(writer)
    with writer.begin() as connection:
        triage(connection, before.id, state, "product launch", "lead", NOW)
    days_after(writer, settings, look, 600, 900)
    known, new = found(writer)
    assert (known.seen, known.state, known.note) == (before.seen, state, "product launch")
    assert (new.seen.since, new.seen.until, new.seen.observed) == (LAST + DAY, LAST + 2 * DAY, 1500)
    assert new.state is Triage.OPEN
    with writer.begin() as connection:
        connection.execute(expectation.delete())
    assert look(NOW + 2 * DAY + timedelta(minutes=1))["origins"] == 1
    assert found(writer) == [known, new]


def test_a_slow_rise_that_ends_in_a_spike_is_one_incident(writer: Engine, look: Look, settings: Settings) -> None:
    slow = {LAST - timedelta(days=back): 56 for back in range(1, 10)}
    put_weeks(writer, settings, slow)
    rolled_up(writer)
    look()
    [ramp] = found(writer)
    assert ramp.seen.kind is IncidentKind.RAMP
    days_after(writer, settings, look, 130)
    [one] = found(writer)
    assert (one.id, one.seen.kind, one.seen.since) == (ramp.id, IncidentKind.SPIKE, ramp.seen.since)


def test_an_alarm_that_later_data_explain_is_withdrawn_unless_an_analyst_spoke(
    spiked: Engine, look: Look, settings: Settings
) -> None:
    look()
    [one] = found(spiked)
    with spiked.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM flag WHERE flagged_day = '{SPIKE}'")
        rollup(connection, SLA, everything=True)
    put(spiked, settings, SPIKE, 40, after=1000)
    rolled_up(spiked)
    assert look(NOW + timedelta(hours=1))["withdrawn"] == 1
    assert found(spiked) == []
    with spiked.connect() as connection:
        assert changes_of(connection, one.subject)[0].action == "withdrawn"
