"""Which alarms of a series are one incident: those within a week of each other, as an analyst reads them."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from dashapp.metrics.counted import Mask
from dashapp.metrics.looking import Look
from dashapp.stats.outbreak import LARGEST_GAP
from dashapp.store.findings import Finding

STORY = 6
"""Days without an alarm that two alarms of one incident may have between them: what comes back on the same weekday goes
on. It was over meanwhile, from the second such day on.
"""

Numbered = NDArray[np.intp]


def spoken(seen: Look, findings: Iterable[Finding], series: Iterable[str]) -> Numbered:
    """The number of the incident that an analyst has judged, (series, days), on its days in its series and in those
    that are part of it; else 0. What was judged of a series itself goes before what was judged of a whole.
    """
    names = list(series)
    found = np.zeros((len(names), seen.counted.days.length), dtype=np.intp)
    for one in sorted(findings, key=lambda one: len(one.seen.series)):
        since, until = ((day - seen.counted.days.since).days for day in (one.seen.since, one.seen.until))
        rows = [row for row, name in enumerate(names) if f"{name}&".startswith(f"{one.seen.series}&")]
        found[rows, max(0, since) : max(0, until + 1)] = one.id
    return found


def stories(alarms: Mask, said: Numbered) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """The places of a series and of its alarms that are one incident. `said` is of `spoken`: what an analyst has judged
    has the alarms of the days that were judged, and no other, for nobody would look at those.
    """
    spells = np.cumsum(np.diff(said, axis=1, prepend=0) != 0, axis=1)
    for row in np.flatnonzero(alarms.any(axis=1)).tolist():
        days = np.flatnonzero(alarms[row])
        apart = (np.diff(days) - 1 > STORY) | (np.diff(spells[row, days]) != 0)
        for run in np.split(days, np.flatnonzero(apart) + 1):
            yield row, run


def quiet(run: NDArray[np.intp]) -> list[int]:
    """The days between the alarms of an incident on which it was over."""
    pairs = zip(run[:-1].tolist(), run[1:].tolist(), strict=True)
    return [
        day for last, following in pairs if following - last > LARGEST_GAP + 1 for day in range(last + 1, following)
    ]
