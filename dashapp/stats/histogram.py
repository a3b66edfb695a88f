"""Reading values off histograms."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Histogram = NDArray[np.int64]
"""Cases by bin number."""
Edges = Callable[[int], tuple[float, float]]
"""The two ends of a bin by its number."""


def quantile(counts: Histogram, edges: Edges, p: float) -> float:
    """The value below which the share p of the cases lies, cases taken as evenly spread within their bin.

    It is off by at most the width of one bin. Raises ValueError when there is no case.
    """
    passed = counts.cumsum()
    n = int(passed[-1]) if len(passed) else 0
    if not n:
        raise ValueError("a quantile of nothing")
    wanted = p * n
    number = int(passed.searchsorted(wanted)) if wanted else int(np.argmax(counts > 0))
    low, high = edges(number)
    count = int(counts[number])
    return low + (high - low) * (wanted - (int(passed[number]) - count)) / count
