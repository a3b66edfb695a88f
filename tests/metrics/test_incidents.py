"""What the detection job makes of days: the kinds of incidents, and what analysts change."""

from datetime import timedelta

import numpy as np
from sqlalchemy import Engine, func, select

from dashapp.domain.ask import Window
from dashapp.domain.messages import AggregateRow, Incident
from dashapp.domain.vocabulary import Feed, IncidentKind, Severity, Triage
from dashapp.settings import Settings
from dashapp.store.findings import findings_within, triage
from dashapp.store.incidents import expectation
from dashapp.store.rollup import rollup
from dashapp.store.trail import changes_of
from dashapp.store.writes import put_aggregates, put_coverage, put_incidents, put_origin
from tests.weeks import FIRST, LAST, NOW, SLA, SPIKE, Look, found, judged, put, put_days, put_weeks, rolled_up


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
    assert one.seen.named == ["category=fraud", "category=hate", "category=spam"]
    assert one.seen.observed == 3


def test_when_most_categories_of_a_platform_fall_together_it_is_one_incident_of_that_platform(
    writer: Engine, look: Look
) -> None:
    draw, categories = np.random.default_rng(5), ("fraud", "hate", "spam")
    rows = [
        AggregateRow(day=day, platform=platform, dimension="category", value=category, count=int(count))
        for platform in ("Board", "Chat", "Video")
        for category in categories
        for day, count in zip(Window(FIRST, LAST), draw.poisson(40, 56), strict=True)
    ]
    fallen = {(SPIKE, "fraud"), (SPIKE, "hate"), (SPIKE, "spam"), (SPIKE + timedelta(days=1), "spam")}
    rows = [
        one.model_copy(update={"count": 1}) if one.platform == "Chat" and (one.day, one.value) in fallen else one
        for one in rows
    ]
    with writer.begin() as connection:
        put_origin(connection, "ops", "import", NOW)
        put_aggregates(connection, "ops", rows, replace=False)
        put_coverage(connection, "ops", Window(FIRST, LAST), Feed.AGGREGATES)
    look()
    [one] = found(writer)
    assert (one.seen.series, one.seen.kind) == ("platform=Chat", IncidentKind.DROP)
    assert (one.seen.since, one.seen.until) == (SPIKE, SPIKE + timedelta(days=1))
    assert one.seen.named == [f"platform=Chat&category={category}" for category in categories]


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
