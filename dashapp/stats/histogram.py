"""Reading values off histograms."""

from collections.abc import Callable, Mapping

Histogram = dict[int, int]
"""Cases by bin number."""
Edges = Callable[[int], tuple[float, float]]
"""The two ends of a bin by its number."""


def quantile(counts: Mapping[int, int], edges: Edges, p: float) -> float:
    """The value below which the share p of the cases lies, cases taken as evenly spread within their bin.

    It is off by at most the width of one bin. Raises ValueError when there is no case.
    """
    n = sum(counts.values())
    if not n:
        raise ValueError("a quantile of nothing")
    wanted, passed = p * n, 0
    filled = sorted(number for number, count in counts.items() if count)
    for number in filled:
        if passed + counts[number] >= wanted:
            low, high = edges(number)
            return low + (high - low) * (wanted - passed) / counts[number]
        passed += counts[number]
    return edges(filled[-1])[1]
