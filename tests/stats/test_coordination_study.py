"""A small part of the study of docs/coordination-study.md, with streams of its own."""

import numpy as np
import pytest

from bench.coordination import Streams, cauchy, recalls
from bench.streams import EVEN, UNEVEN, Habits, botnet, brigade, organic_surge
from dashapp.stats.coordination import judge


@pytest.mark.parametrize("habits", [EVEN, UNEVEN], ids=lambda habits: habits.name)
def test_clean_days_alarm_no_more_than_twice_as_often_as_p_says(habits: Habits) -> None:
    p = judge(Streams(1, 60, 120, habits).signals).combined
    known = p[np.isfinite(p)]
    assert len(known) == 60 * 70
    assert np.mean(known < 0.01) < 0.02
    assert np.mean(known < 0.003) < 0.006


def test_attacks_that_add_little_are_found_and_an_organic_surge_is_not() -> None:
    streams = Streams(2, 40, 120, UNEVEN)
    judged = judge(streams.signals)
    found = {attack.__name__: recalls(streams, attack, judged) for attack in (brigade, botnet, organic_surge)}
    assert min(found["brigade"]["smallest of six"][1:]) > 0.7
    assert min(found["botnet"]["smallest of six"][1:]) > 0.9
    assert found["brigade"]["volume alone"][1] < 0.2
    assert max(found["organic_surge"]["smallest of six"]) < 0.05
    assert found["organic_surge"]["volume alone"][3] > 0.9


def test_the_smallest_and_cauchys_p_agree_where_one_signal_stands_out() -> None:
    p = np.full((6, 1), 0.5)
    p[2] = 1e-6
    assert cauchy(p)[0] == pytest.approx(6e-6, rel=0.01)
