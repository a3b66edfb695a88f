import numpy as np
import pytest
from scipy.stats import betabinom

from dashapp.stats.past import Past, beta_binomial_tail, pairs_tail, peak_tail, share_tail


def past(of: float, seen: float, earlier_of: list[float], earlier_seen: list[float]) -> Past:
    """One series."""
    used = np.isfinite(np.array([earlier_seen]))
    return Past(np.array([of]), np.array([seen]), np.array([earlier_of]), np.array([earlier_seen]), used)


def test_the_tail_of_the_beta_binomial_is_that_of_scipy() -> None:
    k, n = np.array([0.0, 1, 3, 20, 40]), np.array([10.0, 10, 40, 20, 4000])
    a, b = np.array([1.0, 0.5, 2, 3, 20]), np.array([9.0, 20, 50, 3, 4000])
    assert beta_binomial_tail(k, n, a, b) == pytest.approx(betabinom.sf(k - 1, n.astype(int), a, b), rel=1e-8)


def test_a_share_as_always_is_expected_and_three_times_as_many_are_rare() -> None:
    days = [100.0] * 35, [10.0, 8, 12, 9, 11] * 7
    expected, p = share_tail(past(100, 10, *days))
    assert expected[0] == pytest.approx(10, abs=0.2)
    assert 0.3 < p[0] < 0.7
    assert share_tail(past(100, 30, *days))[1][0] < 1e-4


def test_twice_the_flags_make_four_times_the_pairs_and_that_is_as_expected() -> None:
    days = [100.0] * 35, [20.0, 15, 25, 22, 18] * 7
    expected, p = pairs_tail(past(200, 80, *days))
    assert expected[0] == pytest.approx(80, rel=0.03)
    assert 0.3 < p[0] < 0.7
    assert pairs_tail(past(100, 80, *days))[1][0] < 1e-4


def test_a_peak_grows_more_slowly_than_the_flags() -> None:
    expected, p = peak_tail(past(400, 12, [100.0] * 35, [5.0, 6, 7, 6, 6] * 7))
    assert expected[0] == pytest.approx(15.0, abs=0.5)
    assert p[0] > 0.5
    assert peak_tail(past(100, 18, [100.0] * 35, [5.0, 6, 7, 6, 6] * 7))[1][0] < 1e-4


@pytest.mark.parametrize("tail", [share_tail, pairs_tail, peak_tail], ids=lambda tail: tail.__name__)
def test_days_that_differ_much_make_the_same_day_less_unusual(tail: object) -> None:
    assert callable(tail)
    steady = tail(past(100, 30, [100.0] * 35, [10.0, 8, 12, 9, 11] * 7))[1][0]
    uneven = tail(past(100, 30, [100.0] * 35, [2.0, 5, 28, 3, 12] * 7))[1][0]
    assert steady < 0.001
    assert uneven > 10 * steady


@pytest.mark.parametrize("tail", [share_tail, pairs_tail, peak_tail], ids=lambda tail: tail.__name__)
def test_what_never_was_is_rare_but_not_impossible(tail: object) -> None:
    assert callable(tail)
    assert 0 < tail(past(50, 5, [50.0] * 7, [0.0] * 7))[1][0] < 0.05


def test_days_that_do_not_count_change_nothing_even_where_they_are_unknown() -> None:
    known = [10.0, 8, 12, 9, 11] * 2
    with_gaps = past(100, 30, [100.0] * 11, [*known, np.nan])
    assert share_tail(with_gaps)[1] == pytest.approx(share_tail(past(100, 30, [100.0] * 10, known))[1])
