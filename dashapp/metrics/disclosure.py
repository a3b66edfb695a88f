"""What is not told of single people.

Figures by person are counts over a whole window. Whoever has fewer cases than a small group in a question is left out
of its answer, or makes it a refusal where picked out by name, and all other counts of people are rounded down to a
multiple of the small group, each person's by itself. So two questions that differ in a day or in a filter differ, for
each person, by a multiple of the small group, never by the few cases in between; and what all people together have is
known more exactly than what those have who are told of, so that what is left over tells of nobody. How many are left
out is not told either: with one of them, the rest would be theirs.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

from dashapp.domain.ask import Ask, Grain
from dashapp.domain.vocabulary import NOT_GIVEN, Dim
from dashapp.metrics.measurement import Measurement
from dashapp.metrics.pool import Groups, Point, Pooling, Sums, ranked
from dashapp.metrics.registry import PERSONS
from dashapp.store.attribution import Leading


def told_of_people(answer: Measurement, pooling: Pooling, sums_of: Callable[[Ask], Sums], least: int) -> Measurement:
    """The answer to a question that names a dimension of people, from the sums that its like has."""
    metric, ask = answer.metric, answer.ask

    def points(asked: Ask) -> list[Point]:
        fine = by_person(asked)
        return replace(pooling, ask=fine).points(sums_of(fine))

    whole = replace(ask, grain=Grain.WHOLE, by=(), trailing=1)
    total = pooling.total(sums_of(whole))
    if picked(ask):
        each = points(whole)
        if too_few(ask, each, least):
            reason = f"Of one person, fewer than {least} {metric.unit} are not told."
            return replace(answer, error=reason, refused=True)
        total = next(iter(told(whole, each, least)), total)
    shown = told(ask, points(ask), least)
    ordered = tuple(ranked(shown)) if metric.whole.intersection(ask.by) else shown
    return replace(answer, points=ordered, total=total, rounded_to=least)


def by_person(ask: Ask) -> Ask:
    """The question split by every dimension of people that it names, after those that it is split by."""
    return replace(ask, by=(*ask.by, *sorted(PERSONS & ask.dims - set(ask.by))))


def coarse(n: int, least: int) -> int:
    """A count of a person's as it is told."""
    return n // least * least


def told(ask: Ask, points: Iterable[Point], least: int) -> tuple[Point, ...]:
    """What may be told of the points of `by_person(ask)`: as the question is split, each person's rounded down, and
    without those that come to nothing.
    """
    split = by_person(ask).by
    people = [place for place, dim in enumerate(split) if dim in PERSONS]
    first: dict[tuple[object, Groups], Point] = {}
    sums = Counter[tuple[object, Groups]]()
    for point in points:
        named = any(point.groups[place] != NOT_GIVEN for place in people)
        place = point.bucket, point.groups[: len(ask.by)]
        first.setdefault(place, point)
        sums[place] += coarse(point.n, least) if named else point.n
    return tuple(first[place]._replace(groups=place[1], value=n, n=n) for place, n in sums.items() if n)


def picked(ask: Ask) -> tuple[Dim, ...]:
    """The dimensions of people that the question is filtered by."""
    return tuple(sorted(dim for dim in PERSONS if ask.chosen(dim)))


def too_few(ask: Ask, points: Iterable[Point], least: int) -> bool:
    """Whether the question names anybody with fewer cases than that, or with none: which of the two is not told. The
    points are those of the question split by who is picked alone.
    """
    dims, cases = picked(ask), Counter[tuple[Dim, str]]()
    for point in points:
        for one in zip(dims, point.groups, strict=True):
            cases[one] += point.n
    return any(cases[dim, name] < least for dim in dims for name in set(ask.chosen(dim)) - {NOT_GIVEN})


def unnamed(leading: Leading, least: int) -> Leading:
    """The busiest without their keys, each with their flags rounded down, as far as that leaves any."""
    counts = [coarse(one.flags, least) for one in leading.first]
    told = zip(leading.first, counts, strict=True)
    return replace(leading, first=tuple(replace(one, key=None, flags=n, share=n / leading.of) for one, n in told if n))


def pseudonyms(by: Sequence[Dim], group: Sequence[str]) -> tuple[str, ...]:
    """A group in which reviewers go by a short hash of their id."""
    return tuple(
        f"reviewer {sha256(value.encode()).hexdigest()[:6]}" if dim is Dim.REVIEWER and value != NOT_GIVEN else value
        for dim, value in zip(by, group, strict=True)
    )
