"""The short form of `make soak`: many processes share a store and a job due every second."""

import pytest

from bench.durability import new_store
from bench.jobs import observe


@pytest.mark.check(32)
def test_two_masters_of_two_workers_run_each_slot_once_although_those_that_run_are_killed() -> None:
    with new_store() as (url, folder):
        found = observe(url, folder, seconds=16, kill_every=6, workers=2)
    assert (found.missing, found.overlapping, found.unanswered) == (0, 0, 0)
    assert found.taken_over >= 1
    assert found.results >= 1
