"""Attacks: those known, those a detector finds, and how well the two agree."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.events import Incident
from dashapp.domain.vocabulary import Dim
from dashapp.metrics.measure import Desk, Measurement, measure
from dashapp.metrics.registry import METRICS
from dashapp.stats.outbreak import ZSCORE7_DAYS, Series, zscore7
from dashapp.store.reads import default_origins, known_attacks


class Unmeasured(Exception):
    """The series that a detector reads could not be had; the measurement says why."""

    def __init__(self, measurement: Measurement) -> None:
        super().__init__(measurement.error)
        self.measurement = measurement


@dataclass(frozen=True)
class Detector:
    """A way to find attacks: it scores daily totals, and a day at or above the threshold is an alarm.

    `before` is how many days ahead of the first one judged it takes into its baseline.
    """

    key: str
    title: str
    threshold: float
    score: Callable[[Series], Series]
    before: int

    @property
    def description(self) -> str:
        """The first sentence of what the scoring function says about itself."""
        text = " ".join((inspect.getdoc(self.score) or "").split())
        return text.split(". ")[0].rstrip(".") + "."


DEFAULT_DETECTOR = "zscore7"
DETECTORS = {
    detector.key: detector
    for detector in (Detector("zscore7", "Seven-day z-score", 1.5, zscore7, before=ZSCORE7_DAYS - 1),)
}


@dataclass(frozen=True)
class Alarm:
    """A day that the detector finds unusual: its flags, and its score."""

    day: date
    observed: int
    score: float


@dataclass(frozen=True)
class Episode:
    """A known attack with the alarms on its days; without an attack, a run of days that each raised an alarm."""

    since: date
    until: date
    evidence: tuple[Alarm, ...]
    attack: Incident | None = None


@dataclass(frozen=True)
class Backtest:
    """A detector held against the known attacks, counted in days; recall and precision in percent, None of nothing."""

    detector: str
    attack_days: int
    detected_days: int
    true_positives: int
    false_positives: int
    recall: float | None
    precision: float | None


def alarms(desk: Desk, ask: Ask, detector: Detector) -> list[Alarm]:
    """The days of the window that the detector finds unusual.

    It reads the daily total of the flags that the question is about. Days that no origin covers and days that may still
    change are unknown to it, neither judged nor part of a baseline.
    """
    reach = Window(ask.window.since - timedelta(days=detector.before), ask.window.until)
    answer = measure(desk, METRICS["flags"], replace(ask, window=reach, grain=Grain.DAY, by=(), trailing=1))
    if answer.error:
        raise Unmeasured(answer)
    known = {point.bucket: float(point.n) for point in answer.points if not point.provisional}
    counts = np.array([known.get(day, np.nan) for day in reach])
    return [
        Alarm(day, int(count), float(score))
        for day, count, score in zip(reach, counts, detector.score(counts), strict=True)
        if day >= ask.window.since and score >= detector.threshold
    ]


def attacks_within(desk: Desk, ask: Ask) -> list[Incident]:
    """The known attacks that touch the window, of the categories and severities asked for."""
    names = ask.chosen(Dim.ORIGIN) or default_origins(desk.connection)
    categories, severities = ask.chosen(Dim.CATEGORY), ask.chosen(Dim.SEVERITY)
    return [
        attack
        for attack in known_attacks(desk.connection, names, ask.window)
        if (not categories or attack.category in categories) and (not severities or attack.severity in severities)
    ]


def backtest(desk: Desk, ask: Ask, detector: Detector) -> Backtest:
    """How many of the window's attack days the detector finds, and how many other days it takes for attacks."""
    attacks = attacks_within(desk, ask)
    attacked = {day for day in ask.window if any(attack.since <= day <= attack.until for attack in attacks)}
    alarmed = {alarm.day for alarm in alarms(desk, ask, detector)}
    hits = len(attacked & alarmed)
    return Backtest(
        detector.key,
        attack_days=len(attacked),
        detected_days=len(alarmed),
        true_positives=hits,
        false_positives=len(alarmed - attacked),
        recall=_percent(hits, len(attacked)),
        precision=_percent(hits, len(alarmed)),
    )


def incidents(desk: Desk, ask: Ask, detector: Detector) -> list[Episode]:
    """The known attacks and what the detector found, by their first day; of one day, the known before the found."""
    found = alarms(desk, ask, detector)
    known = [
        Episode(
            attack.since,
            attack.until,
            tuple(alarm for alarm in found if attack.since <= alarm.day <= attack.until),
            attack,
        )
        for attack in attacks_within(desk, ask)
    ]
    detected = [Episode(run[0].day, run[-1].day, tuple(run)) for run in _runs(found)]
    return sorted([*known, *detected], key=lambda episode: episode.since)


def _runs(found: Iterable[Alarm]) -> list[list[Alarm]]:
    """Alarms on days that follow each other, together."""
    runs: list[list[Alarm]] = []
    for alarm in found:
        if runs and alarm.day - runs[-1][-1].day == timedelta(days=1):
            runs[-1].append(alarm)
        else:
            runs.append([alarm])
    return runs


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None
