"""The families of clean series: what is expected of each day, and how counts scatter about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

SERIES = 6
"""Of one simulation, as of a platform with six categories."""
DAYS = 120
KEPT = 0.7
"""Of a wandering level from one day to the next."""
WEEKDAY = np.arange(DAYS) % 7


@dataclass(frozen=True)
class Noise:
    """Scatter of the counts of one simulation: a standard deviation of so many times the mean, of a normal
    distribution, or of a negative binomial one and then beyond Poisson's.
    """

    variation: float
    normal: bool

    def variance(self, mean: Numbers) -> Numbers:
        """Of the counts; those of the normal distribution are rounded."""
        return (self.variation * mean) ** 2 + (1 / 12 if self.normal else mean)

    def draw(self, random: Generator, mean: Numbers) -> Numbers:
        """Counts with this mean."""
        if self.normal:
            return np.array(np.round(np.maximum(random.normal(mean, self.variation * mean), 0.0)), dtype=np.float64)
        size = self.variation**-2
        return np.array(random.poisson(random.gamma(size, mean / size)), dtype=np.float64)


class Course(NamedTuple):
    """What is expected of each day, (series, days), and the days from which a series' level or weekdays are others."""

    mean: Numbers
    stepped: Mask


@dataclass(frozen=True)
class Family:
    """A way in which series behave: course, noise, and the share of days without data or with a lost one."""

    name: str
    told: str
    """What is special about it, for the reader."""
    course: Callable[[Generator], Course]
    noise: Callable[[Generator], Noise]
    missing: float = 0.0
    lost: float = 0.0
    campaigns: bool = False
    """Whether its attacks are long and recurring ones."""


def mild(random: Generator) -> Noise:
    """A variation of a twentieth to a quarter, either distribution."""
    return Noise(random.uniform(0.05, 0.25), bool(random.random() < 0.5))


def heavy(random: Generator) -> Noise:
    """A variation of a third to two thirds."""
    return Noise(random.uniform(0.35, 0.65), normal=False)


def level(random: Generator) -> Numbers:
    """The series' usual counts a day: 8 to 1,500, evenly over orders of magnitude."""
    return np.exp(random.uniform(np.log(8), np.log(1500), (SERIES, 1)))


def weekdays(random: Generator) -> Numbers:
    """A factor for each day; weekdays differ by little, some or much in all series of a simulation."""
    return weekday_factors(random, random.choice([0.05, 0.2, 0.4]))


def weekday_factors(random: Generator, size: float) -> Numbers:
    """A factor for each day: its weekday's, whose logarithm has this standard deviation."""
    return np.exp(random.normal(0.0, size, (SERIES, 7))[:, WEEKDAY])


def trend(random: Generator) -> Numbers:
    """Growth or decline, with a standard deviation of 15 % in four weeks."""
    return np.exp(random.normal(0.0, 0.15, (SERIES, 1)) * (np.arange(DAYS) - DAYS / 2) / 28)


def wandering(random: Generator, size: float = 0.1) -> Numbers:
    """In half of the simulations a level that wanders: autoregressive, its logarithm with this standard deviation."""
    if random.random() < 0.5:
        return np.ones((SERIES, DAYS))
    state = random.normal(0.0, size, SERIES)
    path = np.empty((SERIES, DAYS))
    for day in range(DAYS):
        state = KEPT * state + random.normal(0.0, size * np.sqrt(1 - KEPT**2), SERIES)
        path[:, day] = state
    return np.exp(path)


def steady(mean: Numbers) -> Course:
    """Means without a step."""
    return Course(mean, np.zeros(mean.shape, dtype=bool))


def log_linear(random: Generator) -> Course:
    """Level x trend x weekday x wandering level."""
    return steady(level(random) * trend(random) * weekdays(random) * wandering(random))


def additive(random: Generator) -> Course:
    """Level plus weekday offsets plus a slow wave plus a straight trend."""
    offsets = random.uniform(-0.35, 0.35, (SERIES, 7))[:, WEEKDAY]
    days = np.arange(DAYS)
    period, phase = random.uniform(40, 120, (SERIES, 1)), random.uniform(0, 2 * np.pi, (SERIES, 1))
    wave = random.uniform(0.0, 0.25, (SERIES, 1)) * np.sin(2 * np.pi * days / period + phase)
    slope = random.normal(0.0, 0.15, (SERIES, 1)) * (days - DAYS / 2) / DAYS
    return steady(level(random) * np.maximum(1 + offsets + wave + slope, 0.15))


def regimes(random: Generator) -> Course:
    """As log-linear, with a lasting step of the level in one of five series and, in half of the simulations, other
    weekdays from some day on.
    """
    days = np.arange(DAYS)
    steps = random.choice([-1, 1], (SERIES, 1)) * random.uniform(0.3, 0.7, (SERIES, 1))
    steps_at_all, step = random.random((SERIES, 1)) < 0.2, random.integers(20, DAYS - 10, (SERIES, 1))
    before, after = weekdays(random), weekdays(random)
    changes_at_all, change = random.random() < 0.5, random.integers(45, 90)
    shape = np.where(changes_at_all & (days >= change), after, before)
    height = np.exp(steps_at_all * (days >= step) * steps)
    mean = level(random) * trend(random) * wandering(random) * shape * height
    return Course(mean, (steps_at_all & (days == step)) | (changes_at_all & (days == change)))


FAMILIES = (
    Family("log-linear", "level x trend x weekday, in half of the simulations a wandering level", log_linear, mild),
    Family("additive", "weekday offsets, a slow wave and a straight trend add up", additive, mild),
    Family("regimes", "levels step and stay; the weekday pattern changes", regimes, mild),
    Family("overdispersed", "log-linear; counts vary by a third to two thirds of their mean", log_linear, heavy),
    Family(
        "gaps", "log-linear; 8 % of days missing, a week's gap in half, 1 % lost: zero", log_linear, mild, 0.08, 0.01
    ),
    Family(
        "campaigns", "log-linear; attacks of weeks, weekly attacks, twenty-fold ones", log_linear, mild, campaigns=True
    ),
)
