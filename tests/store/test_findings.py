"""Incidents from run to run: when they open, go on, end and are withdrawn, and what analysts make of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import IncidentKind, Triage
from dashapp.store.expectations import keep_expectations
from dashapp.store.findings import (
    Finding,
    Sighting,
    Source,
    finding_by_id,
    findings_of,
    findings_within,
    keep_sightings,
    triage,
)
from dashapp.store.incidents import expectation
from dashapp.store.trail import Change, changes_of
from dashapp.store.version import has_news, next_version, note_looked, version
from dashapp.store.writes import remove_origin

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SOURCE = Source("ops", "flags", "outbreak", 1)
NOTHING = {"opened": 0, "extended": 0, "ended": 0, "withdrawn": 0}


@pytest.fixture
def connection(writer: Engine) -> Iterator[Connection]:
    with writer.connect() as opened:
        yield opened
        opened.rollback()


def march(day: int) -> date:
    return date(2024, 3, day)


def days(first: int, last: int) -> Window:
    return Window(march(first), march(last))


def seen(first: int, last: int, kind: IncidentKind = IncidentKind.SPIKE, **given: Any) -> Sighting:
    return Sighting(kind=kind, since=march(first), until=march(last), **{"series": "category=spam", "p": 1e-4, **given})


def keep(connection: Connection, judged: Window, *found: Sighting, source: Source = SOURCE) -> dict[str, int]:
    """What one run did, without what it did not do."""
    told = keep_sightings(connection, source, judged, found, NOW)
    assert told.keys() == NOTHING.keys()
    return {name: count for name, count in told.items() if count}


def only(connection: Connection) -> Finding:
    [one] = findings_of(connection, SOURCE)
    return one


def spans(connection: Connection) -> list[tuple[int, int]]:
    return [(one.seen.since.day, one.seen.until.day) for one in findings_of(connection, SOURCE)]


def trail(connection: Connection, number: int) -> list[Change]:
    """The changes of an incident, the first one first."""
    return changes_of(connection, f"finding {number}")[::-1]


def actions(connection: Connection, number: int) -> list[tuple[str, str]]:
    return [(change.actor, change.action) for change in trail(connection, number)]


def test_what_is_new_is_opened(connection: Connection) -> None:
    assert keep(connection, days(1, 10), seen(9, 10, observed=50.0, evidence={"days": [1]})) == {"opened": 1}
    one = only(connection)
    assert one.seen == seen(9, 10, observed=50.0, evidence={"days": [1]})
    assert (one.source, one.state, one.note, one.found_at, one.ended_at) == (SOURCE, Triage.OPEN, None, NOW, None)
    [opened] = trail(connection, one.id)
    assert (opened.at, opened.actor, opened.action) == (NOW, "detector", "opened")
    assert opened.detail == {"kind": "spike", "series": "category=spam", "since": "2024-03-09", "p": 1e-4}


def test_the_same_again_is_no_change(connection: Connection) -> None:
    keep(connection, days(1, 10), seen(9, 10))
    assert keep(connection, days(1, 10), seen(9, 10)) == {}
    assert actions(connection, only(connection).id) == [("detector", "opened")]


def test_what_goes_on_is_extended(connection: Connection) -> None:
    keep(connection, days(1, 10), seen(9, 10))
    assert keep(connection, days(1, 11), seen(9, 11)) == {"extended": 1}
    assert spans(connection) == [(9, 11)]
    [_, extended] = trail(connection, only(connection).id)
    assert extended.detail == {"kind": "spike", "since": "2024-03-09", "until": "2024-03-11", "p": 1e-4}


def test_what_began_before_the_days_judged_keeps_its_first_day(connection: Connection) -> None:
    keep(connection, days(1, 10), seen(9, 10))
    assert keep(connection, days(10, 12), seen(10, 12)) == {"extended": 1}
    assert spans(connection) == [(9, 12)]


def test_it_is_over_once_two_days_after_it_were_judged(connection: Connection) -> None:
    keep(connection, days(1, 10), seen(9, 10))
    assert keep(connection, days(1, 11), seen(9, 10)) == {}
    assert only(connection).ended_at is None
    assert keep(connection, days(1, 12), seen(9, 10)) == {"ended": 1}
    assert only(connection).ended_at == NOW


def test_what_was_over_when_it_was_first_seen_is_opened_and_over(connection: Connection) -> None:
    assert keep(connection, days(1, 31), seen(9, 10)) == {"opened": 1}
    assert only(connection).ended_at == NOW


def test_what_was_over_and_comes_back_within_two_days_goes_on(connection: Connection) -> None:
    keep(connection, days(1, 12), seen(9, 10))
    assert keep(connection, days(1, 12), seen(9, 12)) == {"extended": 1}
    assert only(connection).ended_at is None


@pytest.mark.parametrize(("since", "found"), [(12, [(9, 12)]), (13, [(9, 10), (13, 13)])])
def test_what_comes_more_than_two_days_later_is_another_incident(
    connection: Connection, since: int, found: list[tuple[int, int]]
) -> None:
    keep(connection, days(1, 10), seen(9, 10))
    keep(connection, days(11, since), seen(since, since))
    assert spans(connection) == found


def test_what_is_seen_no_more_is_withdrawn_and_stays_in_the_trail(connection: Connection) -> None:
    keep(connection, days(1, 10), seen(9, 10))
    number = only(connection).id
    assert keep(connection, days(1, 10)) == {"withdrawn": 1}
    assert findings_of(connection, SOURCE) == findings_within(connection, ["ops"]) == []
    known = finding_by_id(connection, number)
    assert known is not None
    assert known.withdrawn_at == NOW
    assert actions(connection, number) == [("detector", "opened"), ("detector", "withdrawn")]
    assert keep(connection, days(1, 10), seen(9, 10)) == {"opened": 1}
    assert only(connection).id > number


@pytest.mark.parametrize("state", [Triage.CONFIRMED, Triage.DISMISSED])
def test_what_an_analyst_has_judged_is_not_withdrawn(connection: Connection, state: Triage) -> None:
    keep(connection, days(1, 10), seen(9, 10))
    triage(connection, only(connection).id, state, None, "lead", NOW)
    assert keep(connection, days(1, 10)) == {}
    assert only(connection).state is state


def judge(connection: Connection, state: Triage, *numbers: int) -> None:
    for number in numbers:
        triage(connection, number, state, "product launch", "lead", NOW)


JUDGED = pytest.mark.parametrize("state", [Triage.CONFIRMED, Triage.DISMISSED])


@JUDGED
def test_days_after_those_that_an_analyst_judged_are_another_incident(connection: Connection, state: Triage) -> None:
    keep(connection, days(1, 10), seen(9, 10, observed=75.0))
    before = only(connection)
    judge(connection, state, before.id)
    later = (before.seen, seen(11, 12, observed=1500.0, evidence={}))
    assert keep(connection, days(1, 12), *later) == {"opened": 1, "ended": 1}
    known, new = findings_of(connection, SOURCE)
    assert (known.seen, known.state, known.note) == (before.seen, state, "product launch")
    assert (new.seen, new.state, new.note) == (later[1], Triage.OPEN, None)
    assert keep(connection, days(1, 12), *later) == {}


@JUDGED
def test_what_was_judged_keeps_its_days_and_takes_what_is_counted_anew_in_them(
    connection: Connection, state: Triage
) -> None:
    keep(connection, days(1, 10), seen(8, 10, observed=75.0))
    judge(connection, state, only(connection).id)
    keep(connection, days(1, 10), seen(9, 9, observed=80.0))
    assert (spans(connection), only(connection).seen.observed) == ([(8, 10)], 80.0)
    keep(connection, days(9, 10), seen(9, 10, observed=81.0))
    assert (spans(connection), only(connection).seen.observed) == ([(8, 10)], 81.0)


@JUDGED
def test_days_before_and_after_what_was_judged_are_no_one_incident(connection: Connection, state: Triage) -> None:
    keep(connection, days(1, 10), seen(8, 8))
    judge(connection, state, 1)
    around = seen(7, 7), seen(8, 8), seen(9, 9)
    assert keep(connection, days(1, 10), *around[:2]) == {"opened": 1}
    assert keep(connection, days(1, 10), *around) == {"opened": 1}
    assert spans(connection) == [(8, 8), (7, 7), (9, 9)]
    assert keep(connection, days(1, 10), *around) == {}


def test_what_is_judged_day_by_day_is_one_incident_each_time(connection: Connection) -> None:
    found: list[Sighting] = []
    for day in (9, 10, 11):
        found.append(seen(day, day))
        keep(connection, days(1, day), *found)
        judge(connection, Triage.CONFIRMED, findings_of(connection, SOURCE)[-1].id)
    assert spans(connection) == [(9, 9), (10, 10), (11, 11)]


def test_what_is_reopened_takes_in_the_days_after_it_that_nobody_has_judged(connection: Connection) -> None:
    keep(connection, days(1, 10), seen(9, 10))
    judge(connection, Triage.DISMISSED, 1)
    keep(connection, days(1, 11), seen(9, 10), seen(11, 11))
    judge(connection, Triage.OPEN, 1)
    assert keep(connection, days(1, 11), seen(9, 11)) == {"extended": 1, "withdrawn": 1}
    assert spans(connection) == [(9, 11)]


def test_days_that_were_not_judged_withdraw_nothing(connection: Connection) -> None:
    keep(connection, days(1, 10), seen(8, 10))
    assert keep(connection, days(9, 12)) == {"ended": 1}
    assert spans(connection) == [(8, 10)]


def test_a_rise_may_turn_out_to_be_of_another_kind(connection: Connection) -> None:
    keep(connection, days(1, 10), seen(9, 10))
    brigading = seen(9, 10, IncidentKind.BRIGADING, coordination=1e-5, evidence={})
    assert keep(connection, days(1, 10), brigading) == {"extended": 1}
    assert only(connection).seen == brigading


def test_a_fall_after_a_rise_is_another_incident(connection: Connection) -> None:
    keep(connection, days(1, 10), seen(9, 10))
    assert keep(connection, days(1, 11), seen(9, 10), seen(11, 11, IncidentKind.DROP)) == {"opened": 1}


def test_another_series_or_detector_is_another_incident(connection: Connection) -> None:
    other = SOURCE._replace(detector="ears_c2")
    keep(connection, days(1, 10), seen(9, 10))
    assert keep(connection, days(1, 10), seen(9, 10), seen(9, 10, series="category=fraud")) == {"opened": 1}
    assert keep(connection, days(1, 10), seen(9, 10), source=other) == {"opened": 1}
    assert keep(connection, days(1, 10), source=other) == {"withdrawn": 1}
    assert spans(connection) == [(9, 10), (9, 10)]


def test_two_incidents_that_grow_together_are_one_with_the_numbers_of_the_stronger(connection: Connection) -> None:
    keep(connection, days(1, 10), seen(3, 3, p=1e-3), seen(7, 8, p=1e-6))
    assert spans(connection) == [(3, 3), (7, 8)]
    told = keep(connection, days(1, 10), seen(3, 5, p=1e-3, observed=30.0), seen(7, 8, p=1e-6, observed=80.0))
    assert told == {"extended": 1}
    assert keep(connection, days(1, 10), seen(3, 8, p=1e-6, observed=80.0)) == {"extended": 1, "withdrawn": 1}
    assert (spans(connection), only(connection).seen.observed) == ([(3, 8)], 80.0)


def test_another_version_goes_on_with_what_an_earlier_one_found(connection: Connection) -> None:
    keep(connection, days(1, 10), seen(9, 10))
    assert keep(connection, days(1, 11), seen(9, 11), source=SOURCE._replace(version=2)) == {"extended": 1}


def test_only_incidents_that_touch_the_window_are_within_it(connection: Connection) -> None:
    keep(connection, days(1, 31), seen(3, 5), seen(9, 10), seen(20, 20))
    found = findings_within(connection, ["ops"], days(5, 9))
    assert [one.seen.since.day for one in found] == [3, 9]
    assert findings_within(connection, ["forum"], days(5, 9)) == []


def test_of_an_incident_that_does_not_exist_nobody_can_say_anything(connection: Connection) -> None:
    assert triage(connection, 7, Triage.CONFIRMED, "note", "lead", NOW) is None
    assert changes_of(connection, "finding 7") == []


def test_what_one_analyst_says_after_another_holds_and_both_are_in_the_trail(connection: Connection) -> None:
    keep(connection, days(1, 10), seen(9, 10))
    number = only(connection).id
    triage(connection, number, Triage.CONFIRMED, "the same text", "ana", NOW)
    told = triage(connection, number, Triage.DISMISSED, None, "ben", LATER)
    one = only(connection)
    assert told == one
    assert (one.state, one.note, one.changed_at) == (Triage.DISMISSED, None, LATER)
    [_, first, second] = trail(connection, number)
    assert (first.actor, first.action, first.detail) == (
        "ana",
        "confirmed",
        {"from": "open", "state": "confirmed", "note": "the same text"},
    )
    assert (second.at, second.actor, second.detail) == (LATER, "ben", {"from": "confirmed", "state": "dismissed"})


def expected(connection: Connection) -> set[tuple[str, str, int]]:
    of = expectation.c
    return {
        (row.detector, row.series, row.day.day) for row in connection.execute(select(of.detector, of.series, of.day))
    }


def put_expected(connection: Connection, source: Source, *series: str) -> None:
    rows = [
        {"series": name, "day": march(day), "provisional": False, "judged_at": NOW} for name in series for day in (8, 9)
    ]
    keep_expectations(connection, source, series, march(1), rows)


def test_what_is_confirmed_is_judged_again_with_its_parts_from_its_first_day(connection: Connection) -> None:
    names = ("category=a_b", "category=a_b&region=EMEA", "category=a_bc", "category=axb&region=EMEA")
    put_expected(connection, SOURCE, *names)
    put_expected(connection, SOURCE._replace(detector="other"), names[0])
    keep(connection, days(1, 10), seen(9, 9, series="category=a_b"))
    before = expected(connection)
    triage(connection, only(connection).id, Triage.CONFIRMED, None, "lead", NOW)
    assert before - expected(connection) == {("outbreak", name, 9) for name in names[:2]}


@pytest.mark.parametrize(
    ("states", "again"),
    [((Triage.CONFIRMED,), True), ((Triage.DISMISSED,), False), ((Triage.CONFIRMED, Triage.OPEN), True)],
    ids=["confirmed", "dismissed", "confirmed no more"],
)
def test_the_job_looks_again_where_a_baseline_has_changed(
    connection: Connection, states: tuple[Triage, ...], *, again: bool
) -> None:
    next_version(connection)
    keep(connection, days(1, 10), seen(9, 10))
    for state in states:
        note_looked(connection, version(connection))
        triage(connection, only(connection).id, state, None, "lead", NOW)
    assert has_news(connection) is again


def test_the_number_of_a_removed_incident_is_not_given_again(connection: Connection) -> None:
    keep(connection, days(1, 10), seen(9, 10))
    number = only(connection).id
    remove_origin(connection, "ops")
    assert findings_of(connection, SOURCE) == []
    keep(connection, days(1, 10), replace(seen(9, 10), series="category=fraud"))
    assert only(connection).id > number
    assert [change.detail["series"] for change in trail(connection, number)] == ["category=spam"]
    assert actions(connection, only(connection).id) == [("detector", "opened")]
