"""What a baseline lets expect of a day: mean, variance, and how heavy the tail is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashapp.stats.baseline import Baselines, Settings
from dashapp.stats.loglinear import Design, Information, improved, start

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

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
FREEDOM = 1.0
"""Degrees of freedom that a day of the baseline gives to the tail."""
ROUGH = 4.0
"""What each surge that is not forgiven adds to the divisor of the degrees of freedom."""
SCATTER = 7.5
"""What scatter adds to it, for each unit of variance over squared mean beyond the usual."""
LEAST_FREEDOM = 10.0
"""Of a series however rough: fewer would hide an attack that returns each week."""
FORGIVEN = 84.0
"""Periods in which one surge says nothing of a series, and one is always forgiven: it may have been an attack."""
APART = 2
"""Days between two surges; unusual days nearer to each other are one."""


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
    """A look at the residuals of a fit: dispersion (variance over mean), the residuals of all days of the window in
    standard deviations, and the weights of the days by how usual and how recent they are.
    """

    dispersion: Numbers
    residual: Numbers
    weights: Numbers


def reference(baselines: Baselines, days: range, settings: Settings) -> Reference:
    """What the days before let expect of these days, of which there may be no more than `settings.guard` + 1.

    A quasi-Poisson model, refitted with less weight on days that it finds unusual (Noufaily 2013). The fewer days are
    known, the more often the series has surged before, and the more it scatters, the heavier is the tail. The scatter
    about the trend is that of the count about `mean` as well: what `_lately` mends of it covers the doubt about that.
    """
    past = baselines.before(days)
    counts, used, design = past.counts, past.weights, past.design
    history = (used > 0).sum(axis=2).astype(np.float64)
    found = start(counts, used, design)
    usual = 1.0 + USUAL_VARIATION**2 * design.ahead(found)
    look = _Look(usual, np.zeros_like(counts), used)
    for steps in STEPS:
        found = improved(found, counts, look.weights / look.dispersion[:, :, None], design, steps)
        look = _look(found, counts, used, look, design)
    mean = design.ahead(found) * _lately(found, counts, look, design, settings)
    variance = look.dispersion * mean + mean**2 * _information(found, look, design).variance(design.target)
    scatter = (look.dispersion - 1.0) / mean - USUAL_VARIATION**2
    freedom = _freedom(history, _surges(look.residual, past.known), np.maximum(scatter, 0.0))
    known = history >= settings.least
    mean, variance = (np.where(known, values, np.nan) for values in (mean, variance))
    return Reference(mean, variance, freedom, history)


def _lately(found: Numbers, counts: Numbers, look: _Look, design: Design, settings: Settings) -> Numbers:
    """How many times what the fit lets expect the last days of the baselines had, held near one, (days, series).

    Levels do not keep to a straight trend: a wave bends away from it. It is the mean of a gamma distribution after
    these days, of standard deviation `settings.recent_sd` before them: the more counts, the more they say.
    """
    last = slice(-settings.recent, None)
    weights, expected = look.weights[:, :, last], design.expected(found)[:, :, last]
    held = look.dispersion / settings.recent_sd**2
    return np.asarray(((weights * counts[:, :, last]).sum(axis=2) + held) / ((weights * expected).sum(axis=2) + held))


def _look(found: Numbers, counts: Numbers, used: Numbers, last: _Look, design: Design) -> _Look:
    """Residuals by Anscombe, and what they tell."""
    expected = design.expected(found)
    pearson = (counts - expected) ** 2 / expected
    counted = used * np.minimum(pearson, MOST_COUNTED**2 * last.dispersion[:, :, None])
    spent = _information(found, last, design).parameters()
    usual = 1.0 + USUAL_VARIATION**2 * design.ahead(found)
    freedom = USUAL_DAYS + np.maximum(used.sum(axis=2) - spent, 1.0)
    dispersion = np.maximum((USUAL_DAYS * usual + counted.sum(axis=2)) / freedom, 1.0)
    root = np.cbrt(expected)
    residual = 1.5 * (np.cbrt(counts) ** 2 - root**2) / np.sqrt(root * dispersion[:, :, None])
    off = np.maximum(np.abs(residual), 1.0)
    return _Look(dispersion, residual, used * np.where(off > UNUSUAL, off**-2, 1.0))


def _information(found: Numbers, look: _Look, design: Design) -> Information:
    weights = look.weights * design.expected(found) / look.dispersion[:, :, None]
    return Information(weights, design.products, design.precision)


def _surges(residual: Numbers, known: Mask) -> Numbers:
    """How often each series rose beyond the usual, (days, series): also on days that are no part of the baseline."""
    high = known & (residual > UNUSUAL)
    begun = high.copy()
    for lag in range(1, APART + 1):
        begun[:, :, lag:] &= ~high[:, :, :-lag]
    return np.asarray(begun.sum(axis=2), dtype=np.float64)


def _freedom(history: Numbers, surges: Numbers, scatter: Numbers) -> Numbers:
    """Degrees of freedom of the t distribution whose tail is taken.

    Real series surge more often than any such model lets expect, some far more than others: what a series did before
    says how much of a surge is news. A series of independent days, even one with an attack or two, hardly has any.
    Where days scatter by much of their mean, that mean is known less well than doubt about it says: weekdays are held
    near nothing, and what would tell them from chance is weak.
    """
    known = USUAL_DAYS + FREEDOM * np.maximum(history - 8.0, 0.0)
    rough = np.maximum(surges - np.maximum(history / FORGIVEN, 1.0), 0.0)
    return np.asarray(np.maximum(known / (1.0 + ROUGH * rough + SCATTER * scatter), np.minimum(known, LEAST_FREEDOM)))
