"""Daily counts as the arrays that detectors read."""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.vocabulary import NOT_GIVEN, Dim
from dashapp.metrics.desk import Desk
from dashapp.metrics.measure import measure
from dashapp.metrics.measurement import Measurement
from dashapp.metrics.pool import Groups
from dashapp.metrics.registry import Metric

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Unmeasured(Exception):
    """The series that a detector reads could not be had; the measurement says why."""

    def __init__(self, measurement: Measurement) -> None:
        super().__init__(measurement.error)
        self.measurement = measurement


@dataclass(frozen=True)
class Counted:
    """Counts by series and day, NaN where no origin covers the day; `settled` (days,) are those that change no more."""

    groups: tuple[Groups, ...]
    days: Window
    counts: Numbers
    settled: NDArray[np.bool_]

    @property
    def weekday(self) -> NDArray[np.intp]:
        """Of each day, 0 for Monday."""
        return (np.arange(self.days.length) + self.days.since.weekday()) % 7

    @property
    def over(self) -> Numbers:
        """The counts of days that are over, NaN for any other."""
        return np.where(self.settled, self.counts, np.nan)


def counted(desk: Desk, metric: Metric, ask: Ask, by: tuple[Dim, ...]) -> Counted:
    """The daily counts of a metric that a question is about, one series for each group of `by` that it has, but for
    those whose finest part is not given.

    Days before the first one of which anything is known are left out.
    """
    answer = measure(desk, metric, replace(ask, grain=Grain.DAY, by=by, trailing=1))
    if answer.error:
        raise Unmeasured(answer)
    told = [point for point in answer.points if len(by) < 2 or point.groups[-1] != NOT_GIVEN]
    groups = tuple(sorted({point.groups for point in told})) if by else ((),)
    known = [point.bucket for point in answer.points if point.value is not None]
    days = Window(min(known, default=ask.window.until), ask.window.until)
    counts, settled = np.full((len(groups), days.length), np.nan), np.ones(days.length, dtype=bool)
    place = {group: number for number, group in enumerate(groups)}
    for point in told:
        if point.value is not None:
            at = (point.bucket - days.since) // timedelta(days=1)
            counts[place[point.groups], at] = point.value
            settled[at] &= not point.provisional
    return Counted(groups, days, counts, settled)
