"""Quantiles of times of which some have not ended, against hand-computed cases."""

import numpy as np
import pytest

from dashapp.stats.survival import censored_quantile


def quantile(happened: list[float], waiting: list[float], p: float) -> float | None:
    return censored_quantile(np.array(happened, float), np.array(waiting, float), p)


def test_the_median_with_open_cases_by_hand() -> None:
    # At risk 5, 4, 2, 1: S(2) = 4/5, S(4) = 3/5 (one left open at 3 and one at 5), S(6) = 3/5 * 1/2 = 0.3.
    assert quantile([2, 4, 6], [5, 7], 0.5) == 6
    # 1 of 6, then one waits since 3, 1 of 4, 1 of 3, 1 of 2: 5/6, 5/8, 5/12.
    assert quantile([1, 5, 8, 9], [3, 10], 0.5) == 8


def test_a_case_that_waits_as_long_as_another_took_is_still_at_risk_then() -> None:
    assert quantile([4, 8], [4, 4], 0.25) == 4  # 1 of 4: 0.75
    assert quantile([4, 8], [3.9, 3.9], 0.25) == 4  # 1 of 2: 0.5
    assert quantile([4, 8], [4, 4], 0.5) == 8


def test_it_is_null_where_the_curve_does_not_come_down_so_far() -> None:
    assert quantile([1], [2, 2], 0.5) is None
    assert quantile([1], [2, 2], 1 / 3) == 1
    assert quantile([], [2, 2], 0.5) is None
    assert quantile([], [], 0.5) is None


@pytest.mark.parametrize(("p", "expected"), [(0.1, 1), (0.5, 5), (0.7, 7), (0.9, 9), (0.91, 10), (0.99, 10)])
def test_without_open_cases_it_is_the_first_value_that_reaches_the_share(p: float, expected: float) -> None:
    assert quantile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], [], p) == expected


@pytest.mark.parametrize("n", [3, 7, 10, 30, 100, 1000])
def test_a_level_that_is_met_exactly_is_met_whatever_arithmetic_makes_of_it(n: int) -> None:
    for k in range(1, n + 1):
        assert quantile([float(i) for i in range(1, n + 1)], [], k / n) == k
