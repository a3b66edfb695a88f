"""What the flags of a day have in common, counted: accounts, contents, reporters and moments that come again."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NOT_SAID = -1
"""In an array of numbered keys: none."""
YOUNG = 7 * 86400
"""Seconds below which an account is new."""
BURST, TOGETHER = 15 * 60, 60 * 60
"""Seconds of a burst, and within which two reports of one account come together."""
LEAST_COPIES = 3
"""Flags of the same content from which on they are copies."""


class Traces(NamedTuple):
    """Flags as arrays of shape (flags,). `cell` is the number of the day and category that a flag counts for; accounts,
    reporters and contents are numbered, NOT_SAID where there is none; moments are in seconds, NaN where not known.
    Near-duplicates have one number of `content` within a cell (near.clusters).
    """

    cell: Ints
    moment: Floats
    target: Ints
    born: Floats
    """When the account was opened."""
    reporter: Ints
    content: Ints


def counted(traces: Traces, cells: int) -> dict[str, Floats]:
    """The statistics of coordination.Signals, each of shape (cells,); NaN for what no flag of a cell can tell."""
    timed, aimed = np.isfinite(traces.moment), traces.target != NOT_SAID
    reported, aged = traces.reporter != NOT_SAID, timed & np.isfinite(traces.born)
    keyed, traced = traces.content != NOT_SAID, timed & aimed & reported
    young = aged & (traces.moment - traces.born < YOUNG)
    seen = {
        ("targeted", "target_pairs"): (aimed, _pairs(traces.cell, traces.target, aimed, cells)),
        ("aged", "young"): (aged, _sums(traces.cell[young], cells)),
        ("keyed", "copies"): (keyed, _copies(traces.cell, traces.content, keyed, cells)),
        ("timed", "burst"): (timed, _bursts(traces.cell[timed], traces.moment[timed], cells)),
        ("reported", "reporter_pairs"): (reported, _pairs(traces.cell, traces.reporter, reported, cells)),
        ("traced", "co_reports"): (traced, _co_reports(traces, traced, cells)),
    }
    columns: dict[str, Floats] = {}
    for (of, name), (tells, values) in seen.items():
        columns[of] = _sums(traces.cell[tells], cells)
        columns[name] = np.where(columns[of] > 0, values, np.nan)
    return columns


def _sums(cell: Ints, cells: int, weights: Ints | None = None) -> Floats:
    """How many flags each cell has, or the sums of their weights."""
    return np.bincount(cell, weights, minlength=cells).astype(np.float64)


def _shared(cell: Ints, number: Ints) -> tuple[Ints, Ints]:
    """Of every number that occurs in a cell, the cell and how often."""
    width = number.max(initial=0) + 1
    found, times = np.unique(cell * width + number, return_counts=True)
    return found // width, times


def _pairs(cell: Ints, number: Ints, told: Bools, cells: int) -> Floats:
    """Pairs of flags of a cell that have the same number."""
    where, times = _shared(cell[told], number[told])
    return _sums(where, cells, times * (times - 1) // 2)


def _copies(cell: Ints, content: Ints, told: Bools, cells: int) -> Floats:
    """Flags of a cell whose content comes LEAST_COPIES times or more."""
    where, times = _shared(cell[told], content[told])
    many = times >= LEAST_COPIES
    return _sums(where[many], cells, times[many])


def _bursts(cell: Ints, moment: Floats, cells: int) -> Floats:
    """The most flags of a cell within less than BURST seconds, from any moment on."""
    line, _ = _line(cell, moment)
    within = np.searchsorted(line, line + BURST) - np.arange(len(line))
    there, begins = np.unique(np.sort(cell), return_index=True)
    most = np.zeros(cells)
    most[there] = np.maximum.reduceat(within, begins) if len(begins) else []
    return most


def _co_reports(traces: Traces, told: Bools, cells: int) -> Floats:
    """Pairs of flags about one account, by different reporters, at most TOGETHER seconds apart: all that are so close
    but those by one reporter.
    """
    cell, moment = traces.cell[told], traces.moment[told]
    aimed = _joined(cell, traces.target[told])
    return _close(cell, aimed, moment, cells) - _close(cell, _joined(aimed, traces.reporter[told]), moment, cells)


def _joined(number: Ints, other: Ints) -> Ints:
    """One number for each pair of numbers, as small as may be."""
    return np.unique(number * (other.max(initial=0) + 1) + other, return_inverse=True)[1]


def _close(cell: Ints, group: Ints, moment: Floats, cells: int) -> Floats:
    """Pairs of flags of a group at most TOGETHER seconds apart, by cell; a group lies in one cell."""
    line, order = _line(group, moment)
    after = np.searchsorted(line, line + TOGETHER, side="right") - np.arange(len(line)) - 1
    return _sums(cell[order], cells, after)


def _line(group: Ints, moment: Floats) -> tuple[Ints, Ints]:
    """The moments of all groups on one line, sorted, groups further apart than any window; and whose each is."""
    seconds = np.floor(moment).astype(np.int64)
    start = seconds.min(initial=np.iinfo(np.int64).max)
    reach = seconds.max(initial=start) - start + BURST + TOGETHER
    line = group * reach + (seconds - start)
    order = np.argsort(line, kind="stable")
    return line[order], order
