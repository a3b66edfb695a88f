"""Alarms of a series within a week of each other are one incident, but for what an analyst has judged."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import IncidentKind, Triage
from dashapp.metrics.counted import Counted
from dashapp.metrics.looking import Look
from dashapp.metrics.stories import quiet, spoken, stories
from dashapp.stats.outbreak import judge
from dashapp.store.findings import Finding, Sighting, Source

DAYS = 40


def runs(*days: int, said: dict[int, int] | None = None) -> list[list[int]]:
    """The incidents of a series with alarms on these days; `said` are numbers of incidents by day."""
    alarms, spoken = np.zeros((1, DAYS), dtype=bool), np.zeros((1, DAYS), dtype=np.intp)
    alarms[0, list(days)] = True
    for day, number in (said or {}).items():
        spoken[0, day] = number
    return [run.tolist() for _, run in stories(alarms, spoken)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((3, 4), [[3, 4]]),
        ((3, 10, 17), [[3, 10, 17]]),
        ((3, 11), [[3], [11]]),
        ((), []),
    ],
    ids=["two days", "each week", "eight days later", "none"],
)
def test_alarms_no_more_than_a_week_apart_are_one_incident(days: tuple[int, ...], expected: list[list[int]]) -> None:
    assert runs(*days) == expected


@pytest.mark.parametrize(
    ("days", "said", "expected"),
    [
        ((3, 4, 6), {3: 5}, [[3], [4, 6]]),
        ((3, 5, 6), {3: 5, 4: 5, 5: 5}, [[3, 5], [6]]),
        ((2, 3, 5), {3: 5}, [[2], [3], [5]]),
        ((2, 4), {3: 5}, [[2], [4]]),
        ((3, 4), {3: 5, 4: 6}, [[3], [4]]),
    ],
    ids=["the day after", "within", "before", "no alarm any more", "two of them"],
)
def test_what_an_analyst_has_judged_has_the_alarms_of_its_days_and_no_other(
    days: tuple[int, ...], said: dict[int, int], expected: list[list[int]]
) -> None:
    assert runs(*days, said=said) == expected


FIRST = date(2024, 3, 1)


def judged(number: int, series: str, since: int, until: int) -> Finding:
    """An incident that an analyst has judged, from one place to another."""
    first, last = (FIRST + timedelta(days=place) for place in (since, until))
    seen, at = Sighting(series, IncidentKind.SPIKE, first, last), datetime(2024, 4, 1, tzinfo=UTC)
    return Finding(number, Source("ops", "flags", "outbreak", 2), seen, Triage.DISMISSED, None, at, at, at, None)


def test_what_was_judged_of_a_series_holds_for_its_parts_on_the_same_days_and_for_no_other_series() -> None:
    names = ("category=spam", "category=spam&region=EMEA", "category=spamming")
    counts = np.zeros((3, 6))
    counted = Counted((), Window(FIRST, FIRST + timedelta(days=5)), counts, np.ones(6, dtype=bool))
    look = Look(names, counted, judge(counts, counted.weekday), None)
    said = [
        judged(8, names[1], 3, 4),
        judged(9, names[0], -4, 1),
        judged(7, names[0], 4, 9),
        judged(6, names[0], -9, -5),
    ]
    assert spoken(look, said, names).tolist() == [[9, 9, 0, 0, 7, 7], [9, 9, 0, 8, 8, 7], [0] * 6]


def test_each_series_has_incidents_of_its_own() -> None:
    alarms = np.zeros((3, DAYS), dtype=bool)
    alarms[0, 3] = alarms[2, 5] = True
    told = [(row, run.tolist()) for row, run in stories(alarms, np.zeros((3, DAYS), dtype=np.intp))]
    assert told == [(0, [3]), (2, [5])]


def test_an_incident_is_over_on_two_days_and_more_without_an_alarm() -> None:
    assert quiet(np.array([3, 5, 6, 9])) == [7, 8]
    assert quiet(np.array([3])) == []
