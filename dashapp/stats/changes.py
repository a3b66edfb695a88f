"""Changes of definition: days from which several series of one origin mean something else.

A list of categories is cut anew, a reporting schema changes: some series move for good, some end, others begin, all
within days. One such day is one finding, and not an attack on each series.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashapp.stats.outbreak import ALERT, CRITICAL, LEAST, Judged

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

TOGETHER = 3
"""Days within which series break together."""
SHARE = 0.25
"""Of an origin's series that breaks in a change of definition, and at least `FEWEST`."""
FEWEST = 3
LASTS = 3
"""Days for which a series stays off to count as broken, not as hit by an attack or a lost feed."""
LASTS_ONE_WAY = 7
"""The same where all series move in one direction, as a long attack or a broken feed would have it."""
REMEMBERED = 28
"""Days before, in which a series was always there, or never."""
MOSTLY = 0.8
"""Share of those days on which a series that was there had a count."""
APART = 14
"""Days between two changes."""


@dataclass(frozen=True)
class Change:
    """A day from which the series named mean something else: those that moved, ended or began on it or within days."""

    day: int
    series: tuple[int, ...]


@dataclass(frozen=True)
class _Breaks:
    """Where series break, (series, days): up and down for so long that it counts, and the whole or nothing of it."""

    up: Mask
    down: Mask
    began: Mask
    ended: Mask


def changes(counts: Numbers, judged: Judged) -> list[Change]:
    """The changes of definition among the series of one origin, (series, days), by day.

    It takes `LASTS` days to see one. Days without data in any series do not count. Baselines start anew when `judge` is
    given the days as restarts of the series named.
    """
    days = np.flatnonzero(np.isfinite(counts).any(axis=0))
    if not days.size:
        return []
    known = counts[:, days]
    short, long = (_breaks(known, judged.p[:, days], judged.p_low[:, days], lasts) for lasts in (LASTS, LASTS_ONE_WAY))
    active = _share_present(known, REMEMBERED, LEAST)
    found: list[Change] = []
    free = 0
    for day in range(len(days)):
        broken = _broken(short, long, day) if day >= free else None
        if broken is not None and _is_change(short, broken, active[:, day], day):
            starts = (short.up | short.down | short.began | short.ended)[:, day : day + TOGETHER]
            at = day + int(starts[broken].sum(axis=0).argmax())
            members = broken | _broken(short, long, at)
            found.append(Change(int(days[at]), tuple(np.flatnonzero(members).tolist())))
            free = at + APART
    return found


def _broken(short: _Breaks, long: _Breaks, day: int) -> Mask:
    """The series that break within days from a day on: for longer where all move in one direction."""
    up, down, began, ended = (kind.any(axis=1) for kind in _within(short, day))
    if (up | began).any() and (down | ended).any():
        return np.asarray(up | down | began | ended)
    return np.asarray(np.any(_within(long, day), axis=(0, 2)))


def _is_change(short: _Breaks, broken: Mask, active: Mask, day: int) -> bool:
    """Whether series that break together are enough to be a change of definition, or some end and others begin."""
    recut = all(kind.any() for kind in _within(short, day)[2:])
    return bool(recut or broken.sum() >= max(FEWEST, SHARE * (active | broken).sum()))


def _within(breaks: _Breaks, day: int) -> list[Mask]:
    """Where series move up, move down, begin and end within days from a day on."""
    window = slice(day, day + TOGETHER)
    return [kind[:, window] for kind in (breaks.up, breaks.down, breaks.began, breaks.ended)]


def _breaks(counts: Numbers, p: Numbers, p_low: Numbers, lasts: int) -> _Breaks:
    """Where series begin to be off in one direction for `lasts` days, where they begin and where they end."""
    there, gone = counts >= LEAST, counts == 0
    before = _share_present(counts, REMEMBERED, 1)
    never = _share_absent(counts, REMEMBERED)
    return _Breaks(
        _first(p < CRITICAL, p < ALERT, lasts),
        _first(p_low < CRITICAL, p_low < ALERT, lasts),
        _from(there, lasts) & never,
        _first(gone, gone, lasts) & before,
    )


def _first(strict: Mask, loose: Mask, lasts: int) -> Mask:
    """Where a run of `lasts` days begins that is strictly off on its first day."""
    run = _from(loose, lasts) & strict
    run[:, 1:] &= ~loose[:, :-1]
    return run


def _from(mask: Mask, lasts: int) -> Mask:
    """Where the mask holds for that many days, the day itself the first."""
    padded = np.pad(mask, ((0, 0), (0, lasts - 1)))
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, lasts, axis=1).all(axis=2))


def _share_present(counts: Numbers, days: int, least: int) -> Mask:
    """Whether a count of at least so much was there on most of the days before, of which half must be known."""
    known = np.maximum(_before(np.isfinite(counts), days), days / 2)
    return np.asarray(_before(counts >= least, days) >= MOSTLY * known)


def _share_absent(counts: Numbers, days: int) -> Mask:
    """Whether there was no count on any of the days before, of which half must be known."""
    return np.asarray((_before(counts > 0, days) == 0) & (_before(np.isfinite(counts), days) >= days / 2))


def _before(mask: Mask, days: int) -> NDArray[np.intp]:
    """On how many of so many days before each the mask holds."""
    total = np.pad(np.cumsum(mask, axis=1), ((0, 0), (days + 1, 0)))
    return np.asarray(total[:, days:-1] - total[:, : -days - 1])
