"""Streams of flags that are drawn to try signals of coordination on: everyday ones, and attacks of five kinds."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from dashapp.stats.traces import Floats, Ints, Traces

DAY = 86400.0
PEOPLE, CONTENTS = 20_000, 60_000
HOURS = np.array((22, 17, 13, 10, 9, 10, 14, 22, 32, 40, 45, 48, 50, 51, 50, 50, 52, 55, 60, 64, 64, 58, 46, 32))
"""Flags by hour of the day, in any unit."""
YOUNG = 0.04
"""Mean share of new accounts."""


class Habits(NamedTuple):
    """How unlike each other everyday days are."""

    name: str
    heaps: float
    """Accounts that flags pile up on, a day at 100 flags a day."""
    last: float
    """The chance that a heap ends with a flag, so that it has one over this on average, and one more."""
    steadiness: float
    """Size of the beta distribution that each day's share of new accounts is drawn from."""


EVEN = Habits("even", 0.0, 1.0, 1e6)
"""All days draw from the same people, accounts and contents."""
UNEVEN = Habits("uneven", 0.6, 0.35, 60.0)
"""Flags pile up on somebody on most days, and the share of new accounts is twice its mean on one day in thirteen."""

Attack = Callable[[Generator, int], Traces]


def usual(rng: Generator, days: Ints, habits: Habits) -> Traces:
    """Everyday flags, so many each day; the day is the cell."""
    cell = np.repeat(np.arange(len(days)), days)
    n = len(cell)
    shares = rng.beta(YOUNG * habits.steadiness, (1 - YOUNG) * habits.steadiness, len(days))
    moment = _moments(rng, n)
    born = moment - np.where(rng.random(n) < shares[cell], DAY, 10 * DAY)
    target = _heaped(rng, (PEOPLE * rng.random(n) ** 2.2).astype(np.int64), days, habits)
    reporter = (PEOPLE * rng.random(n) ** 2).astype(np.int64)
    return Traces(cell, moment, target, born, reporter, (CONTENTS * rng.random(n) ** 3).astype(np.int64))


def _heaped(rng: Generator, target: Ints, days: Ints, habits: Habits) -> Ints:
    """The accounts, some of a day's flags moved to one of them."""
    day = np.repeat(np.arange(len(days)), rng.poisson(habits.heaps * days / 100))
    sizes = rng.geometric(habits.last, len(day)) + 1
    begins = np.cumsum(days) - days
    for first, many, size in zip(begins[day], days[day], sizes, strict=True):
        target[first + rng.integers(0, many, size)] = rng.integers(0, PEOPLE)
    return target


def _moments(rng: Generator, n: int) -> Floats:
    """Seconds of a day, by its hours."""
    shares = np.concatenate([[0], np.cumsum(HOURS)]) / HOURS.sum()
    return np.asarray(np.interp(rng.random(n), shares, np.arange(25) * 3600.0))


def organic_surge(rng: Generator, n: int) -> Traces:
    """More of the same, from many people."""
    return usual(rng, np.array([n]), EVEN)


def brigade(rng: Generator, n: int) -> Traces:
    """Eighty members of a group report four accounts within an evening."""
    evening = rng.uniform(18 * 3600, 22 * 3600, n)
    target, reporter = PEOPLE + rng.integers(0, 4, n), PEOPLE + rng.integers(0, 80, n)
    return organic_surge(rng, n)._replace(target=target, moment=evening, reporter=reporter)


def botnet(rng: Generator, n: int) -> Traces:
    """Sixty accounts of two days post four texts, all day."""
    drawn = organic_surge(rng, n)
    target, content = PEOPLE + rng.integers(0, 60, n), CONTENTS + rng.integers(0, 4, n)
    return drawn._replace(target=target, born=drawn.moment - 2 * DAY, content=content)


def aged_bots(rng: Generator, n: int) -> Traces:
    """Sixty old accounts, bought, post six texts, all day."""
    target, content = PEOPLE + rng.integers(0, 60, n), CONTENTS + rng.integers(0, 6, n)
    return organic_surge(rng, n)._replace(target=target, content=content)


def reporter_abuse(rng: Generator, n: int) -> Traces:
    """Five people report whatever they see."""
    return organic_surge(rng, n)._replace(reporter=PEOPLE + rng.integers(0, 5, n))


ATTACKS: tuple[Attack, ...] = (brigade, botnet, aged_bots, reporter_abuse, organic_surge)


def joined(parts: Sequence[Traces]) -> Traces:
    """All flags of all parts."""
    return Traces._make(np.concatenate(columns) for columns in zip(*parts, strict=True))


def part(traces: Traces, which: NDArray[np.bool_]) -> Traces:
    """Some of the flags."""
    return Traces._make(column[which] for column in traces)
