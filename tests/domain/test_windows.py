from datetime import date

import pytest

from dashapp.domain.ask import Grain, Window


def test_a_window_has_both_its_ends() -> None:
    assert list(Window(date(2024, 2, 28), date(2024, 3, 1))) == [
        date(2024, 2, 28),
        date(2024, 2, 29),
        date(2024, 3, 1),
    ]


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="the window ends on 2024-02-28, before it begins on 2024-02-29"):
        Window(date(2024, 2, 29), date(2024, 2, 28))


def test_the_previous_window_is_as_long_and_touches_this_one() -> None:
    assert Window(date(2024, 3, 1), date(2024, 3, 30)).previous == Window(date(2024, 1, 31), date(2024, 2, 29))
    assert Window(date(2024, 3, 1), date(2024, 3, 1)).previous == Window(date(2024, 2, 29), date(2024, 2, 29))


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        (date(2024, 12, 30), date(2024, 12, 30)),  # in ISO week 2025-W01
        (date(2025, 1, 5), date(2024, 12, 30)),
        (date(2021, 1, 3), date(2020, 12, 28)),  # in ISO week 2020-W53
        (date(2024, 2, 29), date(2024, 2, 26)),
    ],
)
def test_a_week_is_named_by_its_monday_across_the_turn_of_the_year(day: date, monday: date) -> None:
    assert Grain.WEEK.bucket(day, date(2020, 1, 1)) == monday


def test_the_last_day_of_a_bucket() -> None:
    until = date(2024, 3, 15)
    assert Grain.DAY.last_day(date(2024, 2, 29), until) == date(2024, 2, 29)
    assert Grain.WEEK.last_day(date(2024, 12, 30), until) == date(2025, 1, 5)
    assert Grain.MONTH.last_day(date(2024, 2, 1), until) == date(2024, 2, 29)
    assert Grain.MONTH.last_day(date(2023, 2, 1), until) == date(2023, 2, 28)
    assert Grain.MONTH.last_day(date(2024, 12, 1), until) == date(2024, 12, 31)
    assert Grain.WHOLE.last_day(date(2024, 1, 1), until) == until


def test_the_whole_is_named_by_the_first_day_of_the_window() -> None:
    assert Grain.WHOLE.bucket(date(2024, 3, 9), date(2024, 1, 1)) == date(2024, 1, 1)
    assert Grain.MONTH.bucket(date(2024, 2, 29), date(2024, 1, 1)) == date(2024, 2, 1)
