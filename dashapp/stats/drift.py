"""How a day differs from the days before: days on which nothing came, distributions that turned over."""

from collections.abc import Collection
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.floating]

STEADY = 14
"""Days in a row with something after which a day with nothing is worth telling."""
ENDED = 14
"""Days in a row with nothing after which no more is expected."""


def silent_days(known: Collection[date], since: date, until: date) -> list[date]:
    """The days from `since` to `until` with nothing, after STEADY days that each had something; of a silence at most
    its first ENDED days. `known` are the days that had something.
    """
    found: list[date] = []
    steady = silent = 0
    for place in range((until - since).days + 1):
        day = since + timedelta(days=place)
        if day in known:
            steady, silent = (1 if silent else steady + 1), 0
        elif steady >= STEADY and silent < ENDED:
            silent += 1
            found.append(day)
        else:
            steady = 0
    return found


def distances(counts: Counts, before: int, few: int, few_before: int) -> Counts:
    """How far each day's distribution lies from that of so many days before, pooled: total variation, half the sum of
    the differences of the shares, 0 to 1. `counts` are by day and value; NaN for a day with fewer than `few` cases,
    with fewer than `few_before` in the days before, or without so many days before it.
    """
    found = np.full(len(counts), np.nan)
    sums = np.cumsum(counts, axis=0)
    pooled = sums[before - 1 : -1] - np.vstack([np.zeros(counts.shape[1]), sums[: -before - 1]])
    days = counts[before:]
    enough = (days.sum(axis=1) >= few) & (pooled.sum(axis=1) >= few_before)
    shares = [part[enough] / part[enough].sum(axis=1, keepdims=True) for part in (days, pooled)]
    found[before:][enough] = np.abs(shares[0] - shares[1]).sum(axis=1) / 2
    return found
