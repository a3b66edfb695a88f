import numpy as np
import pytest

from dashapp.metrics.sightings import beside


@pytest.mark.parametrize(
    ("days", "wider"),
    [([1], [1]), ([0, 1], [1, 1]), ([0, 0, 1, 0, 0], [0, 1, 1, 1, 0]), ([1, 0, 0, 0], [1, 1, 0, 0]), ([0, 0], [0, 0])],
    ids=str,
)
def test_days_next_to_days_are_taken_in_however_few_there_are(days: list[int], wider: list[int]) -> None:
    assert beside(np.array(days, dtype=bool)).tolist() == [bool(day) for day in wider]
