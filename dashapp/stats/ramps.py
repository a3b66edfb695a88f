"""Slow ramps: a rise that is no alarm on any one day, found by adding up what each day says for it."""

import numpy as np
from numpy.typing import NDArray

from dashapp.stats.outbreak import Judged
from dashapp.stats.tails import shape

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

FACTOR = 1.5
"""Of what is expected: the rise that is looked for."""
LIMIT = 8.0
"""Sum at which a day is an alarm; the sum then starts anew."""
LARGEST = 3.5
"""Most that a day may add: one day alone is a spike and not a ramp."""


def ramps(counts: Numbers, judged: Judged) -> Mask:
    """The days on which a slow ramp is an alarm, (series, days)."""
    return np.asarray(sums(counts, judged) >= LIMIT)


def sums(counts: Numbers, judged: Judged, before: Numbers | None = None) -> Numbers:
    """The evidence for a ramp at the end of each day, (series, days): a negative binomial CUSUM.

    Each day adds the logarithm of how much likelier its count is under `FACTOR` times what was expected than under what
    was expected, never below 0 in all. A day that is not judged adds nothing. `before` (series,) is the evidence at the
    end of the day before the first.
    """
    mean, size = judged.expected, shape(judged.expected, judged.variance)
    ratio = (size + mean) / (size + FACTOR * mean)
    added = np.minimum(counts * np.log(FACTOR * ratio) + size * np.log(ratio), LARGEST)
    added = np.where(np.isfinite(added), added, 0.0)
    total = np.zeros(len(counts)) if before is None else before
    all_days = np.empty_like(added)
    for day in range(added.shape[1]):
        total = np.maximum(np.where(total >= LIMIT, 0.0, total) + added[:, day], 0.0)
        all_days[:, day] = total
    return all_days
