"""Unusual volume: how far each day of a series of counts lies from what the days before it let expect.

A day is held against a quasi-Poisson model of the days before it, with a trend and weekdays. What the model took for
an outbreak is no part of later baselines, so that a long or a returning attack does not become the expectation.
Nothing here looks ahead: later days change no judgement.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashapp.stats.baseline import Baselines, Settings
from dashapp.stats.reference import Reference, reference
from dashapp.stats.tails import between, lower, upper

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

ALERT = 10**-2.5
"""A day is an alarm when a count so high has less than this chance."""
CRITICAL = 1e-4
"""Below it a day is an alarm beyond doubt."""
FALL = CRITICAL
"""A day is a fall when a count so low has less than this chance: a broken rule or a lost feed falls far."""
OFF = 10**-3.5
"""A day with less than this chance, up or down, that is also `FAR` off is no part of later baselines. At 1e-4 an attack
that returns each week becomes the expectation; at 1e-3 too few unusual days are left to learn from how rough a series
is.
"""
FAR = 2.0
"""Times the expected count, or the expected times the count: what is off by less is let in, as a lasting step is."""
LEAST = 5
"""Fewer flags are no alarm, however unlikely: three after fifty days without one are three flags. Nor is a fall by
fewer.
"""
LARGEST_GAP = 1
"""Days without an alarm that two alarms of one episode may have between them."""
DAILY = Settings()
HOURLY = Settings(
    window=28 * 24,
    guard=6,
    least=7 * 24,
    provisional=21 * 24,
    longest=24,
    slack=4,
    trend_unit=28 * 24,
    half_life=28 * 24,
    recent=10 * 24,
)
"""For hours, whose season is the hour of the day, and 24 more at weekends. Worth it from some 100 flags a day."""


@dataclass(frozen=True)
class Judged:
    """What was made of each day, all of shape (series, days); NaN where a day could not be judged.

    `low` to `high` are the counts that are no alarm, neither up nor down; `p` is the chance of a count at least as
    high, `p_low` of one at most as high; `provisional` says that little history was known. `variance` and `freedom` are
    the rest of what was expected, see `Reference`.
    """

    expected: Numbers
    low: Numbers
    high: Numbers
    p: Numbers
    p_low: Numbers
    provisional: Mask
    variance: Numbers
    freedom: Numbers
    alarmed: Mask
    """Days so far off that later baselines leave them out: what `judge` is given of days judged before."""


@dataclass(frozen=True)
class Episode:
    """Alarms of one series that belong together: their days, and the smallest chance among them."""

    series: int
    first: int
    last: int
    days: tuple[int, ...]
    p: float


def p_values(counts: Numbers, weekday: NDArray[np.integer], *, excluded: Mask | None = None) -> Numbers:
    """The chance of a count at least as high, (series, days) as the counts, NaN for a day that is not judged.

    NaN among the counts is a day without data. `weekday` (days,) is 0 to 6. `excluded` (series, days) marks days that
    enter no baseline, such as confirmed incidents.
    """
    return judge(counts, weekday, excluded=excluded).p


def judge(
    counts: Numbers,
    weekday: NDArray[np.integer],
    *,
    excluded: Mask | None = None,
    restarts: Mask | None = None,
    first: int = 0,
    alarmed: Mask | None = None,
    settings: Settings = DAILY,
) -> Judged:
    """What is made of each day from `first` on; see `p_values` for counts, weekday and excluded.

    Days before `first` are not judged again: `alarmed` (series, days) says of them what `Judged.alarmed` said, and the
    judgement is then the same as that of a replay. `restarts` (series, days) marks days from which a series means
    something else: no baseline reaches back beyond them. For hours, `weekday` is the season of each period, any small
    integer from 0, and `settings` count in periods.
    """
    days = counts.shape[1]
    baselines = Baselines(counts, weekday, settings, excluded, restarts)
    for day in range(first):
        baselines.passed(day, np.zeros(len(counts), dtype=bool) if alarmed is None else alarmed[:, day])
    found, out = np.full((6, *counts.shape), np.nan), np.zeros(counts.shape, dtype=bool)
    step = settings.guard + 1
    for since in range(first, days, step):
        block = range(since, min(since + step, days))
        found[:, :, block.start : block.stop] = _judged(counts, reference(baselines, block, settings), block)
        off = beyond(counts[:, block.start : block.stop], *found[:3, :, block.start : block.stop])
        out[:, block.start : block.stop] = off
        for place, day in enumerate(block):
            baselines.passed(day, off[:, place])
    p, p_low, mean, variance, freedom, history = found
    low, high = np.full((2, *counts.shape), np.nan)
    low[:, first:], high[:, first:] = _unalarming(*(values[:, first:] for values in (mean, variance, freedom)))
    return Judged(mean, low, high, p, p_low, history < settings.provisional, variance, freedom, out)


def _unalarming(mean: Numbers, variance: Numbers, freedom: Numbers) -> tuple[Numbers, Numbers]:
    """The lowest and the highest count that is no alarm."""
    low, _ = between(mean, variance, freedom, FALL)
    _, high = between(mean, variance, freedom, ALERT)
    return np.clip(low, 0.0, np.maximum(np.ceil(mean - LEAST), 0.0)), np.maximum(high, LEAST - 1.0)


def range_of_sum(judged: Judged, series: int, days: NDArray[np.intp]) -> tuple[float | None, float | None]:
    """The lowest and the highest sum of some days of a series that is no alarm; None where none was judged. Days count
    as independent, and the tail of the sum as heavy as the heaviest of theirs: of a single day it is its range.
    """
    known = days[np.isfinite(judged.expected[series, days])]
    if not known.size:
        return None, None
    mean, variance = (of[series, known].sum(keepdims=True) for of in (judged.expected, judged.variance))
    low, high = _unalarming(mean, variance, judged.freedom[series, known].min(keepdims=True))
    return float(low[0]), float(high[0])


def beyond(counts: Numbers, p: Numbers, p_low: Numbers, expected: Numbers) -> Mask:
    """The days that leave later baselines, of the shape of the counts."""
    return np.asarray(((p < OFF) & (counts > FAR * expected)) | ((p_low < OFF) & (FAR * counts < expected)))


def _judged(counts: Numbers, expected: Reference, days: range) -> Numbers:
    """Upper and lower tail of the counts and what was expected, (6, series, days)."""
    mean, variance, freedom, history = (
        values.T for values in (expected.mean, expected.variance, expected.freedom, expected.history)
    )
    seen = counts[:, days.start : days.stop]
    tails = (tail(seen, mean, variance, freedom) for tail in (upper, lower))
    return np.stack([*tails, mean, variance, freedom, history])


def episodes(p_values: Numbers, counts: Numbers) -> list[Episode]:
    """The alarms of each series, those no more than `LARGEST_GAP` apart together, by series and day."""
    return _episodes(p_values, (p_values < ALERT) & (counts >= LEAST))


def falls(judged: Judged, counts: Numbers) -> list[Episode]:
    """The days on which a series fell far below what was expected, those no more than `LARGEST_GAP` apart together."""
    return _episodes(judged.p_low, (judged.p_low < FALL) & (judged.expected - counts >= LEAST))


def _episodes(p_values: Numbers, alarm: Mask) -> list[Episode]:
    return [
        Episode(series, int(run[0]), int(run[-1]), tuple(int(day) for day in run), float(p_values[series, run].min()))
        for series in np.flatnonzero(alarm.any(axis=1)).tolist()
        for run in _runs(np.flatnonzero(alarm[series]))
    ]


def _runs(days: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    yield from np.split(days, np.flatnonzero(np.diff(days) > LARGEST_GAP + 1) + 1)
