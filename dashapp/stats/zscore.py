"""The seven-day z-score of unusual volume: counts in, a score a day out, and the range in which a day is no alarm."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]

ZSCORE7_DAYS = 7
ZSCORE7_LEAST = 3


@dataclass(frozen=True)
class Baseline:
    """What a detector held each day against: mean and standard deviation, NaN for a day that it does not judge."""

    mean: Series
    deviation: Series


def zscore7(counts: Series) -> Series:
    """How many standard deviations each day lies above the mean of the seven days that end with it.

    Shape (days,) in and out, NaN for a day without data and where fewer than three days are known or all are equal.
    The day is part of its own baseline, so the score cannot exceed 6 / sqrt(7) = 2.27: kept as the baseline that
    better detectors are held against.
    """
    baseline = zscore7_baseline(counts)
    return (counts - baseline.mean) / baseline.deviation


def zscore7_baseline(counts: Series) -> Baseline:
    """Mean and sample standard deviation of the seven days that end with each day, over those that are known."""
    padded = np.concatenate([np.full(ZSCORE7_DAYS - 1, np.nan), counts])
    windows = np.lib.stride_tricks.sliding_window_view(padded, ZSCORE7_DAYS)
    known = np.isfinite(windows)
    n = known.sum(axis=1)
    filled = np.where(known, windows, 0.0)
    mean = filled.sum(axis=1) / np.maximum(n, 1)
    spread = np.where(known, filled - mean[:, None], 0.0)
    deviation = np.sqrt((spread**2).sum(axis=1) / np.maximum(n - 1, 1))
    judged = (n >= ZSCORE7_LEAST) & (deviation > 0) & np.isfinite(counts)
    return Baseline(np.where(judged, mean, np.nan), np.where(judged, deviation, np.nan))


def expected_range(baseline: Baseline, threshold: float) -> tuple[Series, Series]:
    """Lowest and highest count of each day that lie within `threshold` deviations of its mean; counts are never < 0."""
    reach = threshold * baseline.deviation
    return np.maximum(baseline.mean - reach, 0.0), baseline.mean + reach
