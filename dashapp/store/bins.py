"""The fixed bins of the histograms, and how histograms are stored.

Log-spaced bins of hours keep any quantile within 1 % of its value.
"""

import numpy as np
from numpy.typing import NDArray

SCORE_BINS = 100
BIN_BYTES = 4
"""What the count of a bin takes in a stored histogram."""
HOURS_RATIO = 1.02
"""From a bin's middle (the geometric mean of its ends) to either end is 1 %."""
HOURS_MARK = 393
"""The bin that ends at 24 h, the usual SLA."""
HOURS_ENDS = np.array([24 * HOURS_RATIO ** (index - HOURS_MARK) for index in range(1300)])
"""Where bins end: the first at 36 seconds, the last after more than 9999 years."""


def hours_edges(index: int) -> tuple[float, float]:
    """The hours at which a bin begins and ends."""
    return float(HOURS_ENDS[index - 1]) if index else 0.0, float(HOURS_ENDS[index])


def hours_bins(hours: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bins that these hours fall in."""
    return HOURS_ENDS.searchsorted(hours, side="right")


def score_edges(index: int) -> tuple[float, float]:
    """The scores at which a bin begins and ends."""
    return index / SCORE_BINS, (index + 1) / SCORE_BINS


def score_bins(nano: NDArray[np.int64]) -> NDArray[np.int64]:
    """The bins of scores from 0 to 1 in units of 1e-9: of fractions, 0.29 times 100 would be less than 29."""
    return np.minimum(nano * SCORE_BINS // 10**9, SCORE_BINS - 1)


def packed(
    bins: NDArray[np.int64], counts: NDArray[np.int64], begins: NDArray[np.int64]
) -> tuple[list[int], list[bytes]]:
    """Histograms as they are stored: of each the first of its bins, and the counts from there on, 4 bytes each.

    Bins and their counts come one histogram after the other, sorted within each; `begins` says where each begins.
    """
    ends = np.append(begins, len(bins))[1:]
    firsts, widths = bins[begins], bins[ends - 1] - bins[begins] + 1
    places = np.cumsum(widths)
    held = np.zeros(widths.sum(), dtype="<u4")
    held[bins + np.repeat(places - widths - firsts, ends - begins)] = counts
    whole = held.tobytes()
    stops = (places * held.itemsize).tolist()
    return firsts.tolist(), [whole[start:stop] for start, stop in zip([0, *stops], stops, strict=False)]


def unpacked(counts: bytes) -> NDArray[np.uint32]:
    """The counts of a stored histogram from its first bin on."""
    return np.frombuffer(counts, dtype="<u4")
