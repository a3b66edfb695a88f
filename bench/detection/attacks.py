"""Attacks put into simulated series: where they lie and by what they multiply the counts."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bench.detection.families import DAYS, SERIES, Numbers

FIRST = 30
"""The first day with attacks, and the first that counts: by then each method has the history that it asks for."""
APART = 3
"""Days that two attacks on a series lie apart at least."""
TRIES = 60
STRENGTHS = (1.3, 1.5, 2.0, 3.0, 5.0)


@dataclass(frozen=True)
class Attack:
    """One attack: its cells are `series` x the days `first` to `last`."""

    kind: str
    strength: float
    series: tuple[int, ...]
    first: int
    last: int
    rising: bool = False
    """Whether it grows from day to day up to its strength."""

    @property
    def factors(self) -> Numbers:
        """By what it multiplies the counts of its days."""
        n = self.last - self.first + 1
        return 1 + (self.strength - 1) * (np.arange(1, n + 1) / n if self.rising else np.ones(n))


class Placing:
    """Attacks placed one after another where there is room."""

    def __init__(self, random: Generator) -> None:
        self.random = random
        self.factors = np.ones((SERIES, DAYS))
        self.attacks: list[Attack] = []

    def place(self, kind: str, strength: float, days: int, series: int = 1, *, rising: bool = False) -> None:
        """One more attack at a random place; none where there is no room left."""
        for _ in range(TRIES):
            chosen = tuple(sorted(self.random.choice(SERIES, series, replace=False).tolist()))
            first = int(self.random.integers(FIRST, DAYS - days + 1))
            if self.put(Attack(kind, strength, chosen, first, first + days - 1, rising)):
                return

    def put(self, attack: Attack) -> bool:
        """Add an attack if no other is near, and say whether it was."""
        rows = list(attack.series)
        if (self.factors[rows, max(0, attack.first - APART) : attack.last + APART + 1] > 1).any():
            return False
        self.factors[rows, attack.first : attack.last + 1] = attack.factors
        self.attacks.append(attack)
        return True


def usual(placing: Placing) -> None:
    """Five spikes of one to three days, a ramp over a week and a day or two on several series at once."""
    random = placing.random
    placing.place(
        "several", float(random.choice(STRENGTHS[:4])), int(random.integers(1, 3)), int(random.integers(3, 6))
    )
    placing.place("ramp", float(random.choice(STRENGTHS[2:])), 7, rising=True)
    for _ in range(5):
        placing.place("spike", float(random.choice(STRENGTHS)), int(random.integers(1, 4)))


def campaigns(placing: Placing) -> None:
    """One of two to three weeks, one on the same weekday week after week, one of twenty-fold, and two usual spikes.

    Of a long attack each week is an attack of its own, as is each return of a weekly one: an analyst must be told that
    it goes on.
    """
    random = placing.random
    long, weekly, huge, *rest = random.permutation(SERIES).tolist()
    strength, begins = float(random.choice(STRENGTHS[2:])), int(random.integers(FIRST, DAYS - 21))
    for part in range(random.integers(2, 4)):
        placing.attacks.append(Attack("long", strength, (long,), begins + 7 * part, begins + 7 * part + 6))
    again = float(random.choice(STRENGTHS[2:]))
    placing.attacks.extend(Attack("weekly", again, (weekly,), day, day) for day in _weekly(random))
    day = int(random.integers(FIRST, DAYS - 30))
    placing.attacks.append(Attack("huge", 20.0, (huge,), day, day + 1))
    placing.attacks.append(Attack("after a huge one", 2.0, (huge,), day + 11, day + 11))
    for attack in placing.attacks:
        placing.factors[list(attack.series), attack.first : attack.last + 1] = attack.factors
    for series in rest[:2]:
        first = int(random.integers(FIRST, DAYS - 2))
        placing.put(Attack("spike", float(random.choice(STRENGTHS)), (series,), first, first + 1))


def _weekly(random: Generator) -> Iterator[int]:
    times = int(random.integers(4, 9))
    first = int(random.integers(FIRST, DAYS - 7 * times))
    return iter(range(first, first + 7 * times, 7))


def mask(attacks: list[Attack]) -> NDArray[np.bool_]:
    """The cells (series, days) that are under attack."""
    cells = np.zeros((SERIES, DAYS), dtype=bool)
    for attack in attacks:
        cells[list(attack.series), attack.first : attack.last + 1] = True
    return cells
