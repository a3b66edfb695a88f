"""Intervals for shares."""

from math import sqrt

Z95 = 1.959963984540054


def wilson(successes: float, cases: float) -> tuple[float, float]:
    """The 95 % interval of a share, both ends from 0 to 1 (Wilson 1927, JASA 22:209)."""
    share, z2 = successes / cases, Z95 * Z95
    centre = (share + z2 / (2 * cases)) / (1 + z2 / cases)
    half = Z95 / (1 + z2 / cases) * sqrt(share * (1 - share) / cases + z2 / (4 * cases * cases))
    return max(0.0, centre - half), min(1.0, centre + half)
