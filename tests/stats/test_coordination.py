from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from dashapp.stats.coordination import SIGNALS, Judged, Signals, combine, judge

DAYS = 60
USUAL = {
    "targeted": 120, "target_pairs": 20, "aged": 120, "young": 5, "keyed": 120, "copies": 12, "timed": 120, "burst": 7,
    "reported": 30, "reporter_pairs": 4, "traced": 30, "co_reports": 2,
}  # fmt: skip
NAMES = [signal.name for signal in SIGNALS]


def stream(series: int = 1, days: int = DAYS, **last: float) -> Signals:
    """Days that differ a little from each other; the last one as told."""
    wave = np.array([0, 1, -1, 2, -2, 1, 0])[np.arange(days) % 7]
    columns = {}
    for name, value in USUAL.items():
        column = np.tile(value + wave * max(1, value // 20), (series, 1)).astype(float)
        column[:, -1] = last.get(name, value)
        columns[name] = column
    return Signals(**columns)


def changed(signals: Signals, **columns: Any) -> Signals:
    return Signals(**{**{one.name: getattr(signals, one.name) for one in fields(signals)}, **columns})


def last(judged: Judged) -> float:
    return float(judged.combined[0, -1])


@pytest.mark.parametrize(
    ("name", "attack"),
    [
        ("target_concentration", {"target_pairs": 150}),
        ("new_accounts", {"young": 45}),
        ("near_duplicates", {"copies": 60}),
        ("burst", {"burst": 30}),
        ("reporter_concentration", {"reporter_pairs": 60}),
        ("co_reports", {"co_reports": 40}),
    ],
)
def test_what_is_far_above_its_own_past_is_seen_by_its_signal_alone(name: str, attack: dict[str, float]) -> None:
    judged = judge(stream(**attack))
    assert {one for one, p in zip(NAMES, judged.p[:, 0, -1], strict=True) if p < 0.001} == {name}
    assert last(judged) < 0.003


def test_everyday_days_are_no_alarm_and_what_was_expected_is_told() -> None:
    judged = judge(stream())
    assert np.nanmin(judged.combined) > 0.5
    assert judged.expected[NAMES.index("new_accounts"), 0, -1] == pytest.approx(5, abs=0.5)


def test_a_surge_of_three_times_the_flags_that_hang_together_as_always_is_no_alarm() -> None:
    organic = dict.fromkeys(("targeted", "aged", "keyed", "timed"), 360) | {"reported": 90, "traced": 90}
    judged = judge(stream(**organic, target_pairs=180, young=15, copies=36, burst=14, reporter_pairs=36, co_reports=18))
    assert last(judged) > 0.5


def test_a_day_is_judged_by_the_days_before_it_alone() -> None:
    signals = stream(young=45)
    later = changed(signals, young=np.where(np.arange(DAYS) > 40, 100.0, signals.young))
    assert judge(later).combined[0, :41] == pytest.approx(judge(signals).combined[0, :41], nan_ok=True)


def test_nothing_is_judged_before_seven_clean_days_and_the_guard_and_a_judgement_is_settled_after_21() -> None:
    judged = judge(stream())
    assert np.isfinite(judged.combined[0]).nonzero()[0][0] == 10
    assert judged.provisional[0].nonzero()[0].tolist() == list(range(10, 24))


def test_a_signal_that_no_flag_can_tell_leaves_the_others_to_judge() -> None:
    missing = np.full((1, DAYS), np.nan)
    judged = judge(changed(stream(young=45), timed=np.zeros((1, DAYS)), burst=missing))
    assert np.isnan(judged.p[NAMES.index("burst")]).all()
    assert last(judged) == pytest.approx(5 * judged.p[NAMES.index("new_accounts"), 0, -1])


def test_a_day_with_fewer_than_ten_flags_that_tell_is_not_judged_by_them() -> None:
    judged = judge(stream(aged=9, young=9))
    assert np.isnan(judged.p[NAMES.index("new_accounts"), 0, -1])


def test_fewer_pairs_than_five_flags_make_are_no_evidence() -> None:
    never = np.zeros((1, DAYS))
    few, enough = never.copy(), never.copy()
    few[0, -1], enough[0, -1] = 9, 12
    place = NAMES.index("co_reports")
    assert judge(changed(stream(), co_reports=few)).p[place, 0, -1] == 1.0
    assert judge(changed(stream(), co_reports=enough)).p[place, 0, -1] < 0.01


def test_a_day_that_is_missing_is_neither_judged_nor_a_baseline() -> None:
    gaps = np.arange(DAYS) % 3 == 0
    blank = {one.name: np.where(gaps, np.nan, 1.0) for one in fields(Signals)}
    signals = stream(young=45)
    judged = judge(Signals(**{name: getattr(signals, name) * blank[name] for name in blank}))
    assert np.isnan(judged.combined[0, gaps]).all()
    assert np.isfinite(judged.combined[0, 14:][~gaps[14:]]).all()
    assert last(judged) < 0.003


def test_an_excluded_attack_does_not_hide_the_next() -> None:
    attack = np.isin(np.arange(DAYS), (*range(30, 45), DAYS - 1))
    signals = changed(stream(), young=np.where(attack, 14.0, stream().young))
    excluded = np.isin(np.arange(DAYS), range(30, 45))[None]
    assert last(judge(signals, excluded)) < last(judge(signals)) / 2


def test_own_alarms_stay_out_of_the_baseline_for_two_weeks_running() -> None:
    raised = np.where(np.arange(120) >= 50, 60.0, np.tile(stream().copies[0, :1], 120))
    signals = changed(stream(days=120), copies=raised[None])
    judged = judge(signals)
    assert (judged.combined[0, 50:67] < 1e-4).all()
    assert (judged.combined[0, 90:] > 0.05).all()


def test_a_new_day_alone_is_judged_as_in_a_replay() -> None:
    signals = changed(stream(2, days=90), young=np.where(np.arange(90) >= 60, 45.0, stream(2, days=90).young))
    replay = judge(signals)
    alone = judge(signals, first=89, alarmed=replay.alarmed)
    assert alone.combined[:, 89] == pytest.approx(replay.combined[:, 89])
    assert np.isnan(alone.combined[:, :89]).all()
    assert (alone.alarmed == replay.alarmed).all()


def test_the_combined_p_is_the_smallest_times_how_many_there_are() -> None:
    p = np.array([[0.001, np.nan, 0.4, np.nan], [0.5, 0.02, 0.9, np.nan], [0.3, 0.5, 0.8, np.nan]])
    assert combine(p) == pytest.approx(np.array([0.003, 0.04, 1.0, np.nan]), nan_ok=True)


def test_no_days_and_no_series_are_no_error() -> None:
    assert judge(stream(days=1)).combined.tolist() == [[pytest.approx(np.nan, nan_ok=True)]]
    assert judge(stream(series=0)).combined.shape == (0, DAYS)
