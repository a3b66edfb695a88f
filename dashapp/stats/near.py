"""Which contents are nearly the same, by their SimHashes: of 64 bits, two texts that are alike differ in few."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint64]

BITS = 3
"""Bits that near-duplicates differ in at most (Manku, Jain and Das Sarma 2007)."""
BANDS = BITS + 1
"""Equal parts of a hash: three bits cannot touch all four, so near-duplicates share at least one part."""
ROUNDS = 16
"""Hashes of one part that the others of it are held against, so that the time is in proportion to their number."""


def merged(cell: Ints, content: Ints, hashes: Hashes) -> Ints:
    """Flags' contents, numbered, with one number for those of a cell that are nearly the same. `hashes` are those of
    the contents by their number.
    """
    pairs, place = np.unique(cell * len(hashes) + content, return_inverse=True)
    one = pairs % len(hashes)
    return np.asarray(one[clusters(hashes[one], pairs // len(hashes))][place])


def clusters(hashes: Hashes, group: Ints) -> Ints:
    """For each hash the place of the first of its cluster; a cluster lies within a group.

    Hashes that share a part are held against the first of them, those that are not near it against the next, and so on:
    whatever is near the same hash is one cluster.
    """
    edges = [_near(hashes, group, band) for band in range(BANDS)]
    members, leaders = (np.concatenate(ends) for ends in zip(*edges, strict=True))
    first = np.arange(len(hashes))
    while True:
        low = np.minimum(first[members], first[leaders])
        lower = first.copy()
        np.minimum.at(lower, members, low)
        np.minimum.at(lower, leaders, low)
        lower = lower[lower]
        if (lower == first).all():
            return first
        first = lower


def _near(hashes: Hashes, group: Ints, band: int) -> tuple[Ints, Ints]:
    """Places of hashes that share a part and are near each other: one of them, and the first that it is near to."""
    width = 64 // BANDS
    part = (hashes >> np.uint64(width * band)) & np.uint64(2**width - 1)
    key = (group << width) + part.astype(np.int64)
    left = np.argsort(key, kind="stable")
    found: list[tuple[Ints, Ints]] = [(left[:0], left[:0])]
    for _ in range(ROUNDS):
        _, begins, sizes = np.unique(key[left], return_index=True, return_counts=True)
        leader = np.repeat(left[begins], sizes)
        near = np.bitwise_count(hashes[left] ^ hashes[leader]) <= BITS
        found.append((left[near], leader[near]))
        left = left[~near]
        if not len(left):
            break
    members, leaders = zip(*found, strict=True)
    return np.concatenate(members), np.concatenate(leaders)
