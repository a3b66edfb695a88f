"""Tails of the negative binomial distribution, by mean and variance."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

SMALLEST_EXCESS = 1e-6
"""Of the variance over the mean, as a share of the mean: below it the distribution is Poisson's but for rounding."""


def upper(counts: Numbers, mean: Numbers, variance: Numbers) -> Numbers:
    """The chance of a count at least as high; NaN where count or mean are."""
    from scipy.special import betainc

    size = shape(mean, variance)
    tail = betainc(np.maximum(counts, 1.0), size, mean / (mean + size))
    return np.where(counts == 0, np.where(np.isnan(mean), np.nan, 1.0), tail)


def lower(counts: Numbers, mean: Numbers, variance: Numbers) -> Numbers:
    """The chance of a count at most as high; NaN where count or mean are."""
    from scipy.special import betainc

    size = shape(mean, variance)
    return np.asarray(betainc(size, counts + 1.0, size / (mean + size)))


def shape(mean: Numbers, variance: Numbers) -> Numbers:
    """The size parameter of the distribution: mean squared over what the variance is above the mean."""
    return np.asarray(mean**2 / np.maximum(variance - mean, SMALLEST_EXCESS * mean))


def between(mean: Numbers, variance: Numbers, chance: float) -> tuple[Numbers, Numbers]:
    """The lowest and the highest count whose lower and upper tail is at least the given chance; NaN stays NaN."""
    from scipy.stats import nbinom

    size = shape(mean, variance)
    share = size / (mean + size)
    return nbinom.ppf(chance, size, share), nbinom.isf(chance, size, share)
