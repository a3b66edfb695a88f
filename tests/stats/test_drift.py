from datetime import date, timedelta

import numpy as np

from dashapp.stats.drift import distances, silent_days

FIRST = date(2024, 3, 1)


def days(*numbers: int) -> list[date]:
    return [FIRST + timedelta(days=number) for number in numbers]


def silent(known: list[date], length: int) -> list[int]:
    return [(day - FIRST).days for day in silent_days(known, FIRST, FIRST + timedelta(days=length - 1))]


def told(rows: list[list[int]], before: int, few: int, few_before: int) -> list[float | None]:
    found = distances(np.array(rows, float), before, few, few_before)
    return [None if np.isnan(one) else float(one) for one in found]


def test_a_day_with_nothing_after_fourteen_with_something_is_silent() -> None:
    assert silent(days(*range(14), 16), 17) == [14, 15]


def test_after_thirteen_days_nothing_is_expected_yet() -> None:
    assert silent(days(*range(13)), 20) == []


def test_after_a_silence_fourteen_days_must_come_again() -> None:
    assert silent(days(*range(14), *range(15, 28)), 30) == [14]
    assert silent(days(*range(14), *range(15, 29)), 30) == [14, 29]


def test_a_silence_is_counted_for_fourteen_days() -> None:
    assert silent(days(*range(14)), 60) == list(range(14, 28))


def test_weekends_without_anything_are_never_silent() -> None:
    assert silent(days(*(number for number in range(60) if number % 7 < 5)), 60) == []


def test_a_distribution_is_as_far_from_another_as_would_have_to_move() -> None:
    assert told([[30, 10, 0], [30, 10, 0], [0, 20, 20]], 2, 1, 1) == [None, None, 0.75]


def test_days_of_the_same_shares_lie_at_no_distance_and_others_at_all_of_it() -> None:
    assert told([[60, 0], [30, 0], [90, 0], [0, 7]], 2, 1, 1) == [None, None, 0, 1]


def test_few_cases_are_not_judged() -> None:
    assert told([[60, 0], [49, 0], [50, 0], [50, 0], [49, 0]], 2, 50, 99) == [None, None, 0, 0, None]
    assert told([[60, 0], [49, 0], [50, 0], [50, 0], [49, 0]], 2, 50, 100) == [None, None, 0, None, None]
