"""What categories and teams are called in a summary, which may leave the house: nothing that an origin wrote freely."""

import re
from collections.abc import Iterable, Mapping, Sequence

from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import CLOSED, NOT_GIVEN, Dim, Feed, label
from dashapp.metrics.words import day, days
from dashapp.store.reads import Value, values_of
from dashapp.summary.scope import Scope

TAXONOMY = frozenset(
    {
        *("animal_cruelty", "bullying", "child_safety", "copyright", "counterfeit", "csam", "doxxing", "drugs"),
        *("extremism", "fraud", "graphic_violence", "harassment", "hate", "hate_speech", "impersonation", "malware"),
        *("misinformation", "nudity", "phishing", "privacy", "regulated_goods", "scam", "self_harm", "sexual_content"),
        *("spam", "suicide", "terrorism", "threats", "trafficking", "violence", "weapons"),
    }
)
"""Categories that go by name."""

PLAIN = re.compile("[A-Za-z]{1,20}([ _-]([A-Za-z]{1,20}|[0-9]{1,3}))?")
"""Names of teams that are told: the people who run the queue gave them, but they are no place for sentences."""


def category_names(scope: Scope, values: Iterable[str]) -> dict[str, tuple[str, str]]:
    """What each category is called in a fact's key and in words. One that the taxonomy does not know goes by the number
    that the store gave it.
    """
    numbers = _numbers(scope, Dim.CATEGORY, values)
    return {
        value: (value, label(value)) if value in TAXONOMY else (f"category_{number}", f"category {number}")
        for value, number in numbers.items()
    }


def category_name(scope: Scope, value: str | None) -> str:
    """What a category is called in words; none stands for all of them."""
    return "all categories" if value is None else category_names(scope, [value])[value][1]


def team_names(scope: Scope, values: Iterable[str]) -> dict[str, tuple[str, str]]:
    """What each team is called in a fact's key and in words."""
    return {
        value: (f"team_{number}", _team(value, number)) for value, number in _numbers(scope, Dim.TEAM, values).items()
    }


def _team(value: str, number: int) -> str:
    if value == NOT_GIVEN:
        return "no team"
    return value.replace("_", " ") if PLAIN.fullmatch(value) else f"team {number}"


def filter_names(scope: Scope) -> str:
    """What the filters of a summary are in words, values that an origin wrote by the numbers that the store gave them;
    empty without any.
    """
    return "; ".join(
        f"{label(dim).lower()} {' or '.join(_chosen(scope, dim, values))}" for dim, values in scope.filters
    )


def _chosen(scope: Scope, dim: Dim, values: Iterable[str]) -> list[str]:
    """The values of one filter. Of an origin it is told by whom, not by what name, in the order of the names."""
    if dim is Dim.ORIGIN:
        order = [origin.name for origin in scope.desk.origins()]
        return [f"no. {order.index(value) + 1}" if value in order else "unknown" for value in values]
    if dim in CLOSED:
        return [label(value) for value in values]
    known = {value.value: value.position + 1 for value in _values(scope, dim)}
    return [_value(dim, value, known.get(value)) for value in values]


def _value(dim: Dim, value: str, number: int | None) -> str:
    if value == NOT_GIVEN or (dim is Dim.CATEGORY and value in TAXONOMY):
        return label(value)
    if dim is Dim.TEAM and PLAIN.fullmatch(value):
        return value.replace("_", " ")
    return "unknown" if number is None else f"no. {number}"


def _numbers(scope: Scope, dim: Dim, values: Iterable[str]) -> Mapping[str, int]:
    """The store's number of each value; values that it has not numbered yet come after those that it has."""
    numbers = {value.value: value.position + 1 for value in _values(scope, dim)}
    for value in sorted(values):
        numbers.setdefault(value, max(numbers.values(), default=0) + 1)
    return {value: numbers[value] for value in values}


def _values(scope: Scope, dim: Dim) -> Sequence[Value]:
    return values_of(scope.desk.connection, scope.names(Feed.ANY)).get(dim, [])


def twice(text: str) -> tuple[str, str]:
    """The value and the text of a fact that is a name or a date."""
    return text, text


def stretch(window: Window) -> str:
    """Days as they are told: one of them, or from the first to the last."""
    return day(window.since) if window.length == 1 else days(window.since, window.until)
