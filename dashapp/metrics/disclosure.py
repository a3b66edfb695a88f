"""What is not told of single people: a group that stands for a person is hidden while it is small."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from dashapp.domain.ask import Ask, Grain
from dashapp.domain.vocabulary import NOT_GIVEN, Dim
from dashapp.metrics.pool import Point, Sums

PERSONS = frozenset({Dim.CREATOR})
"""Dimensions of which each value is a person."""


def hidden_small(ask: Ask, points: Iterable[Point], least: int) -> tuple[tuple[Point, ...], int]:
    """The points without those of people with fewer than `least` cases, and how many people that are."""
    told = tuple(points)
    hidden: set[tuple[Dim, str]] = set()
    for place, dim in enumerate(ask.by):
        if dim in PERSONS:
            cases: Counter[str] = Counter()
            for point in told:
                cases[point.groups[place]] += point.n
            hidden |= {(dim, name) for name, n in cases.items() if n < least and name != NOT_GIVEN}
    if not hidden:
        return told, 0
    return tuple(point for point in told if hidden.isdisjoint(zip(ask.by, point.groups, strict=True))), len(hidden)


def of_persons(ask: Ask) -> Iterator[Ask]:
    """What to ask, by person, to know whether a question that picks people out picks one of whom there is little."""
    for dim in PERSONS:
        if picked := set(ask.chosen(dim)) - {NOT_GIVEN}:
            yield replace(ask.where(dim, picked), grain=Grain.WHOLE, by=(dim,), trailing=1)


def too_few(sums: Sums, least: int) -> bool:
    """Whether any of some people, whose sums these are, has cases, but few."""
    cases = [sum(num for num, _ in days.values()) for days in sums.values()]
    return any(0 < n < least for n in cases)


def pseudonyms(by: Sequence[Dim], group: Sequence[str]) -> tuple[str, ...]:
    """A group in which reviewers go by a short hash of their id."""
    return tuple(
        f"reviewer {sha256(value.encode()).hexdigest()[:6]}" if dim is Dim.REVIEWER and value != NOT_GIVEN else value
        for dim, value in zip(by, group, strict=True)
    )
