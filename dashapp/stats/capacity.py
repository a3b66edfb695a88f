"""How many reviewers a queue needs at least, so that what comes in can be decided within its SLA."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

HOURS = 24
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Bound:
    """The fewest reviewers that can be enough; None where a part of what came in is late with any number of them.

    `ceiling` is the share of it, 0 to 1, that can be decided in time at all; `first` and `last` are the places of the
    days on which it came that needs the most of them; `late` those of the days of which a part is late with any number.
    """

    reviewers: int | None
    ceiling: float
    first: int
    last: int
    late: tuple[int, ...] = ()


def demand_bound(arrivals: Mapping[float, Sequence[float]], shifts: Sequence[bool], capacity: float) -> Bound | None:
    """The demand bound over consecutive days: what comes in after one moment and is due by another must be decided
    between the two, so that N >= A / (kappa H) for each pair of moments, with A what came and is due, kappa the
    `capacity` of a reviewer (cases a day) and H the days between on which somebody decides, in `shifts`. None where
    nothing came in.

    `arrivals` are daily counts by the hours within which they are to be decided: each kind is due by its own SLA, as in
    the processor demand criterion for tasks with deadlines (Baruah, Rosier and Howell, Real-Time Systems 2, 1990); with
    the shortest SLA for all, what may wait for days would be counted as due at once. Moments are the ends of days and
    what lies an SLA behind them. A day is one shift, spread evenly over its hours. What waited before the first day,
    and how arrivals lie within a day, is not known to it: fewer reviewers are not enough, as many may not be. Days
    after the last are taken as days with a shift.
    """
    came = {hours: np.asarray(counts, dtype=np.float64) for hours, counts in arrivals.items()}
    total = sum(counts.sum() for counts in came.values())
    if not total:
        return None
    late = _late(came, shifts)
    ceiling = 1 - late.sum() / total
    begins, ends = np.arange(len(shifts)), _due(came, len(shifts))
    demand = _demand(came, begins, ends)
    supply = capacity * (_shifts_until(ends, shifts)[None, :] - _shifts_until(HOURS * begins, shifts)[:, None])
    needed = np.divide(demand, supply, out=np.zeros_like(demand), where=supply > 0)
    begin, end = np.unravel_index(int(needed.argmax()), needed.shape)
    last = max(_days_due(ends[end], hours, len(shifts)) for hours in came) - 1
    hopeless = tuple(int(day) for day in np.flatnonzero(late))
    reviewers = None if hopeless else math.ceil(needed.max() - 1e-9)
    return Bound(reviewers, float(ceiling), int(begin), int(last), hopeless)


def _due(came: Mapping[float, Numbers], days: int) -> Numbers:
    """The moments by which what came on one of the days, with those before, is due: hours since the first day began."""
    ends = {HOURS * (day + 1) + hours for hours in came for day in range(days)}
    return np.array(sorted(ends), dtype=np.float64)


def _days_due(end: float, hours: float, days: int) -> int:
    """How many of the days, whole, are due by a moment."""
    return int(min(max((end - hours) // HOURS, 0), days))


def _demand(came: Mapping[float, Numbers], begins: NDArray[np.int64], ends: Numbers) -> Numbers:
    """What came from the beginning of each day on and is due by each moment."""
    demand = np.zeros((len(begins), len(ends)))
    for hours, counts in came.items():
        until = np.concatenate([[0.0], counts.cumsum()])
        due = np.array([_days_due(end, hours, len(counts)) for end in ends])
        demand += np.maximum(until[due][None, :] - until[begins][:, None], 0)
    return demand


def _shifts_until(moments: NDArray[Any], shifts: Sequence[bool]) -> Numbers:
    """How many days with a shift lie between the beginning of the first day and each moment."""
    edges = np.arange(len(shifts) + 1) * HOURS
    known = np.interp(moments, edges, np.concatenate([[0.0], np.cumsum(shifts, dtype=np.float64)]))
    return np.asarray(known + np.maximum(np.asarray(moments) - edges[-1], 0) / HOURS, dtype=np.float64)


def _late(came: Mapping[float, Numbers], shifts: Sequence[bool]) -> Numbers:
    """How much of what came on each day has no shift between its beginning and the moment at which it is due."""
    begins = np.arange(len(shifts)) * HOURS
    late = np.zeros(len(shifts))
    for hours, counts in came.items():
        reach = _shifts_until(begins + HOURS + hours, shifts) - _shifts_until(begins, shifts)
        late += np.where(reach > 0, 0, counts)
    return late
