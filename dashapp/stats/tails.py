"""How likely a count so high or so low is, where the tail may be heavier than the negative binomial distribution's."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

SMALLEST_EXCESS = 1e-6
"""Of the variance over the mean, as a share of the mean: below it the distribution is Poisson's but for rounding."""


def upper(counts: Numbers, mean: Numbers, variance: Numbers, freedom: Numbers) -> Numbers:
    """The chance of a count at least as high; NaN where count or mean are."""
    from scipy.special import betainc

    size = shape(mean, variance)
    above = np.asarray(betainc(np.maximum(counts, 1.0), size, mean / (mean + size)), dtype=np.float64)
    above[(counts == 0) & np.isfinite(mean)] = 1.0
    return heavier(above, freedom)


def lower(counts: Numbers, mean: Numbers, variance: Numbers, freedom: Numbers) -> Numbers:
    """The chance of a count at most as high; NaN where count or mean are."""
    from scipy.special import betainc

    size = shape(mean, variance)
    return heavier(np.asarray(betainc(size, counts + 1.0, size / (mean + size))), freedom)


def shape(mean: Numbers, variance: Numbers) -> Numbers:
    """The size parameter of the negative binomial: mean squared over what the variance is above the mean."""
    return np.asarray(mean**2 / np.maximum(variance - mean, SMALLEST_EXCESS * mean))


def heavier(chance: Numbers, freedom: Numbers) -> Numbers:
    """The chance that a t distribution gives to what has the given chance under a normal one."""
    from scipy.special import ndtri, stdtr

    return np.asarray(stdtr(freedom, ndtri(chance)))


def lighter(chance: float, freedom: Numbers) -> Numbers:
    """The chance that a normal distribution gives to what has the given chance under a t distribution."""
    from scipy.special import ndtr, stdtrit

    return np.asarray(ndtr(stdtrit(freedom, chance)))


def between(mean: Numbers, variance: Numbers, freedom: Numbers, chance: float) -> tuple[Numbers, Numbers]:
    """The lowest and the highest count whose lower and upper tail have at least the given chance; NaN stays NaN."""
    from scipy.stats import nbinom

    size = shape(mean, variance)
    share, cut = size / (mean + size), lighter(chance, freedom)
    return np.asarray(nbinom.ppf(cut, size, share)), np.asarray(nbinom.isf(cut, size, share))
