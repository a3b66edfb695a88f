"""What a detector makes of each day of the series that a question is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from dashapp.domain.ask import Ask, Window
from dashapp.metrics.counted import Counted, counted
from dashapp.metrics.desk import Desk
from dashapp.metrics.detectors import Detector, Numbers, Verdict
from dashapp.metrics.pool import Groups
from dashapp.metrics.registry import METRICS


@dataclass(frozen=True)
class Alarm:
    """A day of a series that the detector finds unusual: its flags, those to be expected, and its score."""

    day: date
    group: Groups
    observed: int
    expected: float
    score: float


@dataclass(frozen=True)
class Judged:
    """A day as the detector saw it: its flags, its score, what was to be expected, and between which counts it would
    have been no alarm.

    Flags are None for a day that is unknown to it, all else also for one that it could not judge. `drop` is a day with
    fewer flags than that, `provisional` one judged on little history.
    """

    day: date
    observed: int | None
    score: float | None
    expected: float | None
    low: float | None
    high: float | None
    alarm: bool
    drop: bool
    provisional: bool


@dataclass(frozen=True)
class Series:
    """The days of one series; its group has a value for each dimension that the detector splits by."""

    group: Groups
    days: tuple[Judged, ...]

    @property
    def alarms(self) -> list[Alarm]:
        """The days that are unusual, up."""
        return [
            Alarm(day.day, self.group, day.observed, day.expected, day.score)
            for day in self.days
            if day.alarm and day.observed is not None and day.expected is not None and day.score is not None
        ]


def anew(desk: Desk, ask: Ask, detector: Detector) -> list[Series]:
    """What the detector makes now of each day of the window, by series.

    It reads the daily counts of the flags that the question is about. Days that no origin covers and days that may
    still change are unknown to it, neither judged nor part of a baseline.
    """
    reach = Window(ask.window.since - timedelta(days=detector.before), ask.window.until)
    found = counted(desk, METRICS["flags"], replace(ask, window=reach), detector.by)
    verdict = detector.verdict(found.over, found.weekday)
    return [_series(found, verdict, place, ask.window) for place in range(len(found.groups))]


def _series(found: Counted, verdict: Verdict, place: int, window: Window) -> Series:
    numbers = (found.over, verdict.score, verdict.expected, verdict.low, verdict.high)
    columns = [_known(series[place]) for series in numbers]
    marks = [mask[place].tolist() for mask in (verdict.alarm, verdict.drop, verdict.provisional)]
    days = [
        Judged(day, None if count is None else int(count), score, expected, low, high, alarm, drop, provisional)
        for day, count, score, expected, low, high, alarm, drop, provisional in zip(
            found.days, *columns, *marks, strict=True
        )
    ]
    return Series(found.groups[place], tuple(_within(days, window)))


def _within(days: Sequence[Judged], window: Window) -> Iterable[Judged]:
    """The days of a window; those of which nothing is known are unknown."""
    by_day = {day.day: day for day in days}
    unknown = Judged(window.since, None, None, None, None, None, alarm=False, drop=False, provisional=False)
    return (by_day.get(day) or replace(unknown, day=day) for day in window)


def _known(series: Numbers) -> list[float | None]:
    """The numbers of a series, None for NaN."""
    return [None if np.isnan(value) else float(value) for value in series]
