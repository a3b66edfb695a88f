from statistics import mean, stdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashapp.stats.ears import ears, ears_baseline
from dashapp.stats.zscore import expected_range

counts = st.lists(st.none() | st.integers(0, 1000), min_size=1, max_size=50)


def plain(series: list[int | None]) -> list[float | None]:
    """The score of each day by the words of its definition."""
    scores: list[float | None] = []
    for day, count in enumerate(series):
        baseline = [value for value in series[max(0, day - 30) : max(0, day - 2)] if value is not None]
        judged = count is not None and len(baseline) >= 7
        scores.append((count - mean(baseline)) / max(stdev(baseline), 1) if judged and count is not None else None)
    return scores


@settings(max_examples=200, deadline=None, database=None)
@given(counts)
def test_ears_is_what_its_definition_says(series: list[int | None]) -> None:
    scores = ears(np.array([np.nan if value is None else value for value in series], dtype=np.float64))
    assert [None if np.isnan(score) else pytest.approx(score, abs=1e-9) for score in scores] == plain(series)


def test_ears_judges_from_the_tenth_day_and_a_day_neither_by_itself_nor_by_the_two_before() -> None:
    series = np.array([4.0, 6.0, 4.0, 6.0, 4.0, 6.0, 5.0, 90.0, 90.0, 90.0])
    scores = ears(series)
    assert np.isnan(scores[:9]).all()
    assert scores[9] == pytest.approx(85.0)


def test_after_equal_days_a_deviation_of_one_count_is_assumed() -> None:
    baseline = ears_baseline(np.full(12, 5.0))
    assert (baseline.mean[9:].tolist(), baseline.deviation[9:].tolist()) == ([5.0] * 3, [1.0] * 3)
    low, high = expected_range(baseline, 3.0)
    assert (low[11], high[11]) == (2.0, 8.0)


def test_several_series_are_judged_as_each_would_be_alone() -> None:
    series = np.array([[float(day * step % 11) for day in range(40)] for step in (1, 3, 7)])
    series[1, 20:25] = np.nan
    assert np.array_equal(ears(series), np.stack([ears(one) for one in series]), equal_nan=True)


def test_no_later_day_changes_an_earlier_ears_score() -> None:
    series = np.array([float(day * 7 % 13) for day in range(40)])
    changed = np.concatenate([series[:30], np.full(10, 900.0)])
    assert ears(changed)[9:30].tolist() == ears(series)[9:30].tolist()
