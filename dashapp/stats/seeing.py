"""What the detector can see: which of many cells to believe, and how strong an attack must be to be noticed."""

import numpy as np
from numpy.typing import NDArray

from dashapp.stats.outbreak import ALERT, LEAST
from dashapp.stats.tails import between, upper

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEVEL = 0.01
"""Share of false ones among the alarms of a day's family, and chance of an alarm on a day on which nothing happened."""
USUAL_FREEDOM = 80.0
"""Degrees of freedom of a series of usual roughness with a full window of history."""


def false_discoveries(p: Numbers, level: float = LEVEL) -> Mask:
    """Which cells of one day's family are alarms when at most `level` of them may be false (Benjamini and Hochberg).

    `p` (cells,) are the upper tails of one day; NaN is no alarm and does not count as a cell, and cells with fewer than
    `LEAST` flags are given 1. Category series are few and are each judged at `ALERT`. The family is for what they are
    split by: all cells of one day of one split (category by region, by media type, by origin). Cells of a day move
    together, which this procedure bears. Of 60 simulated cells that share their categories' noise, a day without attack
    had an alarm in 1.5 % of cases at level 0.01, 6.3 % at 0.05; Benjamini and Yekutieli's more careful procedure at
    0.05 equals this one at 0.01 in both alarms and recall.
    """
    from scipy.stats import false_discovery_control

    found, judged = np.zeros(p.shape, dtype=bool), np.isfinite(p)
    if judged.any():
        found[judged] = false_discovery_control(p[judged]) <= level
    return found


def power(expected: Numbers, phi: Numbers, factor: float, freedom: float = USUAL_FREEDOM) -> Numbers:
    """The chance that a day of `factor` times what is expected raises an alarm.

    `phi` is variance over mean, doubt included: `Judged.variance / Judged.expected`, whose `freedom` may be given too.
    """
    _, high = between(expected, phi * expected, np.full_like(expected, freedom), ALERT)
    least = np.maximum(high, LEAST - 1.0) + 1.0
    return upper(least, factor * expected, factor * phi * expected, np.full_like(expected, np.inf))
