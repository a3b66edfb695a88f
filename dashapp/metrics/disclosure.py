"""What is not told of single people.

Counts of a person are told in steps: whenever as many more have come in as a small group has, the count goes up by so
many. It goes up on a day, and what is told of any window is the sum of the steps on its days. So all windows together
tell no more than on which days the steps are, however they begin and end; where each window were rounded by itself,
their differences would tell the count of every day. Steps are counted anew from the first day of every period, and a
step is told on the first day by which a small group of reports of all people came in since the last day of which any
could be told: else the exact total of a quiet day would tell whose its only report is. What is left of the exact
totals then belongs to nobody in particular.

Whoever has no step in a question is left out of its answer, or makes it a refusal where picked out by name. How many
are left out is not told either: with one of them, the rest would be theirs. Each part of a person's cases has steps of
its own, also each of several values that a question is filtered by, so that these cannot be put together otherwise.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

from dashapp.domain.ask import Ask, Grain, Window, to_filters
from dashapp.domain.vocabulary import NOT_GIVEN, Dim
from dashapp.metrics.measurement import Measurement
from dashapp.metrics.pool import NOTHING, Groups, Point, Pooling, Sums, ranked
from dashapp.metrics.registry import PERSONS
from dashapp.metrics.steps import Steps, coarse
from dashapp.store.attribution import Leading

MOST_NAMED = 5_000
"""People that a question picks out by name: beyond, it reads all of them."""


def told_of_people(answer: Measurement, pooling: Pooling, sums_of: Callable[[Ask], Sums], steps: Steps) -> Measurement:
    """The answer to a question that names a dimension of people, from the sums that its like has."""
    metric, ask, least = answer.metric, answer.ask, steps.least

    def points(asked: Ask) -> list[Point]:
        return replace(pooling, ask=by_person(asked)).points(stepped(asked, sums_of, steps))

    whole = replace(ask, grain=Grain.WHOLE, by=(), trailing=1)
    if picked(ask):
        each = points(whole)
        if too_few(whole, each):
            reason = f"Of one person, fewer than {least} {metric.unit} are not told."
            return replace(answer, error=reason, refused=True)
        total = next(iter(told(whole, each)), pooling.total({}))
    else:
        total = pooling.total(sums_of(whole))
    shown = told(ask, points(ask))
    ordered = tuple(ranked(shown)) if metric.whole.intersection(ask.by) else shown
    return replace(answer, points=ordered, total=total, rounded_to=least)


def stepped(ask: Ask, sums_of: Callable[[Ask], Sums], steps: Steps) -> Sums:
    """The sums of `by_person(ask)` by day: of people in steps, of what names nobody as they are."""
    split, since = by_person(ask).by, steps.begin(ask.reach.since)
    fine = Ask(Window(since, ask.window.until), Grain.DAY, split, ask.filters)
    blocks = {group: list(steps.blocks(days)) for group, days in _of_all(fine, sums_of).items()}
    found: Sums = {}
    for group, days in sums_of(_of_many(fine, sums_of, steps.least)).items():
        if not _names(split, group):
            found[group] = days
        elif sum(n for n, _ in days.values()) >= steps.least:
            found[group] = steps.of(days, blocks.get(_unnamed(split, group), ()))
    return {group: days for group, days in found.items() if days}


def _of_many(fine: Ask, sums_of: Callable[[Ask], Sums], least: int) -> Ask:
    """The question about those only who can have a step: most people may have a case or two, and nobody needs to read
    each of their days.
    """
    people = [dim for dim in fine.by if dim in PERSONS]
    if len(people) != 1:
        return fine
    place, cases = fine.by.index(people[0]), Counter[str]()
    for group, days in sums_of(replace(fine, grain=Grain.WHOLE)).items():
        cases[group[place]] += int(sum(n for n, _ in days.values()))
    asked = fine.chosen(people[0])
    names = {name for name, n in cases.items() if n >= least or name == NOT_GIVEN}
    if not names or len(names) > MOST_NAMED:
        return fine
    return replace(
        fine, filters=to_filters({**dict(fine.filters), people[0]: tuple(sorted(names.intersection(asked or names)))})
    )


def _of_all(fine: Ask, sums_of: Callable[[Ask], Sums]) -> Sums:
    """What all people together have by day, without the cases that name nobody: this is known exactly to who asks."""
    others = tuple(dim for dim in fine.by if dim not in PERSONS)
    filters = {dim: values for dim, values in fine.filters if dim not in PERSONS}
    every = replace(fine, by=others, filters=to_filters(filters))
    nobody = replace(every, filters=to_filters({**filters, **dict.fromkeys(PERSONS & fine.dims, (NOT_GIVEN,))}))
    without = sums_of(nobody)
    return {
        group: {day: (n - without.get(group, {}).get(day, NOTHING)[0], 0) for day, (n, _) in days.items()}
        for group, days in sums_of(every).items()
    }


def by_person(ask: Ask) -> Ask:
    """The question split by every dimension of people that it names, and of whose values it is filtered by several,
    after those that it is split by.
    """
    several = {dim for dim, values in ask.filters if len(values) > 1}
    return replace(ask, by=(*ask.by, *sorted((PERSONS & ask.dims | several) - set(ask.by))))


def _names(split: Sequence[Dim], group: Groups) -> bool:
    """Whether a group is of a person."""
    return any(dim in PERSONS and value != NOT_GIVEN for dim, value in zip(split, group, strict=True))


def _unnamed(split: Sequence[Dim], group: Groups) -> Groups:
    """A group without whose it is."""
    return tuple(value for dim, value in zip(split, group, strict=True) if dim not in PERSONS)


def told(ask: Ask, points: Iterable[Point]) -> tuple[Point, ...]:
    """The points of `by_person(ask)` as the question is split, without those that come to nothing."""
    first: dict[tuple[object, Groups], Point] = {}
    sums = Counter[tuple[object, Groups]]()
    for point in points:
        place = point.bucket, point.groups[: len(ask.by)]
        first.setdefault(place, point)
        sums[place] += point.n
    return tuple(first[place]._replace(groups=place[1], value=n, n=n) for place, n in sums.items() if n)


def picked(ask: Ask) -> tuple[Dim, ...]:
    """The dimensions of people that the question is filtered by."""
    return tuple(sorted(dim for dim in PERSONS if ask.chosen(dim)))


def too_few(ask: Ask, points: Iterable[Point]) -> bool:
    """Whether the question names anybody without a step, perhaps without any case: which of the two is not told. The
    points are those of `by_person` of the question about the whole, which have a point of whoever has any.
    """
    split, shown = by_person(ask).by, set[tuple[Dim, str]]()
    for point in points:
        if point.n:
            shown.update(zip(split, point.groups, strict=True))
    return any((dim, name) not in shown for dim in picked(ask) for name in set(ask.chosen(dim)) - {NOT_GIVEN})


def unnamed(leading: Leading, least: int) -> Leading:
    """The busiest without their keys, each with their flags rounded down, as far as that leaves any; rounded down, too,
    is how many flags there are and of how many: of one alone it would be theirs.
    """
    of, different = coarse(leading.of, least), coarse(leading.different, least)
    counts = [coarse(one.flags, least) for one in leading.first]
    told = zip(leading.first, counts, strict=True)
    return Leading(of, different, tuple(replace(one, key=None, flags=n, share=n / of) for one, n in told if n))


def pseudonyms(by: Sequence[Dim], group: Sequence[str]) -> tuple[str, ...]:
    """A group in which reviewers go by a short hash of their id."""
    return tuple(
        f"reviewer {sha256(value.encode()).hexdigest()[:6]}" if dim is Dim.REVIEWER and value != NOT_GIVEN else value
        for dim, value in zip(by, group, strict=True)
    )
