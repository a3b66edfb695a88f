import numpy as np
import pytest
from scipy.stats import binom

from dashapp.stats.outbreak import ALERT, CRITICAL, HOURLY, Episode, episodes, falls, judge, p_values, range_of_sum

DAYS = 120
WEEKDAY = np.arange(DAYS) % 7


def steady(seed: int, series: int = 3, days: int = DAYS, mean: float = 100) -> np.ndarray:
    """Counts with a weekday cycle and a fifth of noise."""
    draw = np.random.default_rng(seed)
    expected = mean * np.array([1.2, 1.1, 1.1, 1.0, 1.0, 0.8, 0.8])[np.arange(days) % 7]
    return draw.negative_binomial(25, 25 / (25 + expected), size=(series, days)).astype(np.float64)


def test_a_day_of_five_times_the_usual_is_as_good_as_impossible_and_its_neighbours_are_not() -> None:
    counts = steady(1)
    counts[1, 60] = 500
    p = p_values(counts, WEEKDAY)
    assert p[1, 60] < 1e-8
    assert (p[1, [58, 59, 61, 62]] > ALERT).all()


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
    judged, other = judge(counts, WEEKDAY), judge(later, WEEKDAY)
    assert other.p[:, 10:80].tolist() == judged.p[:, 10:80].tolist()
    assert other.low[:, 10:80].tolist() == judged.low[:, 10:80].tolist()
    assert p_values(counts[:, :80], WEEKDAY[:80])[:, 10:].tolist() == judged.p[:, 10:80].tolist()


@pytest.mark.parametrize("first", [1, 37, 60, 79, 119])
def test_judging_from_a_day_on_equals_the_replay(first: int) -> None:
    counts = steady(5)
    counts[0, 30:75] *= 6  # long enough to become the new normal
    counts[1, 50] = 0
    counts[2, 40] = np.nan
    whole = judge(counts, WEEKDAY)
    before = whole.alarmed & (np.arange(DAYS) < first)
    given = before.copy()
    part = judge(counts, WEEKDAY, first=first, alarmed=given)
    assert np.isnan(part.p[:, :first]).all()
    assert np.array_equal(part.p[:, first:], whole.p[:, first:], equal_nan=True)
    assert np.array_equal(part.expected[:, first:], whole.expected[:, first:], equal_nan=True)
    assert (given == before).all()


def test_a_day_without_data_is_not_judged_and_pulls_no_baseline_down() -> None:
    counts = steady(6)
    counts[0, 30:50] = np.nan
    judged = judge(counts, WEEKDAY)
    assert np.isnan(judged.p[0, 30:50]).all()
    assert judged.expected[0, 55:].mean() == pytest.approx(100, rel=0.1)


def test_a_lost_cell_is_a_fall_and_later_days_are_expected_as_before() -> None:
    counts = steady(7)
    lost = counts.copy()
    lost[0, 60] = 0
    judged, clean = judge(lost, WEEKDAY), judge(counts, WEEKDAY)
    assert [(fall.series, fall.days) for fall in falls(judged, lost)] == [(0, (60,))]
    assert judged.expected[0, 61:] == pytest.approx(clean.expected[0, 61:], rel=0.08)
    assert judged.high[0, 61:] == pytest.approx(clean.high[0, 61:], rel=0.06)


def test_a_zero_where_little_is_expected_is_no_fall() -> None:
    counts = steady(8, mean=4)
    counts[0, 90:100] = 0
    assert falls(judge(counts, WEEKDAY), counts) == []


def test_twice_the_usual_is_seen_ten_days_after_twenty_times_the_usual() -> None:
    counts = steady(9, series=200)
    counts[:, 72] *= 2
    attacked = counts.copy()
    attacked[:, 60:63] *= 20
    after, clean = (p_values(values, WEEKDAY)[:, 72] for values in (attacked, counts))
    assert (after < ALERT).mean() == pytest.approx((clean < ALERT).mean(), abs=0.08)
    assert (after < ALERT).mean() > 0.5


def test_a_series_that_surges_often_needs_more_for_an_alarm_than_one_that_surged_once() -> None:
    counts = steady(19, series=200)
    once = counts.copy()
    once[:, 40] *= 2
    often = counts.copy()
    often[:, 30:80:10] *= 2
    for values in (once, often):
        values[:, 100] *= 2
    alarms = [(p_values(values, WEEKDAY)[:, 100] < ALERT).mean() for values in (once, often)]
    assert alarms[0] > alarms[1] + 0.15


def test_an_attack_of_twelve_days_does_not_become_the_expectation() -> None:
    counts = steady(10, series=50)
    counts[:, 60:72] *= 5
    assert (p_values(counts, WEEKDAY)[:, 60:72] < ALERT).mean() > 0.98


def test_an_attack_on_the_same_weekday_is_seen_the_eighth_time() -> None:
    counts = steady(11, series=200)
    counts[:, 60:116:7] *= 3
    seen = (p_values(counts, WEEKDAY) < ALERT)[:, 60:116:7].mean(axis=0)
    assert seen[0] > 0.9
    assert seen[7] > 0.4


def test_a_new_level_is_an_alarm_for_about_two_weeks_and_then_the_normal() -> None:
    counts = steady(12, series=50)
    counts[:, 60:] *= 4
    alarm = p_values(counts, WEEKDAY) < ALERT
    assert alarm[:, 60:74].mean() > 0.95
    assert alarm[:, 79:].mean() < 0.02


def test_a_slow_wave_leads_no_expectation_further_astray_than_a_quarter() -> None:
    wave = 200 * (1 + 0.25 * np.sin(2 * np.pi * np.arange(DAYS) / 80))
    expected = judge(np.round(wave)[None], WEEKDAY).expected[0]
    assert np.abs(np.log(expected / wave))[60:].max() < 0.25  # a trend alone is 0.35 off where the wave turns


@pytest.mark.parametrize(("mean", "told"), [(5, 1.13), (500, 1.20)])
def test_ten_days_of_a_fifth_more_say_less_the_fewer_flags_there_are(mean: int, told: float) -> None:
    counts = np.full((1, DAYS), float(mean))
    counts[0, 80:] *= 1.2
    assert judge(counts, WEEKDAY).expected[0, 93] / mean == pytest.approx(told, abs=0.01)


def test_excluded_days_enter_no_baseline() -> None:
    counts = steady(13)
    counts[0, 40:60] *= 1.6
    excluded = np.zeros(counts.shape, dtype=bool)
    excluded[0, 40:60] = True
    assert judge(counts, WEEKDAY, excluded=excluded).expected[0, 63:80].mean() == pytest.approx(100, rel=0.1)
    assert judge(counts, WEEKDAY).expected[0, 63:80].mean() > 110


def test_no_baseline_reaches_back_beyond_a_restart() -> None:
    counts = steady(14)
    counts[0, 60:] *= 4
    restarts = np.zeros(counts.shape, dtype=bool)
    restarts[0, 60] = True
    judged = judge(counts, WEEKDAY, restarts=restarts)
    assert np.isnan(judged.p[0, 60:70]).all()
    assert judged.expected[0, 72:].mean() == pytest.approx(400, rel=0.1)
    assert judged.provisional[0, 70:84].all()
    assert np.isfinite(judged.p[1, 60:]).all()


def test_counts_within_low_and_high_are_no_alarm_and_those_beyond_are() -> None:
    counts = np.concatenate([steady(15, series=20), steady(16, series=20, mean=6)])
    counts[:, 100] *= np.linspace(0, 4, 40).round()
    judged = judge(counts, WEEKDAY)
    days = np.isfinite(judged.p)
    risen, fallen = np.zeros((2, *counts.shape), dtype=bool)
    for mask, found in ((risen, episodes(judged.p, counts)), (fallen, falls(judged, counts))):
        for episode in found:
            mask[episode.series, list(episode.days)] = True
    assert ((counts > judged.high)[days] == risen[days]).all()
    assert ((counts < judged.low)[days] == fallen[days]).all()
    assert risen.any()
    assert fallen.any()


@pytest.mark.parametrize(("mean", "chance"), [(5, 0.005), (100, 0.005), (100, 0.001), (5000, 0.005), (5000, 0.001)])
def test_a_p_value_is_within_a_factor_of_two_of_how_often_it_comes(mean: float, chance: float) -> None:
    p = p_values(steady(17, series=150, mean=mean), WEEKDAY)[:, 24:]
    least, most = binom.ppf(0.001, p.size, chance / 2), binom.isf(0.001, p.size, chance * 2)
    assert least <= (p < chance).sum() <= most


def test_series_of_nothing_and_without_data_are_judged_without_a_warning() -> None:
    counts = np.zeros((2, 60))
    counts[1] = np.nan
    judged = judge(counts, np.arange(60) % 7)
    assert (judged.p[0, 10:] == 1).all()
    assert np.isnan(judged.p[1]).all()
    assert judge(counts[:, :0], np.arange(0)).p.shape == (2, 0)


def test_alarms_with_no_more_than_a_day_between_them_are_one_episode() -> None:
    p = np.full((2, 12), 0.5)
    p[1, [2, 3, 5, 8]] = [1e-3, 1e-6, 2e-3, 1e-3]
    counts = np.full((2, 12), 50.0)
    assert episodes(p, counts) == [Episode(1, 2, 5, (2, 3, 5), 1e-6), Episode(1, 8, 8, (8,), 1e-3)]


def test_four_flags_are_no_alarm_however_unlikely_and_five_are() -> None:
    counts = np.zeros((2, 60))
    counts[:, 59] = [4, 5]
    p = p_values(counts, np.arange(60) % 7)
    assert (p[:, 59] < ALERT).all()
    assert [episode.series for episode in episodes(p, counts)] == [1]


def test_hours_have_their_own_season_and_an_attack_of_a_night_is_seen_in_its_hours() -> None:
    hours = np.arange(40 * 24)
    weekend = hours // 24 % 7 >= 5
    mean = 40 * (1.2 + np.sin(hours % 24 / 24 * 2 * np.pi)) * np.where(weekend, 0.7, 1.0)
    counts = np.random.default_rng(18).negative_binomial(25, 25 / (25 + mean), (2, len(hours))).astype(np.float64)
    night = slice(35 * 24 + 18, 35 * 24 + 22)  # when a fifth of the day's height is usual
    counts[0, night] *= 8
    alarmed = np.zeros(counts.shape, dtype=bool)
    judged = judge(counts, hours % 24 + 24 * weekend, first=35 * 24, alarmed=alarmed, settings=HOURLY)
    found = [episode for episode in episodes(judged.p, counts) if episode.p < CRITICAL]
    assert [(episode.series, episode.first, episode.last) for episode in found] == [(0, night.start, night.stop - 1)]


def test_the_range_of_a_sum_is_that_of_a_day_and_grows_with_the_root_of_the_days() -> None:
    judged = judge(np.random.default_rng(1).poisson(400, (1, 120)).astype(np.float64), np.arange(120) % 7)
    days = np.arange(100, 116)
    ranges = [range_of_sum(judged, 0, days[:number]) for number in (1, 4, 16)]
    assert ranges[0] == (judged.low[0, 100], judged.high[0, 100])
    widths = [high - low for low, high in ranges if low is not None and high is not None]
    assert [width / widths[0] for width in widths] == pytest.approx([1, 2, 4], rel=0.05)
    assert judged.low[0, days].sum() < (ranges[2][0] or 0) < 6400 < (ranges[2][1] or 0) < judged.high[0, days].sum()


def test_days_that_were_not_judged_are_no_part_of_the_range_of_a_sum() -> None:
    counts = np.full((1, 60), 40.0)
    counts[0, 50] = np.nan
    judged = judge(counts, np.arange(60) % 7)
    assert range_of_sum(judged, 0, np.array([3])) == (None, None)
    assert range_of_sum(judged, 0, np.array([3, 51])) == (judged.low[0, 51], judged.high[0, 51])
