import numpy as np
import pytest

from dashapp.stats.outbreak import Episode, episodes, judge, p_values

DAYS = 120
WEEKDAY = np.arange(DAYS) % 7


def steady(seed: int, series: int = 3, days: int = DAYS) -> np.ndarray:
    """Counts of series with a weekday cycle and a fifth of noise about 100 a day."""
    draw = np.random.default_rng(seed)
    mean = 100 * np.array([1.2, 1.1, 1.1, 1.0, 1.0, 0.8, 0.8])[np.arange(days) % 7]
    return draw.negative_binomial(25, 25 / (25 + mean), size=(series, days)).astype(np.float64)


def test_a_day_of_five_times_the_usual_is_as_good_as_impossible_and_its_neighbours_are_not() -> None:
    counts = steady(1)
    counts[1, 60] = 500
    p = p_values(counts, WEEKDAY)
    assert p[1, 60] < 1e-10
    assert (p[1, [58, 59, 61, 62]] > 0.003).all()


def test_the_first_seven_days_known_are_not_judged_and_three_weeks_are_provisional() -> None:
    judged = judge(steady(2), WEEKDAY)
    assert np.isnan(judged.p[:, :10]).all()  # seven days, and the three that are always left out
    assert np.isfinite(judged.p[:, 10:]).all()
    assert judged.provisional[:, :24].all()
    assert not judged.provisional[:, 24:].any()


def test_what_comes_later_changes_no_judgement() -> None:
    counts = steady(3)
    later = counts.copy()
    later[:, 80:] = np.random.default_rng(4).integers(0, 100_000, size=(3, 40))
    later[1, 90] = np.nan
    assert p_values(later, WEEKDAY)[:, :80].tolist()[0][10:] == p_values(counts, WEEKDAY)[:, :80].tolist()[0][10:]


def test_judging_from_a_day_on_equals_the_replay() -> None:
    counts = steady(5)
    counts[0, 50:70] *= 6
    counts[2, 40] = np.nan
    whole = judge(counts, WEEKDAY)
    part = judge(counts, WEEKDAY, first=60, alarmed=whole.alarmed & (np.arange(DAYS) < 60))
    assert np.isnan(part.p[:, :60]).all()
    assert part.p[:, 60:].tolist() == whole.p[:, 60:].tolist()
    assert part.expected[:, 60:].tolist() == whole.expected[:, 60:].tolist()


def test_a_day_without_data_is_not_judged_and_pulls_no_baseline_down() -> None:
    counts = steady(6)
    counts[0, 30:50] = np.nan
    judged = judge(counts, WEEKDAY)
    assert np.isnan(judged.p[0, 30:50]).all()
    assert judged.expected[0, 55:].mean() == pytest.approx(100, rel=0.1)


def test_alarms_no_more_than_a_day_apart_are_one_episode() -> None:
    p = np.full((2, 12), 0.5)
    p[1, [2, 3, 5, 8]] = [1e-3, 1e-6, 2e-3, 1e-3]
    counts = np.full((2, 12), 50.0)
    assert episodes(p, counts) == [Episode(1, 2, 5, (2, 3, 5), 1e-6), Episode(1, 8, 8, (8,), 1e-3)]


def test_four_flags_are_no_alarm_however_unlikely_and_five_are() -> None:
    counts = np.zeros((2, 60))
    counts[:, 59] = [4, 5]
    p = p_values(counts, np.arange(60) % 7)
    assert (p[:, 59] < 1e-6).all()
    assert [episode.series for episode in episodes(p, counts)] == [1]
