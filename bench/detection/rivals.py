"""The methods that are compared: each takes counts (series, days) and gives a score a day, higher for more unusual."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from bench.detection.families import WEEKDAY, Numbers
from bench.detection.simulate import Simulations
from dashapp.stats import outbreak
from dashapp.stats.ears import EARS_LEAST, ears

Method = Callable[[Numbers], Numbers]
Weekday = Literal["none", "ratio", "median"]
Least = Literal["one", "poisson"]

SEASON = 8
"""Weeks behind a weekday's factor."""
SHRINK = 2.0
"""Usual days that a weekday's factor is averaged with."""
TOGETHER = 240
"""Series."""
LONGEST = 14
"""Own alarms running that are dropped at most, as by the default: what lasts is the new normal."""


@dataclass(frozen=True)
class Ears:
    """EARS C2 and what can be done to better it."""

    window: int = 28
    guard: int = 2
    weekday: Weekday = "none"
    drop: float | None = None
    """Score from which a day is no part of later baselines."""
    least: Least = "one"
    """What a standard deviation is at least: 1, or the root of the mean."""

    def __call__(self, counts: Numbers) -> Numbers:
        """Scores in standard deviations, (series, days)."""
        kept, adjusted, scores = counts.copy(), counts.copy(), np.full(counts.shape, np.nan)
        running = np.zeros(len(counts), dtype=np.intp)
        for day in range(counts.shape[1]):
            factor = self.factor(kept, day)
            adjusted[:, day] /= factor
            past = slice(max(0, day - self.guard - self.window), max(0, day - self.guard))
            scores[:, day] = self.score(adjusted[:, day], adjusted[:, past], factor)
            if self.drop is not None:
                alarm = scores[:, day] > self.drop
                running = np.where(alarm, running + 1, 0)
                out = alarm & (running <= LONGEST)
                kept[out, day] = adjusted[out, day] = np.nan
        return scores

    def factor(self, kept: Numbers, day: int) -> Numbers:
        """How many times the usual count the weekday of a day has had, (series,)."""
        if self.weekday == "none" or day < 7 + self.guard:
            return np.ones(len(kept))
        end = day - self.guard
        past = kept[:, max(0, end - 7 * SEASON) : end]
        same = past[:, WEEKDAY[max(0, end - 7 * SEASON) : end] == WEEKDAY[day]]
        middle = mean_known if self.weekday == "ratio" else median_known
        usual = np.maximum(middle(past), 0.5)
        n = np.isfinite(same).sum(axis=1)
        own = np.where(n > 0, middle(same), 0.0)
        return np.asarray(np.maximum((n * own + SHRINK * usual) / ((n + SHRINK) * usual), 0.05))

    def score(self, today: Numbers, past: Numbers, factor: Numbers) -> Numbers:
        """Standard deviations of a day above its baseline, NaN where too little is known."""
        known = np.isfinite(past)
        n = known.sum(axis=1)
        mean = np.where(known, past, 0.0).sum(axis=1) / np.maximum(n, 1)
        squares = (np.where(known, past - mean[:, None], 0.0) ** 2).sum(axis=1)
        floor = 1.0 if self.least == "one" else np.sqrt(np.maximum(mean / factor, 0.25))
        deviation = np.maximum(np.sqrt(squares / np.maximum(n - 1, 1)), floor)
        return np.where(n >= EARS_LEAST, (today - mean) / deviation, np.nan)


def mean_known(values: Numbers) -> Numbers:
    """The mean of each row over what is known in it, 0 of nothing."""
    known = np.isfinite(values)
    return np.asarray(np.where(known, values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))


def median_known(values: Numbers) -> Numbers:
    """The median of each row over what is known in it, 0 of nothing."""
    ordered = np.nan_to_num(np.sort(values, axis=1))  # sorting puts what is not known last
    n = np.isfinite(values).sum(axis=1)
    rows, last = np.arange(len(values)), values.shape[1] - 1
    low, high = np.clip((n - 1) // 2, 0, last), np.clip(n // 2, 0, last)
    return np.where(n > 0, (ordered[rows, low] + ordered[rows, high]) / 2, 0.0)


def grid() -> list[Ears]:
    """What is tried to tune EARS."""
    return [
        Ears(window, guard, weekday, drop, least)
        for window, guard, drop in product((14, 21, 28, 56), (1, 2, 3), (None, 3.0, 4.0, 5.0))
        for weekday, least in product(get_args(Weekday), get_args(Least))
    ]


def scored(method: Method, counts: Numbers) -> Numbers:
    """The scores of many series, some at a time: that is faster, as they stay in the processor's cache."""
    return np.concatenate([method(counts[first : first + TOGETHER]) for first in range(0, len(counts), TOGETHER)])


def default(counts: Numbers) -> Numbers:
    """The product's detector as it is."""
    return surprise(outbreak.p_values(counts, WEEKDAY))


def stock(counts: Numbers) -> Numbers:
    """EARS C2 with 28 days as the product offers it."""
    return ears(counts)


def oracle(simulations: Simulations) -> Numbers:
    """What could be known at best: the upper tail under the true mean and variance of each day, (series, days)."""
    from scipy.stats import nbinom, norm

    counts, mean, variance = simulations.counts, simulations.mean, simulations.variance
    size = mean**2 / np.maximum(variance - mean, 1e-9 * mean)
    rare = np.where(
        simulations.normal[:, None, None],
        norm.sf(counts - 0.5, mean, np.sqrt(variance)),
        nbinom.sf(counts - 1, size, size / (size + mean)),
    )
    return surprise(rare.reshape(simulations.rows.shape))


def surprise(p: NDArray[np.float64]) -> Numbers:
    """p-values as scores."""
    return -np.log10(np.maximum(p, 1e-300))
