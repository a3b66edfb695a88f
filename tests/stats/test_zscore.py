from statistics import mean, stdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashapp.stats.zscore import expected_range, zscore7, zscore7_baseline

counts = st.lists(st.none() | st.integers(0, 1000), min_size=1, max_size=30)


def plain(series: list[int | None]) -> list[float | None]:
    """The score of each day by the words of its definition."""
    scores: list[float | None] = []
    for day, count in enumerate(series):
        known = [value for value in series[max(0, day - 6) : day + 1] if value is not None]
        judged = count is not None and len(known) >= 3 and len(set(known)) > 1
        scores.append((count - mean(known)) / stdev(known) if judged and count is not None else None)
    return scores


@settings(max_examples=200, deadline=None, database=None)
@given(counts)
def test_zscore7_is_what_its_definition_says(series: list[int | None]) -> None:
    scores = zscore7(np.array([np.nan if value is None else value for value in series], dtype=np.float64))
    assert [None if np.isnan(score) else pytest.approx(score, abs=1e-9) for score in scores] == plain(series)


def test_zscore7_of_one_spike_after_six_equal_days_is_as_high_as_it_can_be() -> None:
    scores = zscore7(np.array([10.0] * 6 + [1000.0]))
    assert scores[6] == pytest.approx(2.2678, abs=5e-5)


def test_zscore7_is_silent_before_the_third_day_and_while_nothing_varies() -> None:
    scores = zscore7(np.array([1.0, 9.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0]))
    assert [bool(np.isnan(score)) for score in scores] == [True, True, False, False, False, False, False, False, True]


def test_no_later_day_changes_an_earlier_score() -> None:
    series = np.array([3.0, 8.0, 2.0, 9.0, 4.0, 7.0, 30.0, 5.0, 6.0])
    changed = np.concatenate([series[:7], [np.nan, 900.0]])
    assert zscore7(changed)[:7].tolist()[2:] == zscore7(series)[:7].tolist()[2:]


def test_the_expected_range_is_the_mean_and_the_deviations_to_either_side_but_never_negative() -> None:
    low, high = expected_range(zscore7_baseline(np.array([4.0, 6.0, 8.0, 90.0])), 1.5)
    assert [low[2], high[2]] == [3.0, 9.0]
    assert low[3] == 0.0
    assert high[3] == pytest.approx(27 + 1.5 * 42.0317, abs=1e-3)
    assert np.isnan([low[:2], high[:2]]).all()


@settings(max_examples=200, deadline=None, database=None)
@given(counts, st.floats(0.5, 2))
def test_a_day_above_its_range_scores_above_the_threshold(series: list[int | None], threshold: float) -> None:
    values = np.array([np.nan if value is None else value for value in series], dtype=np.float64)
    scores, (low, high) = zscore7(values), expected_range(zscore7_baseline(values), threshold)
    assert (np.isnan(scores) == np.isnan(high)).all()
    assert (scores[values > high + 1e-6] > threshold).all()
    assert (scores[(values < high - 1e-6) & (values >= low)] < threshold).all()
