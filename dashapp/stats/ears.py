"""EARS C2 with four weeks of baseline: how far a day lies above the mean of the days before it, in deviations."""

import numpy as np

from dashapp.stats.zscore import Baseline, Series

EARS_DAYS = 28
"""Of baseline: with four weeks in place of EARS' seven days more outbreaks are seen at the same alarm rate (Tokars
2009, doi:10.3201/eid1504.080616).
"""
EARS_GUARD = 2
"""Days between the baseline and the day judged, so that an attack in its first days does not raise its own baseline."""
EARS_LEAST = 7
"""Days of the baseline that must be known before a day is judged."""
EARS_LEAST_DEVIATION = 1.0
"""In counts, after Tokars 2009: no day stands out by less after a few equal days."""


def ears(counts: Series) -> Series:
    """How many standard deviations each day lies above the mean of the 28 days that end three days before it.

    Shape (..., days) in and out, NaN for a day without data and where fewer than seven days of its baseline are known.
    """
    baseline = ears_baseline(counts)
    return (counts - baseline.mean) / baseline.deviation


def ears_baseline(counts: Series) -> Baseline:
    """Mean and sample standard deviation of each day's baseline, over the days that are known in it."""
    lead = np.full((*counts.shape[:-1], EARS_DAYS + EARS_GUARD), np.nan)
    past = np.concatenate([lead, counts], axis=-1)[..., : -EARS_GUARD - 1]
    windows = np.lib.stride_tricks.sliding_window_view(past, EARS_DAYS, axis=-1)
    known = np.isfinite(windows)
    n = known.sum(axis=-1)
    mean = np.where(known, windows, 0.0).sum(axis=-1) / np.maximum(n, 1)
    spread = np.where(known, windows - mean[..., None], 0.0)
    deviation = np.sqrt((spread**2).sum(axis=-1) / np.maximum(n - 1, 1))
    judged = (n >= EARS_LEAST) & np.isfinite(counts)
    at_least = np.maximum(deviation, EARS_LEAST_DEVIATION)
    return Baseline(np.where(judged, mean, np.nan), np.where(judged, at_least, np.nan))
