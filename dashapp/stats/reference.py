"""What a baseline lets expect of a day: mean, variance, and how heavy the tail is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashapp.stats.baseline import Baselines, Settings
from dashapp.stats.loglinear import Design, Information, improved, start

Numbers = NDArray[np.float64]

UNUSUAL = 2.58
"""Standardised residual beyond which a day weighs less: that of one day in a hundred."""
MOST_COUNTED = 3.5
"""Standardised residual up to which a day counts in the dispersion."""
STEPS = (5, 2, 2)
"""Of the fit before each look at its residuals. More would change no p-value in its second digit."""
USUAL_VARIATION = 0.2
"""Standard deviation over mean of a day, beyond Poisson's, that is expected before there is data."""
USUAL_DAYS = 5.0
"""Days of data that this expectation is worth."""
LAGS = 7
"""Days over which a residual may remember others."""
CHANCE = 0.7
"""By which the memory of independent days exceeds 1 by chance alone, about two of its standard deviations."""
FREEDOM = 0.5
"""Degrees of freedom that a day of the baseline gives to the tail. Not learned from a series' own kurtosis, which is
too uncertain: it cost more attacks than it saved alarms.
"""


@dataclass(frozen=True)
class Reference:
    """What is expected of each day, all (days, series): NaN where too little is known.

    `variance` is that of the count about `mean`, doubt about the mean included; `freedom` are the degrees of freedom of
    a t distribution with as heavy a tail; `history` is how many days of the baseline are known.
    """

    mean: Numbers
    variance: Numbers
    freedom: Numbers
    history: Numbers


@dataclass(frozen=True)
class _Look:
    """A look at the residuals of a fit: dispersion (variance over mean), `memory` (by how much more the residuals'
    sum varies than if days were independent), the residuals, and the weights of the days by how usual they are.
    """

    dispersion: Numbers
    memory: Numbers
    residual: Numbers
    weights: Numbers


def reference(baselines: Baselines, days: range, settings: Settings) -> Reference:
    """What the days before let expect of these days, of which there may be no more than `settings.guard` + 1.

    A quasi-Poisson model, refitted with less weight on days that it finds unusual (Noufaily 2013). That days which
    follow each other resemble each other widens the doubt about the mean, by the residuals' own autocorrelation; the
    fewer days are known, the heavier is the tail.
    """
    counts, used, design = baselines.before(days)
    history = used.sum(axis=2)
    found = start(counts, used, design)
    usual = 1.0 + USUAL_VARIATION**2 * design.ahead(found)
    look = _Look(usual, np.ones_like(usual), np.zeros_like(counts), used)
    for steps in STEPS:
        found = improved(found, counts, look.weights / look.dispersion[:, :, None], design, steps)
        look = _look(found, counts, used, look, design)
    mean = design.ahead(found)
    doubt = _information(found, look, design).variance(design.target) * look.memory
    variance = look.dispersion * mean + mean**2 * doubt
    known = history >= settings.least
    mean, variance = (np.where(known, values, np.nan) for values in (mean, variance))
    return Reference(mean, variance, _freedom(history), history)


def _look(found: Numbers, counts: Numbers, used: Numbers, last: _Look, design: Design) -> _Look:
    """Residuals by Anscombe, and what they tell."""
    expected = design.expected(found)
    pearson = (counts - expected) ** 2 / expected
    counted = used * np.minimum(pearson, MOST_COUNTED**2 * last.dispersion[:, :, None])
    spent = _information(found, last, design).parameters() * last.memory
    usual = 1.0 + USUAL_VARIATION**2 * design.ahead(found)
    freedom = USUAL_DAYS + np.maximum(used.sum(axis=2) - spent, 1.0)
    dispersion = np.maximum((USUAL_DAYS * usual + counted.sum(axis=2)) / freedom, 1.0)
    root = np.cbrt(expected)
    residual = used * 1.5 * (np.cbrt(counts) ** 2 - root**2) / np.sqrt(root * dispersion[:, :, None])
    off = np.maximum(np.abs(residual), 1.0)
    return _Look(dispersion, _memory(residual), residual, used * np.where(off > UNUSUAL, off**-2, 1.0))


def _information(found: Numbers, look: _Look, design: Design) -> Information:
    weights = look.weights * design.expected(found) / look.dispersion[:, :, None]
    return Information(weights, design.products, design.precision)


def _memory(residual: Numbers) -> Numbers:
    """Variance of the residuals' sum over that of independent ones, at least 1 (Newey and West 1987)."""
    kept = np.clip(residual, -UNUSUAL, UNUSUAL)
    total = np.ones(residual.shape[:2])
    whole = np.maximum((kept**2).sum(axis=2), 1e-9)
    for lag in range(1, LAGS + 1):
        share = 1.0 - lag / (LAGS + 1)
        total = total + 2.0 * share * (kept[:, :, :-lag] * kept[:, :, lag:]).sum(axis=2) / whole
    return np.asarray(np.maximum(total - CHANCE, 1.0))


def _freedom(history: Numbers) -> Numbers:
    """Degrees of freedom of the t distribution whose tail is taken."""
    return np.asarray(USUAL_DAYS + FREEDOM * np.maximum(history - 8.0, 0.0))
