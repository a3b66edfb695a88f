"""Alarms of a series within a week of each other are one incident, but for what an analyst has judged."""

import numpy as np
import pytest

from dashapp.metrics.stories import quiet, stories

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


def test_what_an_analyst_has_judged_takes_in_no_later_alarm_but_one_next_to_it() -> None:
    assert runs(3, 7, 9, said={3: 5}) == [[3], [7, 9]]
    assert runs(3, 5, said={3: 5}) == [[3, 5]]
    assert runs(3, 7, said={3: 5, 7: 5}) == [[3, 7]]
    assert runs(3, 7, said={3: 5, 7: 6}) == [[3], [7]]


def test_each_series_has_incidents_of_its_own() -> None:
    alarms = np.zeros((3, DAYS), dtype=bool)
    alarms[0, 3] = alarms[2, 5] = True
    told = [(row, run.tolist()) for row, run in stories(alarms, np.zeros((3, DAYS), dtype=np.intp))]
    assert told == [(0, [3]), (2, [5])]


def test_an_incident_is_over_on_two_days_and_more_without_an_alarm() -> None:
    assert quiet(np.array([3, 5, 6, 9])) == [7, 8]
    assert quiet(np.array([3])) == []
