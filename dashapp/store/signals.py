"""What the flags of each day and category have in common, counted while a stretch of days is rolled up."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement

from dashapp.stats.near import merged
from dashapp.stats.traces import NOT_SAID, Traces, counted
from dashapp.store.portable import epoch
from dashapp.store.schema import cube_hour, flag, signal_day
from dashapp.store.sums import Columns, Ints

SIMHASH = re.compile("[0-9a-f]{16}")
"""A content key that is a SimHash: near ones count as the same. Other keys are the same or not."""

MOMENTS = ("moment", "born")
KEYS = ("target_key", "reporter_key", "content_key")
READ: tuple[ColumnElement[Any], ...] = (
    epoch(flag.c.flagged_at).label("moment"),
    epoch(flag.c.target_created_at).label("born"),
    *(flag.c[name] for name in KEYS),
)
"""What is read of each flag, beside its day and category."""
HOUR = 3600
NOTHING = hash(None)


class Trails:
    """The flags of a stretch of days, gathered batch by batch. Of keys their hashes are kept, 64 bits that no two keys
    share in practice: it takes a third of the time of numbering them.
    """

    def __init__(self) -> None:
        self.batches: list[tuple[NDArray[Any], ...]] = []
        self.simhashes: dict[int, int] = {}
        """By the hash of a content key that is a SimHash, its number."""

    def add(self, numbered: Mapping[str, Ints], columns: Mapping[str, Sequence[Any]]) -> None:
        """Take in flags: their days and categories, numbered, and READ."""
        moments = (np.array(columns[name], dtype=np.float64) for name in MOMENTS)
        keys = (np.fromiter(map(hash, columns[name]), np.int64, len(columns[name])) for name in KEYS)
        self.batches.append((numbered["day"], numbered["category"], *moments, *keys))
        like = (key for key in columns["content_key"] if key is not None and len(key) == 16)
        self.simhashes.update((hash(key), int(key, 16)) for key in like if SIMHASH.fullmatch(key))

    def columns(self, numbers: Mapping[str, Mapping[Any, int]]) -> Columns:
        """The rows of signal_day, but for the origin; `numbers` are those of days and categories. What no flag of a row
        can tell is null.
        """
        if not self.batches:
            return {column.name: [] for column in signal_day.columns if column.name != "origin"}
        day, category, moment, born, *keys = (np.concatenate(parts) for parts in zip(*self.batches, strict=True))
        values, cell = np.unique(day * len(numbers["category"]) + category, return_inverse=True)
        target, reporter = (_compact(key)[1] for key in keys[:2])
        content = _alike(cell, *_compact(keys[2]), self.simhashes)
        told = counted(Traces(cell, moment, target, born, reporter, content), len(values))
        days, categories = np.divmod(values, len(numbers["category"]))
        whole = {name: [None if isnan(value) else int(value) for value in told[name].tolist()] for name in told}
        named = {"day": _named(numbers["day"], days), "category": _named(numbers["category"], categories)}
        return {**named, "flags": np.bincount(cell).tolist(), **whole}

    def hours(self, numbers: Mapping[str, Mapping[Any, int]]) -> Columns:
        """The rows of cube_hour, but for the origin."""
        if not self.batches:
            return {column.name: [] for column in cube_hour.columns if column.name != "origin"}
        day, category, moment = (np.concatenate(parts) for parts in list(zip(*self.batches, strict=True))[:3])
        known = np.isfinite(moment)
        hour = (moment[known] // HOUR).astype(np.int64)
        cells, raised = np.unique(np.stack([day[known], hour, category[known]]), axis=1, return_counts=True)
        return {
            "day": _named(numbers["day"], cells[0]),
            "hour": [datetime.fromtimestamp(number * HOUR, UTC) for number in cells[1].tolist()],
            "category": _named(numbers["category"], cells[2]),
            "raised": raised.tolist(),
        }


def _compact(hashes: Ints) -> tuple[Ints, Ints]:
    """The hashes that occur, sorted, and of each flag the place of its own; NOT_SAID where it has no key."""
    values, places = np.unique(hashes, return_inverse=True)
    return values, np.where(hashes == NOTHING, NOT_SAID, places)


def _alike(cell: Ints, values: Ints, content: Ints, simhashes: Mapping[int, int]) -> Ints:
    """Contents with one number for those of a cell that are nearly the same; `values` are the hashes of their keys."""
    if not simhashes:
        return content
    places = np.searchsorted(values, np.fromiter(simhashes, np.int64))
    known, bits = np.zeros(len(values), dtype=bool), np.zeros(len(values), dtype=np.uint64)
    known[places], bits[places] = True, np.fromiter(simhashes.values(), np.uint64)
    told = (content != NOT_SAID) & known[content]
    together = content.copy()
    together[told] = merged(cell[told], content[told], bits)
    return together


def _named(numbers: Mapping[Any, int], wanted: Ints) -> list[Any]:
    """The values that have these numbers."""
    values = list(numbers)  # numbered in the order in which they came
    return [values[number] for number in wanted.tolist()]
