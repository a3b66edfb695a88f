"""How unusual a count or a share is against those of earlier days: upper tails that allow for days that differ.

Each is the more cautious of two models. The first is that of counts (negative binomial) or shares (beta-binomial), with
the dispersion of the earlier days: right where little is seen. The second holds the logarithm of what was seen against
how far earlier days rose above what was expected of them: right where a few liked accounts or texts make high days
higher than such a model knows. Count models alone had ten times the false alarms that their p says on days when people
pile up on an account (docs/coordination-study.md).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

PRIOR_DAYS, PRIOR_RISES = 7, 10
"""Days that the prior of a dispersion is worth, and high days that the prior of the logarithms is worth."""
PAIRS_DISPERSION, SHARE_DISPERSION = 2.0, 1.3
"""Variance over that of pure chance, as held before any day is known: pairs come in heaps."""
PEAK_VARIANCE = 0.04
"""Variance of the logarithm of a peak, as held before any day is known."""
FEW, FEW_PAIRS = 4.0, 0.5
"""Added to a count before its logarithm is taken, so that a rise from nothing to a few is none; one pile makes many
pairs, so there a few are not few.
"""
PERIODS = 96
"""Quarters of an hour in a day."""


class Past(NamedTuple):
    """What was seen of how many flags, on the day that is judged, shape (series,), and on earlier days, shape
    (series, days); `used` says which of these count. Where it is false they may be NaN.
    """

    of: Floats
    seen: Floats
    earlier_of: Floats
    earlier_seen: Floats
    used: Bools

    def total(self, values: Floats) -> Floats:
        """The sum of these values of earlier days, shape (series, days), over those that count."""
        return np.asarray(np.where(self.used, values, 0.0).sum(axis=1))

    @property
    def days(self) -> Floats:
        """How many earlier days count."""
        return np.asarray(self.used.sum(axis=1), dtype=np.float64)


def pairs_tail(past: Past) -> tuple[Floats, Floats]:
    """Pairs of flags that share something: what to expect, and how likely at least so many are.

    A fixed share of the n(n-1)/2 pairs that n flags make is expected. What liked targets add to the variance grows with
    n beyond the mean, so on a busier day than usual the dispersion is taken to be larger by as much.
    """
    from scipy.special import betainc

    sizes = past.earlier_of * (past.earlier_of - 1) / 2
    rate, cases = _rate(past, sizes)
    means = rate[:, None] * sizes
    spread = past.total((past.earlier_seen - means) ** 2) / np.maximum(past.total(means), 0.5)
    dispersion = np.maximum(_with_prior(spread, past.days, PAIRS_DISPERSION), 1.0)
    busier = np.maximum(past.of * past.days / past.total(past.earlier_of), 1.0)
    mean = rate * past.of * (past.of - 1) / 2
    variance = mean * (1 + (dispersion - 1) * busier) + mean**2 * dispersion / cases
    shape = mean**2 / (variance - mean)
    chance = betainc(np.maximum(past.seen, 1.0), shape, mean / (shape + mean))
    tail = _rise_tail(past, mean, means, np.log1p(variance / (mean + FEW_PAIRS) ** 2), FEW_PAIRS)
    return mean, np.where(past.seen > 0, np.maximum(chance, tail), 1.0)


def peak_tail(past: Past) -> tuple[Floats, Floats]:
    """The most flags in a quarter of an hour: what to expect, and how likely at least so many are.

    The largest of 96 Poisson counts with mean m is about m + sqrt(2 m ln 96); a fixed multiple of that is expected,
    which holds what the hours of the day add. Such a peak varies less than any count, so only its logarithm is judged.
    """
    sizes = _peak(past.earlier_of)
    rate, _ = _rate(past, sizes)
    mean = rate * _peak(past.of)
    return mean, _rise_tail(past, mean, rate[:, None] * sizes, np.full_like(mean, PEAK_VARIANCE), FEW_PAIRS)


def share_tail(past: Past) -> tuple[Floats, Floats]:
    """Flags of some kind among those that could be: what to expect, and how likely at least so many are.

    The share differs from day to day by as much as the earlier days show, and is itself not known better than from
    those.
    """
    total = past.total(past.earlier_of)
    share = (past.total(past.earlier_seen) + 0.5) / (total + 1)
    means = share[:, None] * past.earlier_of
    chance = share * (1 - share)
    spread = past.total((past.earlier_seen - means) ** 2) / (chance * total)
    dispersion = _with_prior(spread, past.days, SHARE_DISPERSION)
    usual = np.maximum(total / past.days, 2.0)
    between = np.clip((dispersion - 1) / (usual - 1), 0.0, 0.5) + np.maximum(dispersion, 1.0) / (total + 1)
    weight = 1 / between - 1
    mean = share * past.of
    variance = np.log1p(chance * past.of * (1 + (past.of - 1) * between) / (mean + FEW) ** 2)
    tail = beta_binomial_tail(past.seen, past.of, share * weight, (1 - share) * weight)
    return mean, np.maximum(tail, _rise_tail(past, mean, means, variance, FEW))


def _peak(flags: Floats) -> Floats:
    """The largest of the 96 Poisson counts of a day with so many flags, about."""
    mean = flags / PERIODS
    return np.asarray(mean + np.sqrt(2 * mean * np.log(PERIODS)))


def _rate(past: Past, sizes: Floats) -> tuple[Floats, Floats]:
    """What is seen for each unit of size, and of how many cases that is known. Half a case more than was seen is taken
    to have been seen: what never was is rare, not impossible.
    """
    cases = past.total(past.earlier_seen) + 0.5
    return cases / past.total(sizes), cases


def _with_prior(spread: Floats, days: Floats, prior: float) -> Floats:
    """The variance of so many days over what chance would make it, drawn towards what is held before they are known."""
    return np.asarray((days * spread + PRIOR_DAYS * prior) / (days - 1 + PRIOR_DAYS))


def _rise_tail(past: Past, mean: Floats, means: Floats, usual: Floats, few: float) -> Floats:
    """How likely a day rises so far above its mean, by the logarithms of the days that rose above theirs (`means`).

    Only these say how far days rise: days with next to nothing would make the spread of logarithms look wide. A t tail,
    as the variance is estimated; `usual` is its prior, and `few` is added to each count.
    """
    from scipy.special import stdtr

    above = past.used & (past.earlier_seen > means)
    rises = np.log(np.where(above, (past.earlier_seen + few) / (means + few), 1.0))
    known = above.sum(axis=1) + PRIOR_RISES
    variance = ((rises**2).sum(axis=1) + PRIOR_RISES * usual) / known
    return np.asarray(stdtr(known, -np.log((past.seen + few) / (mean + few)) / np.sqrt(variance)))


def beta_binomial_tail(least: Floats, of: Floats, a: Floats, b: Floats) -> Floats:
    """How likely at least `least` of `of` are whose chance is drawn from a beta distribution. All have the shape
    (cells,).

    The terms from `least` to `of` are added up, those of all cells in one array.
    """
    from scipy.special import betaln

    some = least >= 1
    tail = np.ones(len(least))
    if not some.any():
        return tail
    k, n, a, b = (values[some] for values in (least, of, a, b))
    terms = (n - k + 1).astype(np.int64)
    begins = np.cumsum(terms) - terms
    k, n, a, b = (np.repeat(values, terms) for values in (k, n, a, b))
    k += np.arange(len(k)) - np.repeat(begins, terms)
    logs = betaln(k + a, n - k + b) - betaln(a, b) - betaln(k + 1, n - k + 1) - np.log(n + 1)
    tail[some] = np.minimum(np.add.reduceat(np.exp(logs), begins), 1.0)
    return tail
