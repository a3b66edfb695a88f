"""The detection job: what it judges, keeps and finds, from run to run."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, func, select

from dashapp.domain.ask import Window
from dashapp.domain.messages import FlagRow, Incident
from dashapp.domain.vocabulary import IncidentKind, Severity, Triage
from dashapp.metrics import Policy
from dashapp.metrics.detecting import detect
from dashapp.settings import Settings
from dashapp.store.findings import Finding, findings_within, triage
from dashapp.store.incidents import expectation
from dashapp.store.rollup import rollup
from dashapp.store.trail import changes_of
from dashapp.store.version import has_news
from dashapp.store.writes import flag_row, put_coverage, put_flags, put_incidents, put_origin

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
SLA = dict.fromkeys(Severity, 24.0)
LAST = date(2024, 3, 31)
FIRST = LAST - timedelta(days=55)
SPIKE = date(2024, 3, 28)
SEED = 7

Look = Callable[..., dict[str, int]]
"""Runs the job at NOW, or at another moment."""


@pytest.fixture
def look(reader: Engine, writer: Engine, settings: Settings) -> Look:
    return lambda now=NOW: detect(reader, writer, Policy(settings.zone, SLA), now)


def put(writer: Engine, settings: Settings, day: date, flags: int, **given: Any) -> None:
    """So many flags of spam, or of what is given, which cover their day."""
    put_days(writer, settings, {day: flags}, **given)


def put_days(writer: Engine, settings: Settings, flags: dict[date, int], after: int = 0, **given: Any) -> None:
    """So many flags on each of these days, numbered from one on."""
    like = {"category": "spam", "severity": "low", "routing": "allow", **given}
    rows = [
        FlagRow.model_validate({**like, "flag_id": f"{sorted(like.items())} {day} {number}"[:200], "flagged_day": day})
        for day, count in flags.items()
        for number in range(after, after + count)
    ]
    with writer.begin() as connection:
        put_origin(connection, "ops", "import", NOW)
        put_coverage(connection, "ops", flags)
        put_flags(connection, [flag_row("ops", row, settings.zone) for row in rows])


def put_weeks(writer: Engine, settings: Settings, changed: dict[date, int] | None = None, **given: Any) -> None:
    """Eight weeks of 40 flags a day, give or take, but for some days."""
    counts = np.random.default_rng(SEED).poisson(40, 56).tolist()
    put_days(writer, settings, dict(zip(Window(FIRST, LAST), counts, strict=True)) | (changed or {}), **given)


def rolled_up(writer: Engine) -> None:
    with writer.begin() as connection:
        rollup(connection, SLA)


def found(writer: Engine) -> list[Finding]:
    with writer.connect() as connection:
        return findings_within(connection, ["ops"])


@pytest.fixture
def spiked(writer: Engine, settings: Settings) -> Engine:
    """Eight weeks with one day of three times the flags."""
    put_weeks(writer, settings, {SPIKE: 120})
    rolled_up(writer)
    return writer


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


def judged(writer: Engine) -> list[float]:
    of = expectation.c
    with writer.connect() as connection:
        rows = connection.execute(select(of.p, of.expected, of.low).order_by(of.series, of.day)).all()
    return [float("nan") if value is None else value for row in rows for value in row]


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


def test_a_known_attack_is_matched_and_one_of_another_category_is_not(spiked: Engine, look: Look) -> None:
    with spiked.begin() as connection:
        attacks = [
            Incident(incident_id=name, since=SPIKE, until=SPIKE, category=category, severity=Severity.HIGH)
            for name, category in (("A1", "hate"), ("A2", "spam"))
        ]
        put_incidents(connection, "ops", attacks, replace=False)
    look()
    assert [one.seen.attack for one in found(spiked)] == ["A2"]


def test_a_day_that_fell_far_below_is_a_drop(writer: Engine, look: Look, settings: Settings) -> None:
    put_weeks(writer, settings, {SPIKE: 2})
    rolled_up(writer)
    look()
    assert [(one.seen.kind, one.seen.since, one.seen.observed) for one in found(writer)] == [
        (IncidentKind.DROP, SPIKE, 2)
    ]


def test_when_most_series_fall_together_it_is_one_incident_of_all(
    writer: Engine, look: Look, settings: Settings
) -> None:
    for category in ("spam", "fraud", "hate"):
        put_weeks(writer, settings, {SPIKE: 1}, category=category)
    rolled_up(writer)
    look()
    [one] = found(writer)
    assert (one.seen.series, one.seen.kind, one.seen.since) == ("", IncidentKind.DROP, SPIKE)
    assert [part["series"] for part in (one.seen.evidence or {})["parts"]] == [
        "category=fraud",
        "category=hate",
        "category=spam",
    ]


def test_a_day_without_data_is_neither_a_drop_nor_zero(writer: Engine, look: Look, settings: Settings) -> None:
    put_weeks(writer, settings)
    with writer.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM flag WHERE flagged_day = '{SPIKE}'")
        connection.exec_driver_sql(f"DELETE FROM coverage WHERE day = '{SPIKE}'")
        rollup(connection, SLA, everything=True)
    look()
    assert found(writer) == []
    with writer.connect() as connection:
        of = expectation.c
        assert connection.execute(select(of.observed, of.p).where(of.day == SPIKE)).all() == [(None, None)]


def test_today_is_told_of_as_soon_as_it_is_too_much_and_never_as_a_drop(
    writer: Engine, look: Look, settings: Settings
) -> None:
    put_weeks(writer, settings)
    put(writer, settings, LAST + timedelta(days=1), 3)
    rolled_up(writer)
    look()
    assert found(writer) == []
    put(writer, settings, LAST + timedelta(days=1), 120, after=1000)
    rolled_up(writer)
    look(NOW + timedelta(minutes=5))
    assert [(one.seen.kind, one.seen.since) for one in found(writer)] == [
        (IncidentKind.SPIKE, LAST + timedelta(days=1))
    ]


def test_a_region_that_drives_a_spike_is_named_and_not_told_of_again(
    writer: Engine, look: Look, settings: Settings
) -> None:
    put_weeks(writer, settings, region="EMEA")
    put_weeks(writer, settings, {SPIKE: 130}, region="APAC")
    rolled_up(writer)
    look()
    [one] = found(writer)
    parts = (one.seen.evidence or {})["parts"]
    assert parts[0]["series"] == "category=spam&region=APAC"
    assert parts[0]["observed"] == 130


def test_a_spike_that_only_a_region_shows_is_an_incident_of_that_region(
    writer: Engine, look: Look, settings: Settings
) -> None:
    for region in ("EMEA", "AMER", "LATAM", "MENA", "NORD"):
        put_weeks(writer, settings, region=region)
    put_weeks(writer, settings, dict.fromkeys(Window(FIRST, LAST), 5) | {SPIKE: 30}, region="APAC")
    rolled_up(writer)
    look()
    assert [(one.seen.series, one.seen.since, one.seen.observed) for one in found(writer)] == [
        ("category=spam&region=APAC", SPIKE, 30)
    ]


def test_a_confirmed_incident_leaves_the_baseline_and_stays_when_it_is_seen_no_more(
    writer: Engine, look: Look, settings: Settings
) -> None:
    long = {SPIKE - timedelta(days=back): 75 for back in range(12, 26)}
    put_weeks(writer, settings, long | {SPIKE: 75})
    rolled_up(writer)
    look()
    first, *_ = found(writer)
    assert first.seen.since == min(long)
    with writer.begin() as connection:
        triage(connection, first.id, Triage.CONFIRMED, "bots", "lead", NOW)
    of = expectation.c
    before = judged(writer)
    look(NOW + timedelta(minutes=1))
    with writer.connect() as connection:
        assert connection.scalar(select(func.count()).where(of.day == LAST)) == 1
        kept = next(one for one in findings_within(connection, ["ops"]) if one.id == first.id)
        trail = changes_of(connection, first.subject)
    assert (kept.state, kept.note) == (Triage.CONFIRMED, "bots")
    assert [(change.action, change.actor) for change in trail if change.actor != "detector"] == [("confirmed", "lead")]
    assert judged(writer) != before


def test_series_that_break_together_are_one_change_of_definition(
    writer: Engine, look: Look, settings: Settings
) -> None:
    cut = LAST - timedelta(days=20)
    for category, before, after in (("spam", 40, 120), ("fraud", 40, 8), ("hate", 40, 0), ("abuse", 0, 40)):
        more = np.random.default_rng(len(category)).poisson(1.0, 56).tolist()
        levels = [before if day < cut else after for day in Window(FIRST, LAST)]
        counts = {day: level + one for day, level, one in zip(Window(FIRST, LAST), levels, more, strict=True) if level}
        put_days(writer, settings, counts, category=category)
    rolled_up(writer)
    look()
    kinds = [(one.seen.kind, one.seen.since) for one in found(writer)]
    assert kinds == [(IncidentKind.DEFINITION_CHANGE, cut)]
    assert look(NOW + timedelta(minutes=1))["opened"] == 0
