"""Series have the query string of their groups as names."""

from urllib.parse import parse_qsl

import pytest
from sqlalchemy import Engine

from dashapp.domain.vocabulary import Dim
from dashapp.metrics.looking import name_of
from dashapp.settings import Settings
from tests.weeks import LAST, Look, found, put, put_weeks, rolled_up

BY = (Dim.CATEGORY, Dim.REGION)


@pytest.mark.parametrize(
    ("group", "name"),
    [
        (("spam", "EMEA"), "category=spam&region=EMEA"),
        (("a & b=c", "50 %+"), "category=a+%26+b%3Dc&region=50+%25%2B"),
        (("травля", "東京"), "category=травля&region=東京"),
    ],
)
def test_a_name_says_its_groups_and_no_other(group: tuple[str, str], name: str) -> None:
    assert name_of(BY, group) == name
    assert tuple(value for _, value in parse_qsl(name)) == group


def test_the_longest_names_of_any_script_are_stored(writer: Engine, look: Look, settings: Settings) -> None:
    longest = {"category": "я" * 200, "region": "東" * 200}
    put_weeks(writer, settings)
    put(writer, settings, LAST, 50, **longest)
    rolled_up(writer)
    assert look()["series"] == 3
    assert found(writer) == []
