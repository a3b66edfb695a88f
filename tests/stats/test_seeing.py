import numpy as np
import pytest

from dashapp.stats.outbreak import ALERT, judge
from dashapp.stats.seeing import false_discoveries, power


def test_of_many_cells_only_those_below_their_share_of_the_level_are_believed() -> None:
    p = np.array([0.0001, 0.0045, 0.03, 0.5, 0.9, np.nan])
    assert false_discoveries(p, 0.01).tolist() == [True, False, False, False, False, False]
    assert false_discoveries(p, 0.02).tolist() == [True, True, False, False, False, False]


def test_of_no_cells_none_is_believed() -> None:
    assert false_discoveries(np.array([np.nan, np.nan])).tolist() == [False, False]
    assert false_discoveries(np.zeros(0)).tolist() == []


def test_one_and_a_half_times_twenty_flags_can_hardly_be_seen_and_three_times_can() -> None:
    expected, phi = np.array([20.0]), np.array([1.8])
    chances = [float(power(expected, phi, factor)[0]) for factor in (1.0, 1.5, 2.0, 3.0)]
    assert chances[0] < ALERT
    assert chances == pytest.approx([0.002, 0.08, 0.46, 0.98], abs=0.02)


def test_three_times_one_flag_is_not_seen_because_fewer_than_five_are_no_alarm() -> None:
    assert power(np.array([0.1]), np.array([1.0]), 3.0)[0] < 1e-4


def test_the_power_is_what_simulated_days_show() -> None:
    draw = np.random.default_rng(1)
    counts = draw.negative_binomial(25, 25 / 75, size=(400, 100)).astype(np.float64)
    counts[:, 90] = draw.negative_binomial(25, 25 / 125, size=400)
    judged = judge(counts, np.arange(100) % 7)
    freedom = float(judged.freedom[:, 90].mean())
    said = power(judged.expected, judged.variance / judged.expected, 2.0, freedom)[:, 90].mean()
    assert said == pytest.approx((judged.p[:, 90] < ALERT).mean(), abs=0.08)
