"""The steps in which counts of people are told, and from when they are counted; metrics.disclosure says why."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from dashapp.domain.ask import Ask
from dashapp.metrics.desk import Desk
from dashapp.metrics.pool import NOTHING, Pair
from dashapp.metrics.registry import PERSONS

Days = Mapping[date, Pair]


@dataclass(frozen=True)
class Steps:
    """How counts of people become steps: of how many, counted from when, on which covered days."""

    least: int
    begin: Callable[[date], date]
    covered: Collection[date]

    def blocks(self, of_all: Days) -> Iterator[tuple[date, Sequence[date]]]:
        """The days after which something may be told: in each of these stretches, which do not touch the next period, a
        small group of all people's cases came in. Each with the day that its period begins.
        """
        for period, covered in groupby(sorted(self.covered), key=self.begin):
            days, cases = list[date](), 0.0
            for day in covered:
                days.append(day)
                cases += of_all.get(day, NOTHING)[0]
                if cases >= self.least:
                    yield period, days
                    days, cases = [], 0

    def of(self, counts: Days, blocks: Iterable[tuple[date, Sequence[date]]]) -> dict[date, Pair]:
        """The steps of one person by day."""
        period, found, level = None, dict[date, Pair](), 0
        for begun, days in blocks:
            level, period = level if begun == period else 0, begun
            before = coarse(level, self.least)
            level += sum(int(counts[day][0]) for day in days if day in counts)
            if step := coarse(level, self.least) - before:
                found[days[-1]] = (step, 0)
        return found


def coarse(n: int, least: int) -> int:
    """The steps that a count has made."""
    return n // least * least


def in_steps(desk: Desk, ask: Ask) -> bool:
    """Whether a question is about people, whose counts are told in steps."""
    return desk.policy.small_group > 1 and not PERSONS.isdisjoint(ask.dims)


def steps_at(desk: Desk, covered: Collection[date]) -> Steps:
    """The steps of people on covered days."""
    return Steps(desk.policy.small_group, lambda day: begin_at(desk, day), covered)


def begin_at(desk: Desk, day: date) -> date:
    """The day from which the steps are counted that are on a day."""
    return begin_of(day, monthly=desk.first_open_day is not None)


def begin_of(day: date, *, monthly: bool) -> date:
    """The day from which steps are counted: the first of the quarter or, where rows are not kept for good, of the
    month. It does not depend on the question: else the same day would have other steps in every other one.
    """
    return day.replace(month=day.month if monthly else (day.month - 1) // 3 * 3 + 1, day=1)


def closed_to_people(desk: Desk, ask: Ask) -> str | None:
    """Why a question about people is not answered whose steps are counted from a day that is closed."""
    if desk.first_open_day is None or not in_steps(desk, ask):
        return None
    first = begins_after(desk.first_open_day)
    return (
        f"Of people, days are told of from {first:%-d %B %Y} on, the first month that is kept whole. Choose such days."
    )


def begins_after(day: date) -> date:
    """The first month's begin that is not before a day."""
    return day if day.day == 1 else (day.replace(day=1) + timedelta(days=31)).replace(day=1)
