"""What attacks do to the judgement of later days: a probe after a huge attack, a long attack, a weekly one."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from bench.detection.attacks import FIRST
from bench.detection.families import DAYS, SERIES, Noise, Numbers, trend, wandering, weekday_factors
from bench.detection.rivals import Method, scored
from bench.detection.scoring import RATE
from bench.detection.simulate import Purpose, generator

BEGINS = 60
"""The day of the attack, or of the first of the weekly ones."""
HUGE, HUGE_DAYS = 20.0, 2
PROBE, PROBE_AFTER = 2.0, 10
"""The strength of the probe, and the days from the huge attack to it."""
LONG, LONG_DAYS, LONG_ASKED = 5.0, 12, (0, 5, 11)
WEEKLY, WEEKS, WEEKLY_ASKED = 3.0, 8, (0, 21, 49)


@dataclass(frozen=True)
class Contaminated:
    """Recall of single days, at the threshold that 0.3 % of the cells of clean series exceed."""

    probe: float
    control: float
    """Of the same probe with no attack before it."""
    long: tuple[float, ...]
    """On the first, the sixth and the twelfth day."""
    weekly: tuple[float, ...]
    """The first, the fourth and the eighth time."""


@dataclass(frozen=True)
class Platforms:
    """Clean series, (series, days), and their scatter."""

    means: Numbers
    noises: tuple[Noise, ...]

    def counts(self, stream: int, factors: Numbers | float = 1.0) -> Numbers:
        """A draw of counts with attacks that multiply the days by these factors."""
        random = generator(Purpose.CONTAMINATION, stream)
        each = zip(self.noises, self.means.reshape(-1, SERIES, DAYS), strict=True)
        return np.concatenate([noise.draw(random, mean * factors) for noise, mean in each])


def platforms(number: int) -> Platforms:
    """So many platforms of log-linear series of 20 to 300 counts a day."""
    random = generator(Purpose.CONTAMINATION, 0)
    return Platforms(
        np.concatenate([_means(random) for _ in range(number)]), tuple(_noise(random) for _ in range(number))
    )


def contaminated(methods: Mapping[str, Method], number: int) -> dict[str, Contaminated]:
    """What each method makes of the same attacks on so many platforms."""
    asked = platforms(number)
    clean = asked.counts(1)
    control = asked.counts(2, _factors(PROBE, [BEGINS + PROBE_AFTER]))
    probe = asked.counts(3, _factors(PROBE, [BEGINS + PROBE_AFTER]) * _factors(HUGE, range(BEGINS, BEGINS + HUGE_DAYS)))
    long = asked.counts(4, _factors(LONG, range(BEGINS, BEGINS + LONG_DAYS)))
    weekly = asked.counts(5, _factors(WEEKLY, range(BEGINS, BEGINS + 7 * WEEKS, 7)))

    def one(method: Method) -> Contaminated:
        scores = scored(method, clean)[:, FIRST:]
        cut = float(np.nanquantile(scores, 1 - RATE))

        def recall(counts: Numbers, *days: int) -> tuple[float, ...]:
            found = scored(method, counts) > cut
            return tuple(float(found[:, BEGINS + day].mean()) for day in days)

        return Contaminated(
            recall(probe, PROBE_AFTER)[0],
            recall(control, PROBE_AFTER)[0],
            recall(long, *LONG_ASKED),
            recall(weekly, *WEEKLY_ASKED),
        )

    return {name: one(method) for name, method in methods.items()}


def _means(random: Generator) -> Numbers:
    level = np.exp(random.uniform(np.log(20), np.log(300), (SERIES, 1)))
    return level * trend(random) * weekday_factors(random, 0.2) * wandering(random, 0.05)


def _noise(random: Generator) -> Noise:
    """A variation of 15 %, either distribution."""
    return Noise(0.15, normal=bool(random.random() < 0.5))


def _factors(strength: float, days: list[int] | range) -> Numbers:
    factors = np.ones(DAYS)
    factors[list(days)] = strength
    return factors
