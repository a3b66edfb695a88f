"""What the days before a day let expect of it: which of them count, and the model's mean and variance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashapp.stats.loglinear import Coefficients, Design, improved, information, start

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

UNUSUAL = 2.58
"""Standardised residual from which a day weighs less in the baseline: that of one day in a hundred."""
STEPS = (6, 3, 3)
"""Of the fit between reweightings; more change no p-value in its third digit."""


@dataclass(frozen=True)
class Settings:
    """The model's sizes, in periods, and how far its parts may lie from nothing, as logarithms.

    The defaults are for days. A day is judged from `least` known days on, and the judgement is provisional up to
    `provisional`. The last `guard` days before a day are left out, so that the first days of a slow attack do not hide
    the next. Alarms of at most `longest` days running are left out of later baselines: what lasts is the new normal.
    """

    window: int = 84
    guard: int = 3
    least: int = 7
    provisional: int = 21
    longest: int = 14
    trend_unit: float = 28.0
    trend_sd: float = 0.25
    season_sd: float = 0.2
    usual_variation: float = 0.2
    """Standard deviation of a count over its mean, beyond Poisson's, that is expected before there is data."""
    usual_weight: float = 7.0
    """Days of data that this expectation is worth."""


class Baselines:
    """The days that may enter the baseline of the next day to be judged, kept as days pass."""

    def __init__(
        self, counts: Numbers, season: NDArray[np.integer], excluded: Mask, restarts: Mask | None, settings: Settings
    ) -> None:
        series, days = counts.shape
        reach = settings.window + settings.guard
        self.settings = settings
        self.season = season
        known = np.isfinite(counts)
        ahead = np.zeros((series, reach))
        self._counts = np.hstack([ahead, np.where(known, counts, 0.0)])
        self._weights = np.hstack([ahead, np.where(known & ~excluded, 1.0, 0.0)])
        marks = np.zeros((reach + days, int(season.max()) + 1))
        marks[np.arange(days) + reach, season] = 1.0
        self._marks = marks
        self._trend = np.arange(-reach, -settings.guard) / settings.trend_unit
        self._restarts = restarts
        self._running = np.zeros(series, dtype=np.intp)

    def passed(self, day: int, alarmed: Mask) -> None:
        """A day was judged: its alarms leave later baselines, and so do the days before a restart."""
        self._running = np.where(alarmed, self._running + 1, 0)
        at = day + self.settings.window + self.settings.guard
        self._weights[alarmed & (self._running <= self.settings.longest), at] = 0.0
        if self._restarts is not None and day + 1 < self._restarts.shape[1]:
            self._weights[self._restarts[:, day + 1], : at + 1] = 0.0

    def before(self, day: int) -> tuple[Numbers, Numbers, Design]:
        """Counts and weights (series, window) of the baseline of a day, and what is known of its days."""
        settings, window = self.settings, slice(day, day + self.settings.window)
        precision = np.full((len(self._counts), 1), settings.season_sd**-2)
        design = Design(self._trend, self._marks[window], int(self.season[day]), settings.trend_sd**-2, precision)
        return self._counts[:, window], self._weights[:, window], design


def reference(baselines: Baselines, day: int) -> tuple[Numbers, Numbers, Numbers]:
    """Mean and variance of the count to be expected of a day, and how many days are known of each series.

    Mean and variance are NaN for a series with too few days.
    """
    settings = baselines.settings
    counts, used, design = baselines.before(day)
    history = used.sum(axis=1)
    found = start(counts, used, design.season.shape[1])
    dispersion = 1.0 + settings.usual_variation**2 * found.ahead(design)
    weights = used
    for steps in STEPS:
        found = improved(found, counts, weights / dispersion[:, None], design, steps)
        dispersion, weights = spread(found, counts, weights, used, dispersion, design, settings)
    mean = found.ahead(design)
    doubt = information(weights * found.expected(design) / dispersion[:, None], design).variance(design)
    variance = dispersion * mean + mean**2 * doubt
    judged = history >= settings.least
    return np.where(judged, mean, np.nan), np.where(judged, variance, np.nan), history


def spread(
    found: Coefficients,
    counts: Numbers,
    weights: Numbers,
    used: Numbers,
    dispersion: Numbers,
    design: Design,
    settings: Settings,
) -> tuple[Numbers, Numbers]:
    """The dispersion of each series, variance over mean and at least 1, and the weights of its days by how usual they
    are.
    """
    expected = found.expected(design)
    pearson = (counts - expected) ** 2 / expected
    usual = 1.0 + settings.usual_variation**2 * found.ahead(design)
    parameters = information(weights * expected / dispersion[:, None], design).parameters()
    freedom = np.maximum(weights.sum(axis=1) - parameters, 1.0)
    dispersion = (settings.usual_weight * usual + (weights * pearson).sum(axis=1)) / (settings.usual_weight + freedom)
    dispersion = np.maximum(dispersion, 1.0)
    root = np.cbrt(expected)
    residual = 1.5 * np.abs(np.cbrt(counts) ** 2 - root**2) / np.sqrt(root * dispersion[:, None])
    return dispersion, used * np.where(residual > UNUSUAL, np.maximum(residual, 1.0) ** -2, 1.0)
