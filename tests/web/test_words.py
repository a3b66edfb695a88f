from datetime import date

import pytest

from dashapp.metrics import METRICS, Unit
from dashapp.web import words


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (41935, Unit.COUNT, "41,935"),
        (0, Unit.COUNT, "0"),
        (18.0276, Unit.PERCENT, "18.0 %"),
        (0, Unit.PERCENT, "0.0 %"),
        (100, Unit.PERCENT, "100.0 %"),
        (0.78457, Unit.SCORE, "0.785"),
        (1234.56, Unit.HOURS, "1,234.6 h"),
        (None, Unit.COUNT, "no data"),
        (None, Unit.PERCENT, "no data"),
    ],
)
def test_a_number_has_its_unit_and_never_stands_for_nothing(value: float | None, unit: Unit, shown: str) -> None:
    assert words.number(value, unit) == shown


@pytest.mark.parametrize(
    ("now", "before", "unit", "told"),
    [
        (110, 100, Unit.COUNT, "+10.0 %"),
        (95, 100, Unit.COUNT, "-5.0 %"),
        (100, 100, Unit.COUNT, "+0.0 %"),
        (7, 0, Unit.COUNT, "new"),
        (0, 0, Unit.COUNT, "none, as before"),
        (0, 8, Unit.COUNT, "-100.0 %"),
        (18.0, 14.5, Unit.PERCENT, "+3.5 pt"),
        (3.0, 0.0, Unit.PERCENT, "+3.0 pt"),
        (0.7846, 0.8563, Unit.SCORE, "-0.072"),
        (5, None, Unit.COUNT, "no data before"),
        (None, 5, Unit.COUNT, "no data"),
        (None, None, Unit.PERCENT, "no data"),
    ],
)
def test_a_change_is_told_in_percent_of_counts_and_in_points_of_shares(
    now: float | None, before: float | None, unit: Unit, told: str
) -> None:
    assert words.change(now, before, unit) == told


@pytest.mark.parametrize(
    ("metric", "now", "before", "tone"),
    [
        ("sla_breach_rate", 20, 10, "bad"),
        ("sla_breach_rate", 10, 20, "good"),
        ("automation_rate", 70, 60, "good"),
        ("automation_rate", 60, 70, "bad"),
        ("flags", 200, 100, "flat"),
        ("sla_breach_rate", 10, 10, "flat"),
        ("sla_breach_rate", 10, None, "flat"),
        ("sla_breach_rate", None, 10, "flat"),
    ],
)
def test_a_change_is_coloured_by_what_is_better(
    metric: str, now: float | None, before: float | None, tone: str
) -> None:
    assert words.direction(METRICS[metric], now, before) == tone


def test_days_name_a_year_only_where_it_must_be_said() -> None:
    assert words.days(date(2024, 1, 1), date(2024, 3, 30)) == "1 Jan to 30 Mar 2024"
    assert words.days(date(2023, 12, 31), date(2024, 1, 6)) == "31 Dec 2023 to 6 Jan 2024"
    assert words.day(date(2024, 2, 29)) == "29 Feb 2024"


def test_cases_are_counted_with_separators() -> None:
    assert words.count(10262) == "n 10,262"


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (0.8115, Unit.SCORE, "0.811"),  # a little less than it looks
        (0.8125, Unit.SCORE, "0.813"),
        (6.25, Unit.PERCENT, "6.3 %"),
        (-6.25, Unit.PERCENT, "-6.3 %"),
        (2.5, Unit.COUNT, "3"),
        (1_234_567, Unit.COUNT, "1,234,567"),
    ],
)
def test_numbers_are_rounded_as_browsers_do(value: float, unit: Unit, told: str) -> None:
    assert words.number(value, unit) == told
