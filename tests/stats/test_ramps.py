import numpy as np
import pytest

from dashapp.stats.outbreak import ALERT, judge
from dashapp.stats.ramps import ramps, sums

DAYS = 120
WEEKDAY = np.arange(DAYS) % 7


def steady(seed: int, series: int = 60) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return draw.negative_binomial(50, 50 / 150, size=(series, DAYS)).astype(np.float64)


def test_a_slow_rise_is_found_where_no_day_is_an_alarm() -> None:
    counts = steady(1)
    counts[:, 80:94] = (counts[:, 80:94] * np.linspace(1.05, 1.7, 14)).round()
    judged = judge(counts, WEEKDAY)
    quiet = ~(judged.p[:, 80:94] < ALERT).any(axis=1)
    assert quiet.sum() >= 5
    assert ramps(counts, judged)[quiet, 80:94].any(axis=1).mean() > 0.6


def test_steady_series_have_a_ramp_on_less_than_one_day_in_two_hundred() -> None:
    counts = steady(2)
    assert ramps(counts, judge(counts, WEEKDAY))[:, 24:].mean() < 0.005


def test_a_single_day_is_no_ramp_however_high() -> None:
    counts = np.full((1, DAYS), 100.0)
    counts[0, 80] = 2000
    assert not ramps(counts, judge(counts, WEEKDAY)).any()


def test_the_sums_go_on_from_those_of_the_day_before() -> None:
    counts = steady(3)
    counts[:, 75:90] *= 1.3
    judged = judge(counts, WEEKDAY)
    whole = sums(counts, judged)
    first = judge(counts, WEEKDAY, first=80, alarmed=judged.alarmed)
    assert sums(counts, first, whole[:, 79])[:, 80:] == pytest.approx(whole[:, 80:])
