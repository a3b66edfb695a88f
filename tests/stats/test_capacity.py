"""The demand bound, held against plain loops over all pairs of moments."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashapp.stats.capacity import Bound, demand_bound

SLAS = st.sampled_from([1, 4, 24, 36, 72])
DAYS = 6


def shift_days(begin: Fraction, end: Fraction, shifts: Sequence[bool]) -> Fraction:
    """Days with a shift between two moments, in days since the first began, hour by hour."""
    hours = range(int(begin * 24), int(end * 24))
    return sum((Fraction(1, 24) for hour in hours if hour // 24 >= len(shifts) or shifts[hour // 24]), Fraction(0))


def plain(arrivals: Mapping[int, Sequence[int]], shifts: Sequence[bool], capacity: int) -> tuple[int | None, Fraction]:
    """The bound and the share that can be decided in time."""
    most, hopeless, total = Fraction(0), 0, sum(sum(counts) for counts in arrivals.values())
    for hours, counts in arrivals.items():
        for day, count in enumerate(counts):
            if not shift_days(Fraction(day), day + 1 + Fraction(hours, 24), shifts):
                hopeless += count
    ends = {day + 1 + Fraction(hours, 24) for hours in arrivals for day in range(len(shifts))}
    for begin in range(len(shifts)):
        for end in ends:
            due = sum(
                count
                for hours, counts in arrivals.items()
                for day, count in enumerate(counts)
                if day >= begin and day + 1 + Fraction(hours, 24) <= end
            )
            days = shift_days(Fraction(begin), end, shifts) if due else Fraction(0)
            most = max(most, due / (capacity * days)) if days else most
    return None if hopeless else math.ceil(most), 1 - Fraction(hopeless, total)


@given(
    st.dictionaries(SLAS, st.lists(st.integers(0, 50), min_size=DAYS, max_size=DAYS), min_size=1, max_size=3),
    st.lists(st.booleans(), min_size=DAYS, max_size=DAYS),
    st.integers(1, 40),
)
def test_it_is_what_plain_loops_over_all_moments_find(
    arrivals: dict[float, list[float]], shifts: list[bool], capacity: int
) -> None:
    found = demand_bound(arrivals, shifts, capacity)
    if not any(map(any, arrivals.values())):
        assert found is None
        return
    assert found is not None
    reviewers, ceiling = plain(arrivals, shifts, capacity)
    assert (found.reviewers, found.ceiling) == (reviewers, pytest.approx(float(ceiling)))


def test_an_even_stream_needs_what_it_brings_a_day_less_what_the_sla_lets_wait() -> None:
    assert demand_bound({24: [100] * 28}, [True] * 28, 10) == Bound(10, 1.0, 0, 27)
    assert demand_bound({24: [100]}, [True], 10) == Bound(5, 1.0, 0, 0)


def test_a_burst_must_be_decided_within_its_sla_and_a_day() -> None:
    counts = [10.0] * 7 + [300.0] + [10.0] * 7
    assert demand_bound({24: counts}, [True] * 15, 10) == Bound(15, 1.0, 7, 7)
    assert demand_bound({72: counts}, [True] * 15, 10) == Bound(8, 1.0, 7, 7)
    assert demand_bound({4: [0] * 7 + [300] + [0] * 7, 72: [10] * 15}, [True] * 15, 10) == Bound(26, 1.0, 7, 7)


def test_days_without_a_shift_are_made_up_for_before_the_sla_is_over() -> None:
    week = [True] * 5 + [False] * 2
    assert demand_bound({72: [70] * 14}, week * 2, 10) == Bound(9, 1.0, 5, 10)


def test_where_no_shift_falls_within_the_sla_no_number_of_reviewers_is_enough() -> None:
    week = [True] * 5 + [False] * 2
    found = demand_bound({4: [10] * 14}, week * 2, 10)
    assert found is not None
    assert (found.reviewers, found.ceiling, found.late) == (None, pytest.approx(12 / 14), (5, 12))


def test_of_nothing_there_is_no_bound() -> None:
    assert demand_bound({24: [0, 0]}, [True, True], 10) is None
    assert demand_bound({}, [], 10) is None
