import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dashapp.stats.near import clusters, merged

hashes = st.integers(0, 2**64 - 1)
flips = st.sets(st.integers(0, 63), max_size=3)


def together(values: list[int], group: list[int] | None = None) -> list[int]:
    return clusters(np.array(values, dtype=np.uint64), np.array(group or [0] * len(values), dtype=np.int64)).tolist()


def flipped(value: int, bits: set[int]) -> int:
    return value ^ sum(1 << bit for bit in bits)


@settings(max_examples=300, deadline=None, database=None)
@given(hashes, st.lists(flips, max_size=8))
def test_variants_within_three_bits_of_one_text_are_one_cluster_whichever_bits_they_are(
    value: int, variants: list[set[int]]
) -> None:
    assert together([value, *(flipped(value, bits) for bits in variants)]) == [0] * (1 + len(variants))


def test_four_bits_are_another_text() -> None:
    assert together([0, 0b1111, 0b111]) == [0, 1, 0]
    assert together([0, 0b1111]) == [0, 1]
    assert together([0, 2**63 + 2**40 + 2**20 + 1]) == [0, 1]


def test_the_same_hash_in_two_groups_is_two_clusters() -> None:
    assert together([5, 5, 5], [0, 1, 0]) == [0, 1, 0]


def test_hashes_that_share_a_part_but_are_unlike_stay_apart() -> None:
    unlike = [number * 0x1111_0000 for number in range(12)]
    assert together(unlike) == list(range(12))


def test_nothing_is_no_cluster() -> None:
    assert together([]) == []


def test_contents_of_a_cell_that_are_near_get_one_number_and_elsewhere_keep_their_own() -> None:
    cell, content = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 2, 1, 2])
    found = merged(cell, content, np.array([0, 1, 2**60 + 2**50 + 2**40 + 2**30], dtype=np.uint64))
    assert found.tolist() == [0, 0, 2, 1, 2]
