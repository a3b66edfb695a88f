"""What categories and teams are called in a summary, which may leave the house: nothing that an origin wrote freely."""

import re
from collections.abc import Iterable, Mapping

from dashapp.domain.vocabulary import NOT_GIVEN, Dim, label
from dashapp.metrics import Desk
from dashapp.store.reads import values_of

TAXONOMY = frozenset(
    {
        *("animal_cruelty", "bullying", "child_safety", "copyright", "counterfeit", "csam", "doxxing", "drugs"),
        *("extremism", "fraud", "graphic_violence", "harassment", "hate", "hate_speech", "impersonation", "malware"),
        *("misinformation", "nudity", "phishing", "privacy", "regulated_goods", "scam", "self_harm", "sexual_content"),
        *("spam", "suicide", "terrorism", "threats", "trafficking", "violence", "weapons"),
    }
)
"""Categories that go by name."""

PLAIN = re.compile("[A-Za-z]{1,20}([ _-][A-Za-z]{1,20}){0,2}")
"""Names of teams that are told: the people who run the queue gave them, but they are no place for sentences."""


def category_names(desk: Desk, values: Iterable[str]) -> dict[str, tuple[str, str]]:
    """What each category is called in a fact's key and in words. One that the taxonomy does not know goes by the number
    that the store gave it.
    """
    numbers = _numbers(desk, Dim.CATEGORY, values)
    return {
        value: (value, label(value)) if value in TAXONOMY else (f"category_{number}", f"category {number}")
        for value, number in numbers.items()
    }


def team_names(desk: Desk, values: Iterable[str]) -> dict[str, tuple[str, str]]:
    """What each team is called in a fact's key and in words."""
    return {
        value: (f"team_{number}", _team(value, number)) for value, number in _numbers(desk, Dim.TEAM, values).items()
    }


def _team(value: str, number: int) -> str:
    if value == NOT_GIVEN:
        return "no team"
    return value.replace("_", " ") if PLAIN.fullmatch(value) else f"team {number}"


def _numbers(desk: Desk, dim: Dim, values: Iterable[str]) -> Mapping[str, int]:
    """The store's number of each value; values that it has not numbered yet come after those that it has."""
    known = values_of(desk.connection, desk.default_origins()).get(dim, [])
    numbers = {value.value: value.position + 1 for value in known}
    for value in sorted(values):
        numbers.setdefault(value, max(numbers.values(), default=0) + 1)
    return {value: numbers[value] for value in values}
