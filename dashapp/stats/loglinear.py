"""A log-linear model of counts, fitted to many series at once: a level, a trend and a season, each held near nothing
by a ridge, by iteratively reweighted least squares.

The design is an arrow: a season's factor meets only its own days, so that each step solves two equations a series
(level and trend) and reads the factors off them, whatever the length of the season.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

LEVEL_SD = 10.0
"""Of the level's logarithm about that of the mean: holds a series of zeros in place, weighs nothing otherwise."""
LARGEST_STEP = 2.0
"""By which a level may move in one step, as a logarithm."""


@dataclass(frozen=True)
class Design:
    """The days of a baseline as seen from the day to be judged.

    `trend` (days,) is the time to that day in units of the trend, negative; `season` (days, seasons) is 1 in the column
    of a day's season; `target` the season of the day itself; the two precisions are one over the variance of the
    ridge.
    """

    trend: Numbers
    season: Numbers
    target: int
    trend_precision: float
    season_precision: Numbers
    """(series, 1)."""


@dataclass(frozen=True)
class Coefficients:
    """Logarithms: level at the day to be judged (series,), trend (series,), season (series, seasons)."""

    level: Numbers
    trend: Numbers
    season: Numbers

    def expected(self, design: Design) -> Numbers:
        """The count that the model expects of each day of the baseline, (series, days)."""
        return np.asarray(
            np.exp(self.level[:, None] + self.trend[:, None] * design.trend + self.season @ design.season.T)
        )

    def ahead(self, design: Design) -> Numbers:
        """The count that it expects of the day to be judged, (series,)."""
        return np.asarray(np.exp(self.level + self.season[:, design.target]))


@dataclass(frozen=True)
class Information:
    """What a baseline knows of the coefficients: the second derivative of the penalised likelihood, as an arrow.

    `known` and `slope` (series, seasons) are the sums of weights and of weights x trend by season, `curve` (series,)
    the sum of weights x trend x trend, the last with its ridge.
    """

    known: Numbers
    slope: Numbers
    curve: Numbers
    season_precision: Numbers

    def solve(self, level: Numbers, trend: Numbers, season: Numbers) -> Coefficients:
        """The coefficients whose product with this is the given right-hand side."""
        whole = self.known + self.season_precision
        share, tilt = self.known / whole, self.slope / whole
        a = (self.known - self.known * share).sum(axis=1) + LEVEL_SD**-2
        b = (self.slope - self.slope * share).sum(axis=1)
        c = self.curve - (self.slope * tilt).sum(axis=1)
        first = level - (share * season).sum(axis=1)
        second = trend - (tilt * season).sum(axis=1)
        determinant = a * c - b * b
        up = (c * first - b * second) / determinant
        along = (a * second - b * first) / determinant
        return Coefficients(up, along, season / whole - share * up[:, None] - tilt * along[:, None])

    def variance(self, design: Design) -> Numbers:
        """Variance of the logarithm of what is expected of the day to be judged, (series,)."""
        series, seasons = self.known.shape
        unit = np.zeros((series, seasons))
        unit[:, design.target] = 1.0
        answer = self.solve(np.ones(series), np.zeros(series), unit)
        return np.asarray(answer.level + answer.season[:, design.target])

    def parameters(self) -> Numbers:
        """How many coefficients the data determine, (series,): fewer than there are where the ridges hold them."""
        seasons = self.known.shape[1]
        share = (self.known / (self.known + self.season_precision)).sum(axis=1)
        return np.asarray(2.0 + share * (seasons - 1) / seasons)


def information(weights: Numbers, design: Design) -> Information:
    """Of days with these weights, (series, days): what a day tells, its expected count over the dispersion."""
    leaning = weights * design.trend
    return Information(
        weights @ design.season,
        leaning @ design.season,
        leaning @ design.trend + design.trend_precision,
        design.season_precision,
    )


def start(counts: Numbers, weights: Numbers, seasons: int) -> Coefficients:
    """The mean of each series as its level, and nothing else."""
    mean = (weights * counts).sum(axis=1) / np.maximum(weights.sum(axis=1), 1.0)
    return Coefficients(np.log(mean + 0.01), np.zeros(len(counts)), np.zeros((len(counts), seasons)))


def improved(found: Coefficients, counts: Numbers, weights: Numbers, design: Design, steps: int) -> Coefficients:
    """The coefficients after some steps towards the maximum of the penalised likelihood.

    `weights` (series, days) are the days' weights over the dispersion, 0 for those that are not part of the baseline.
    """
    centre = found.level
    for _ in range(steps):
        expected = found.expected(design)
        pull = weights * (counts - expected)
        step = information(weights * expected, design).solve(
            pull.sum(axis=1) - (found.level - centre) / LEVEL_SD**2,
            pull @ design.trend - found.trend * design.trend_precision,
            pull @ design.season - found.season * design.season_precision,
        )
        size = np.minimum(1.0, LARGEST_STEP / np.maximum(np.abs(step.level), 1e-9))
        found = Coefficients(
            found.level + size * step.level,
            found.trend + size * step.trend,
            found.season + size[:, None] * step.season,
        )
    return found
