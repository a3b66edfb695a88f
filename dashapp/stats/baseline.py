"""Which of the days before a day it is held against."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashapp.stats.loglinear import Design

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEVEL_SD = 10.0
"""Of the level about the mean's logarithm: holds a series of zeros in place, weighs nothing otherwise."""

NEVER = np.iinfo(np.intp).max
"""The day from which an alarm may be part of a baseline."""


@dataclass(frozen=True)
class Settings:
    """The model's sizes, in periods, and how far its parts may lie from nothing, as standard deviations of logarithms.

    The defaults are for days. A day is judged once `least` days of its baseline are known, provisionally up to
    `provisional`. The last `guard` days before it are left out, so that the first days of a slow attack do not hide the
    next. Alarms are left out of later baselines for `longest` days running. A series that was off on `longest` of
    `longest` + `slack` days has a new level: its baseline starts anew with them. A day weighs half as much as one
    `half_life` periods after it: levels wander. The level of the last `recent` periods of the baseline may lie off the
    trend by so much: a stiff trend and few recent days follow a slow wave better than a trend that gives way, which
    then leads on where the wave turns.
    """

    window: int = 84
    guard: int = 3
    least: int = 7
    provisional: int = 21
    longest: int = 14
    slack: int = 2
    trend_unit: float = 28.0
    trend_sd: float = 0.1
    season_sd: float = 0.2
    half_life: float = 65.0
    recent: int = 10
    recent_sd: float = 0.1


@dataclass(frozen=True)
class Past:
    """The baselines of some days, (days, series, window): `known` are the days with data, alarms included; `weights`
    are 0 for the days that are no part of a baseline.
    """

    counts: Numbers
    known: Mask
    weights: Numbers
    design: Design


class Baselines:
    """The baselines of the next days, kept as days pass.

    A baseline ends `guard` days before its day, so that what is made of a day tells on nothing sooner than `guard` + 1
    days later: so many days can be judged at once.
    """

    def __init__(
        self,
        counts: Numbers,
        season: NDArray[np.integer],
        settings: Settings,
        excluded: Mask | None = None,
        restarts: Mask | None = None,
    ) -> None:
        series, days = counts.shape
        self._settings = settings
        self._ahead = settings.window + settings.guard
        known = np.isfinite(counts)
        ahead = np.zeros((series, self._ahead))
        self._counts = np.hstack([ahead, np.where(known, counts, 0.0)])
        self._known = np.hstack([ahead > 0, known if excluded is None else known & ~excluded])
        self._fading = 0.5 ** (np.arange(settings.window)[::-1] / settings.half_life)
        self._from = np.zeros(self._known.shape, dtype=np.intp)
        self._alarmed = np.zeros((series, self._ahead + days), dtype=bool)
        self._running = np.zeros(series, dtype=np.intp)
        self._columns = _columns(season, settings)
        begins = np.where(False if restarts is None else restarts, np.arange(days) + self._ahead, 0)
        self._begin = np.maximum.accumulate(np.broadcast_to(begins, (series, days)), axis=1)

    def before(self, days: range) -> Past:
        """The baselines of these days."""
        window, reach = self._settings.window, slice(days.start, days.stop + self._settings.window - 1)
        at = np.lib.stride_tricks.sliding_window_view(np.arange(reach.start, reach.stop), window)
        since = self._begin[:, days.start : days.stop].T[:, :, None]
        admitted = _windows(self._from[:, reach], window) <= np.asarray(days)[:, None, None]
        known = _windows(self._known[:, reach], window) & (at[:, None, :] >= since)
        weights = known * admitted * self._fading
        return Past(_windows(self._counts[:, reach], window), known, weights, self._design(days, reach))

    def _design(self, days: range, reach: slice) -> Design:
        columns = np.lib.stride_tricks.sliding_window_view(self._columns[reach], self._settings.window, axis=0)
        columns = columns.transpose(0, 2, 1).copy()
        columns[:, :, -2] = np.arange(-self._ahead, -self._settings.guard) / self._settings.trend_unit
        target = self._columns[days.start + self._ahead : days.stop + self._ahead, None, :]
        return Design(columns, target, _precision(columns, self._settings))

    def passed(self, day: int, alarmed: Mask) -> None:
        """A day was judged: it leaves later baselines where it is an alarm, unless alarms have become the rule."""
        settings, at = self._settings, day + self._ahead
        self._running = np.where(alarmed, self._running + 1, 0)
        self._from[alarmed & (self._running <= settings.longest), at] = NEVER
        self._alarmed[:, at] = alarmed
        stretch = slice(at + 1 - settings.longest - settings.slack, at + 1)
        lasting = self._alarmed[:, stretch].sum(axis=1) >= settings.longest
        if lasting.any():
            later = day + settings.guard + 1
            self._from[lasting, stretch] = np.minimum(self._from[lasting, stretch], later)
            self._begin[lasting, later:] = np.maximum(self._begin[lasting, later:], stretch.start)
            self._alarmed[lasting, stretch] = False


def _columns(season: NDArray[np.integer], settings: Settings) -> Numbers:
    """Seasons, a place for the trend, and one, of each day and of those before the first."""
    ahead, days = settings.window + settings.guard, len(season)
    columns = np.zeros((ahead + days, int(season.max(initial=0)) + 3))
    columns[np.arange(days) + ahead, season] = 1.0
    columns[:, -1] = 1.0
    return columns


def _precision(columns: Numbers, settings: Settings) -> Numbers:
    return np.array([*[settings.season_sd**-2] * (columns.shape[2] - 2), settings.trend_sd**-2, LEVEL_SD**-2])


def _windows(values: NDArray[Any], window: int) -> NDArray[Any]:
    """(series, days) as (days, series, window)."""
    windows = np.lib.stride_tricks.sliding_window_view(values, window, axis=1)
    return np.ascontiguousarray(windows.transpose(1, 0, 2))
