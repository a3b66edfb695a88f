"""The fixed bins of the histograms. Log-spaced bins of hours keep any quantile within 1 % of its value."""

import math

SCORE_BINS = 100
HOURS_RATIO = 1.02
"""From a bin's middle (the geometric mean of its ends) to either end is 1 %."""
HOURS_FROM = 24 / HOURS_RATIO**393
"""Hours below it (36 seconds) share bin 0. Chosen so that a bin ends at 24 h, the usual SLA."""


def hours_edges(index: int) -> tuple[float, float]:
    """The hours at which a bin begins and ends."""
    if index == 0:
        return 0.0, HOURS_FROM
    return HOURS_FROM * HOURS_RATIO ** (index - 1), HOURS_FROM * HOURS_RATIO**index


def hours_bin(hours: float) -> int:
    """The bin that `hours` falls in; the same as the SQL of store.rollup."""
    return 0 if hours < HOURS_FROM else 1 + math.floor(math.log(hours / HOURS_FROM) / math.log(HOURS_RATIO))


def score_edges(index: int) -> tuple[float, float]:
    """The scores at which a bin begins and ends."""
    return index / SCORE_BINS, (index + 1) / SCORE_BINS


def score_bin(score: float) -> int:
    """The bin of a score from 0 to 1."""
    return min(math.floor(score * SCORE_BINS), SCORE_BINS - 1)
