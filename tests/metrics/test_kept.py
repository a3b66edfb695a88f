"""What the detection job found, where it looks at the very series that are asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dashapp.domain.ask import Ask, Window
from dashapp.domain.vocabulary import Dim, Triage
from dashapp.metrics import Desk, Policy
from dashapp.metrics.attacks import DETECTORS, alarms, backtest, judged
from dashapp.metrics.judgement import anew
from dashapp.metrics.kept import kept
from dashapp.settings import Settings
from dashapp.store.findings import triage
from tests.weeks import FIRST, LAST, NOW, SLA, SPIKE, Look, found, put, put_weeks, rolled_up

OUTBREAK = DETECTORS["outbreak"]
WEEKS = Ask(Window(FIRST, LAST))
AFTER = SPIKE + timedelta(days=1)


@contextmanager
def desk_at(engine: Engine, settings: Settings) -> Iterator[Desk]:
    """A desk that sees what has been written until now."""
    with engine.connect() as connection:
        yield Desk(connection, NOW, Policy(settings.zone, SLA))


@pytest.fixture
def ramped(writer: Engine, settings: Settings) -> Engine:
    """Eight weeks that end with ten days of half as many flags again."""
    put_weeks(writer, settings, {LAST - timedelta(days=ago): 70 for ago in range(10)})
    rolled_up(writer)
    return writer


def test_what_the_job_judged_is_what_is_told(spiked: Engine, look: Look, settings: Settings) -> None:
    look()
    with desk_at(spiked, settings) as desk:
        [series] = judged(desk, WEEKS, OUTBREAK)
        [now] = anew(desk, WEEKS, OUTBREAK)
        assert series.group == ("spam",)
        assert [(day.day, day.observed, day.alarm) for day in series.days] == [
            (day.day, day.observed, day.alarm) for day in now.days
        ]
        assert [alarm.day for alarm in alarms(desk, WEEKS, OUTBREAK)] == [SPIKE]
        assert [day.expected for day in series.days] == pytest.approx([day.expected for day in now.days])
        assert [day.score for day in series.days] == pytest.approx([day.score for day in now.days])


def test_a_confirmed_incident_is_no_part_of_what_is_expected_after_it(
    ramped: Engine, look: Look, settings: Settings
) -> None:
    look()
    for one in found(ramped):
        with ramped.begin() as connection:
            triage(connection, one.id, Triage.CONFIRMED, None, "page", NOW)
    look(NOW + timedelta(minutes=1))
    with desk_at(ramped, settings) as desk:
        [told], [now] = kept(desk, WEEKS, OUTBREAK), anew(desk, WEEKS, OUTBREAK)
        assert told.days[-1].expected == pytest.approx(40, rel=0.15)
        assert now.days[-1].expected > 45
        assert backtest(desk, WEEKS, OUTBREAK).detected_days == len(told.alarms)


def test_counts_are_those_of_now_and_the_verdict_is_the_jobs(spiked: Engine, look: Look, settings: Settings) -> None:
    look()
    put(spiked, settings, AFTER, 300, category="spam", region="EMEA")
    rolled_up(spiked)
    with desk_at(spiked, settings) as desk:
        [spam] = kept(desk, WEEKS, OUTBREAK)
    day = spam.days[(AFTER - FIRST).days]
    assert day.observed is not None
    assert day.observed > 300
    assert (day.alarm, day.expected) == (False, pytest.approx(40, rel=0.1))


def test_days_that_are_to_be_judged_again_are_judged_anew_until_then(
    spiked: Engine, look: Look, settings: Settings
) -> None:
    look()
    [one] = found(spiked)
    with spiked.begin() as connection:
        triage(connection, one.id, Triage.CONFIRMED, None, "page", NOW)
    with desk_at(spiked, settings) as desk:
        [told], [now] = kept(desk, WEEKS, OUTBREAK), anew(desk, WEEKS, OUTBREAK)
    assert [alarm.day for alarm in told.alarms] == [SPIKE]
    assert told.days[-1] == now.days[-1]


def test_a_series_that_has_fallen_silent_is_there(writer: Engine, look: Look, settings: Settings) -> None:
    put_weeks(writer, settings)
    put_weeks(writer, settings, dict.fromkeys(Window(LAST - timedelta(days=4), LAST), 0), category="fraud")
    rolled_up(writer)
    look()
    with desk_at(writer, settings) as desk:
        fraud, _ = kept(desk, Ask(Window(LAST - timedelta(days=2), LAST)), OUTBREAK)
    assert fraud.group == ("fraud",)
    assert [(day.observed, day.drop) for day in fraud.days] == [(0, True)] * 3


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (WEEKS, 1),
        (WEEKS.where(Dim.CATEGORY, ["spam"]), 1),
        (WEEKS.where(Dim.ORIGIN, ["ops"]), 1),
        (WEEKS.where(Dim.CATEGORY, ["fraud"]), 0),
        (WEEKS.where(Dim.SEVERITY, ["low"]), 0),
        (WEEKS.where(Dim.ORIGIN, ["ops", "other"]), 0),
        (Ask(Window(FIRST - timedelta(days=30), FIRST - timedelta(days=20))), 0),
    ],
    ids=["all", "category", "origin", "other category", "severity", "origins", "before"],
)
def test_series_that_the_job_does_not_look_at_are_judged_anew(
    spiked: Engine, look: Look, settings: Settings, ask: Ask, told: int
) -> None:
    look()
    with desk_at(spiked, settings) as desk:
        assert len(kept(desk, ask, OUTBREAK)) == told


@pytest.mark.parametrize("detector", ["ears_c2", "zscore7"])
def test_other_detectors_judge_anew(spiked: Engine, look: Look, settings: Settings, detector: str) -> None:
    look()
    with desk_at(spiked, settings) as desk:
        assert kept(desk, WEEKS, DETECTORS[detector]) == []


def test_before_the_job_has_looked_days_are_judged_anew(spiked: Engine, settings: Settings) -> None:
    with desk_at(spiked, settings) as desk:
        assert kept(desk, WEEKS, OUTBREAK) == []
        assert [alarm.day for alarm in alarms(desk, WEEKS, OUTBREAK)] == [SPIKE]
