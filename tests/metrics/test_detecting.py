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
    spiked: Engine, look: Look, settings: Settings
) -> None:
    put(spiked, settings, LAST, 90, after=1000)
    rolled_up(spiked)
    look()
    first, second = found(spiked)
    assert first.ended_at == NOW
    assert (second.seen.since, second.ended_at) == (LAST, None)
    for back, flags in ((1, 130), (2, 40), (3, 40)):
        put(spiked, settings, LAST + timedelta(days=back), flags)
        rolled_up(spiked)
        look(NOW + timedelta(days=back))
    _, second = found(spiked)
    assert (second.seen.since, second.seen.until) == (LAST, LAST + timedelta(days=1))
    assert second.ended_at is not None
    with spiked.connect() as connection:
        assert [change.action for change in changes_of(connection, second.subject)] == ["ended", "extended", "opened"]


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
