from datetime import date

import pytest

from dashapp.domain.view import View
from dashapp.metrics.query import cube_for


@pytest.mark.parametrize(
    ("query", "cube"),
    [
        ("by=routing&origin=a&severity=high", "cube_thin"),
        ("by=category&origin=a", "cube_core"),
        ("by=severity&model_version=v1", "cube_core"),
        ("by=model_version&category=spam&severity=high", "cube_core"),
        ("by=model_version&region=EMEA", "cube_region"),
        ("by=category&label=confirmed&model_version=v1", "cube_label"),
    ],
)
def test_a_question_is_read_from_the_smallest_cube_that_knows_its_dimensions(query: str, cube: str) -> None:
    found = cube_for(View.parse(query).ask(date(2024, 3, 1)))
    assert found is not None
    assert found.description == cube


def test_only_the_facts_know_together_two_dimensions_that_have_a_cube_each() -> None:
    assert cube_for(View.parse("by=label&region=EMEA").ask(date(2024, 3, 1))) is None
