from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashapp.stats.traces import NOT_SAID, Traces, counted

CELLS = 3
Flag = tuple[int, float | None, int, float | None, int, int]
"""Cell, moment, target, days of the account's age, reporter, content."""

numbers = st.sampled_from((NOT_SAID, 0, 1, 2))
moments = st.sampled_from((None, 0.0, 1.5, 600.0, 899.9, 900.0, 3600.0, 3601.0, 80_000.0))
ages = st.sampled_from((None, -1.0, 0.0, 6.99, 7.0, 400.0))
flags = st.lists(st.tuples(st.integers(0, CELLS - 1), moments, numbers, ages, numbers, numbers), max_size=25)


def traces(drawn: list[Flag]) -> Traces:
    cell, moment, target, age, reporter, content = zip(*drawn, strict=True) if drawn else ((),) * 6
    at = np.array([np.nan if one is None else one for one in moment], dtype=np.float64)
    born = at - 86400 * np.array([np.nan if one is None else one for one in age], dtype=np.float64)
    whole = (np.array(one, dtype=np.int64) for one in (cell, target, reporter, content))
    first, *keys = whole
    return Traces(first, at, keys[0], born, keys[1], keys[2])


def plain(drawn: list[Flag], cell: int) -> dict[str, float | None]:
    """The statistics of a cell by the words of their definitions; None where no flag can tell."""
    here = [flag for flag in drawn if flag[0] == cell]
    pairs = list(combinations(here, 2))
    timed = [flag for flag in here if flag[1] is not None]
    traced = [flag for flag in timed if flag[2] != NOT_SAID and flag[4] != NOT_SAID]
    contents = [flag[5] for flag in here if flag[5] != NOT_SAID]
    aged = [flag for flag in timed if flag[3] is not None]
    seconds = [int(flag[1] or 0) for flag in timed]
    told = {
        "targeted": sum(flag[2] != NOT_SAID for flag in here),
        "target_pairs": sum(a[2] == b[2] != NOT_SAID for a, b in pairs),
        "aged": len(aged),
        "young": sum((flag[3] or 0) < 7 for flag in aged),
        "keyed": len(contents),
        "copies": sum(contents.count(one) >= 3 for one in contents),
        "timed": len(timed),
        "burst": max((sum(0 <= b - a < 900 for b in seconds) for a in seconds), default=0),
        "reported": sum(flag[4] != NOT_SAID for flag in here),
        "reporter_pairs": sum(a[4] == b[4] != NOT_SAID for a, b in pairs),
        "traced": len(traced),
        "co_reports": sum(
            a[2] == b[2] and a[4] != b[4] and abs(int(a[1] or 0) - int(b[1] or 0)) <= 3600
            for a, b in combinations(traced, 2)
        ),
    }
    names = list(told)
    of = dict(zip(names[1::2], names[::2], strict=True))
    return {name: None if name in of and told[of[name]] == 0 else value for name, value in told.items()}


@settings(max_examples=300, deadline=None, database=None)
@given(flags)
def test_the_statistics_are_what_their_definitions_say(drawn: list[Flag]) -> None:
    columns = counted(traces(drawn), CELLS)
    for cell in range(CELLS):
        found = {name: None if np.isnan(values[cell]) else values[cell] for name, values in columns.items()}
        assert found == plain(drawn, cell)


def test_a_brigade_of_four_against_one_account_within_the_hour_is_six_pairs() -> None:
    drawn: list[Flag] = [(0, 60.0 * n, 7, 400.0, n, n) for n in range(4)]
    columns = counted(traces(drawn), 1)
    assert columns["co_reports"].tolist() == [6]
    assert columns["target_pairs"].tolist() == [6]
    assert columns["reporter_pairs"].tolist() == [0]
    assert columns["burst"].tolist() == [4]


def test_days_far_apart_do_not_mix() -> None:
    drawn: list[Flag] = [(0, 0.0, 0, 1.0, 0, 0), (1, 3.0e9, 0, 1.0, 1, 0), (1, 3.0e9 + 5, 0, 1.0, 2, 0)]
    assert counted(traces(drawn), 2)["co_reports"] == pytest.approx([0, 1])
