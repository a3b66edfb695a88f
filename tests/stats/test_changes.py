import numpy as np

from dashapp.stats.changes import Change, changes
from dashapp.stats.outbreak import judge

DAYS = 120
WEEKDAY = np.arange(DAYS) % 7


def steady(seed: int, series: int = 8) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return draw.negative_binomial(25, 25 / 125, size=(series, DAYS)).astype(np.float64)


def found(counts: np.ndarray) -> list[Change]:
    return changes(counts, judge(counts, WEEKDAY))


def test_series_that_end_while_others_begin_are_one_change_on_its_day() -> None:
    counts = steady(1)
    counts[0, 70:] = 0
    counts[1, 70:] = 0
    counts[2, :71] = 0
    assert found(counts) == [Change(70, (0, 1, 2))]


def test_a_quarter_that_moves_for_good_within_three_days_some_up_and_some_down_is_a_change() -> None:
    counts = steady(2)
    counts[0, 70:] *= 4
    counts[1, 71:] *= 4
    counts[2, 70:] = (counts[2, 70:] / 6).round()
    assert found(counts) == [Change(70, (0, 1, 2))]


def test_what_breaks_on_the_last_days_of_a_change_is_part_of_it_and_what_breaks_later_is_not() -> None:
    counts = steady(18, series=12)
    counts[:3, 72:] = 0
    counts[3:6, :72] = 0
    counts[6, :73] = 0
    counts[7, 74:] *= 4
    counts[8, 75:] = 0
    assert found(counts) == [Change(72, (0, 1, 2, 3, 4, 5, 6, 7))]


def test_what_breaks_before_a_change_is_part_of_it_if_it_breaks_within_days() -> None:
    counts = steady(19, series=12)
    counts[0, 71:] *= 4
    counts[1:3, 72:] = 0
    counts[3, :73] = 0
    counts[4, :74] = 0
    assert found(counts) == [Change(72, (0, 1, 2, 3, 4))]


def test_an_attack_on_all_series_for_three_days_and_a_day_without_any_flag_are_no_change() -> None:
    counts = steady(3)
    counts[:, 70:73] *= 4
    counts[:, 90] = 0
    assert found(counts) == []


def test_all_series_four_times_as_high_for_good_are_a_change() -> None:
    counts = steady(4)
    counts[:, 70:] *= 4
    assert [change.day for change in found(counts)] == [70]


def test_one_series_that_moves_and_one_that_begins_are_no_change() -> None:
    counts = steady(5, series=12)
    counts[0, 70:] *= 4
    counts[1, :70] = 0
    assert found(counts) == []


def test_nothing_changes_in_steady_series() -> None:
    assert [found(steady(seed)) for seed in range(6, 16)] == [[]] * 10


def test_a_change_during_days_without_data_is_that_of_the_first_day_known_after() -> None:
    counts = steady(16)
    counts[0, 65:] = 0
    counts[1, :65] = 0
    counts[:, 60:75] = np.nan
    assert found(counts) == [Change(75, (0, 1))]


def test_after_a_restart_the_change_raises_no_alarm() -> None:
    counts = steady(17)
    counts[:3, 70:] *= 4
    counts[3, 70:] = 0
    change = found(counts)[0]
    restarts = np.zeros(counts.shape, dtype=bool)
    restarts[list(change.series), change.day] = True
    again = judge(counts, WEEKDAY, restarts=restarts)
    assert change == Change(70, (0, 1, 2, 3))
    assert not again.alarmed[:, 70:].any()


def test_of_no_day_there_is_no_change() -> None:
    assert changes(np.zeros((3, 0)), judge(np.zeros((3, 0)), np.arange(0))) == []
