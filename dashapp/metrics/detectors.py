"""The ways to find attacks in counts of days, each as a function from counts to a verdict on every day."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dashapp.domain.vocabulary import Dim, Method
from dashapp.stats import outbreak
from dashapp.stats.ears import EARS_DAYS, EARS_GUARD, ears, ears_baseline
from dashapp.stats.zscore import ZSCORE7_DAYS, Baseline, expected_range, zscore7, zscore7_baseline

EARS_THRESHOLD = 3.6
"""Set so that about one clean day in two hundred is an alarm: the normal table's 3.09 raises four times as many."""
ZSCORE7_THRESHOLD = 1.5
SMALLEST = 1e-300
"""Chances below it are told as this: they are beyond what a model can know."""

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

KEPT = 32
"""Verdicts that a process keeps: days that are over and settled change no more, so a page asks for the same again."""


@dataclass(frozen=True)
class Verdict:
    """What a detector makes of each day, all of shape (series, days); NaN where it does not judge.

    `low` to `high` are the counts that are no alarm; `drop` are days with fewer than that, which no attack makes;
    `provisional` is a verdict on little history.
    """

    score: Numbers
    expected: Numbers
    low: Numbers
    high: Numbers
    alarm: Mask
    drop: Mask
    provisional: Mask


@dataclass(frozen=True)
class Detector:
    """A way to find attacks: a day whose score reaches the threshold is an alarm.

    It reads daily counts split by `by`, and `before` days ahead of the first one that it judges. `scale` names the
    score, `description` says what it does and `limit` what it cannot see, in a sentence each.
    """

    key: Method
    title: str
    by: tuple[Dim, ...]
    before: int
    threshold: float
    scale: str
    description: str
    limit: str
    judge: Callable[[Numbers, NDArray[np.intp]], Verdict]

    def verdict(self, counts: Numbers, weekday: NDArray[np.intp]) -> Verdict:
        """What it makes of counts (series, days), NaN for a day without data. `weekday` (days,) is 0 for Monday."""
        return _kept(self.key, counts.shape, counts.tobytes(), weekday.astype(np.intp).tobytes())


@lru_cache(KEPT)
def _kept(key: Method, shape: tuple[int, int], counts: bytes, weekday: bytes) -> Verdict:
    return DETECTORS[key].judge(np.frombuffer(counts).reshape(shape), np.frombuffer(weekday, dtype=np.intp))


def _outbreak(counts: Numbers, weekday: NDArray[np.intp]) -> Verdict:
    found = outbreak.judge(counts, weekday)
    enough = counts >= outbreak.LEAST
    return Verdict(
        -np.log10(np.maximum(found.p, SMALLEST)),
        found.expected,
        found.low,
        found.high,
        (found.p < outbreak.ALERT) & enough,
        found.p_low < outbreak.FALL,
        found.provisional,
    )


def _scored(
    score: Callable[[Numbers], Numbers], baseline: Callable[[Numbers], Baseline], threshold: float
) -> Callable[[Numbers, NDArray[np.intp]], Verdict]:
    """A detector that counts standard deviations above a mean; nothing is left out of its baseline."""

    def judge(counts: Numbers, _weekday: NDArray[np.intp]) -> Verdict:
        scores = np.array([score(series) for series in counts]).reshape(counts.shape)
        bases = [baseline(series) for series in counts]
        ranges = [expected_range(base, threshold) for base in bases]
        none = np.zeros(counts.shape, dtype=bool)
        return Verdict(
            scores,
            np.array([base.mean for base in bases]).reshape(counts.shape),
            np.array([low for low, _ in ranges]).reshape(counts.shape),
            np.array([high for _, high in ranges]).reshape(counts.shape),
            scores >= threshold,
            none,
            none,
        )

    return judge


DEFAULT_DETECTOR = Method.OUTBREAK
DETECTORS: dict[str, Detector] = {
    detector.key: detector
    for detector in (
        Detector(
            Method.OUTBREAK,
            "Volume model",
            (Dim.CATEGORY,),
            outbreak.DAILY.window + outbreak.DAILY.guard,
            -np.log10(outbreak.ALERT).item(),
            "-log10 p",
            "Holds the flags of each category against what its last twelve weeks let expect, with trend and weekdays; "
            "what was an outbreak is no part of it.",
            "An attack has to raise a day well above chance: of a category with few flags a day nothing short of a "
            "multiple is seen.",
            _outbreak,
        ),
        Detector(
            Method.EARS_C2,
            "EARS C2, 28 days",
            (Dim.CATEGORY,),
            EARS_DAYS + EARS_GUARD,
            EARS_THRESHOLD,
            "z",
            "How many standard deviations each day of a category lies above the mean of the 28 days that end three "
            "days before it.",
            "It knows no weekdays and no trend, and an attack raises the baseline that the days after it are held "
            "against.",
            _scored(ears, ears_baseline, EARS_THRESHOLD),
        ),
        Detector(
            Method.ZSCORE7,
            "Seven-day z-score",
            (),
            ZSCORE7_DAYS - 1,
            ZSCORE7_THRESHOLD,
            "z",
            "How many standard deviations each day lies above the mean of the seven days that end with it.",
            "A day is part of the seven days that it is held against, so its score cannot exceed 2.27, the first "
            "day of an attack can hide the next, and a small attack can drown in the total.",
            _scored(zscore7, zscore7_baseline, ZSCORE7_THRESHOLD),
        ),
    )
}
