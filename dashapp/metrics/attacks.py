"""Attacks: those known, those a detector finds, and how well the two agree."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.messages import Incident
from dashapp.domain.vocabulary import Dim, Method
from dashapp.metrics.desk import Desk
from dashapp.metrics.measure import measure
from dashapp.metrics.measurement import Measurement
from dashapp.metrics.registry import METRICS
from dashapp.stats.zscore import ZSCORE7_DAYS, Baseline, Series, expected_range, zscore7, zscore7_baseline
from dashapp.store.reads import known_attacks


class Unmeasured(Exception):
    """The series that a detector reads could not be had; the measurement says why."""

    def __init__(self, measurement: Measurement) -> None:
        super().__init__(measurement.error)
        self.measurement = measurement


@dataclass(frozen=True)
class Detector:
    """A way to find attacks: it scores daily totals, and a day at or above the threshold is an alarm.

    `baseline` is what it held each day against, `before` how many days ahead of the first one judged it takes into
    that, `limit` says in a sentence what it cannot see.
    """

    key: Method
    title: str
    threshold: float
    score: Callable[[Series], Series]
    baseline: Callable[[Series], Baseline]
    before: int
    limit: str

    @property
    def description(self) -> str:
        """The first sentence of what the scoring function says about itself."""
        text = " ".join((inspect.getdoc(self.score) or "").split())
        return text.split(". ")[0].rstrip(".") + "."


DEFAULT_DETECTOR = Method.ZSCORE7
DETECTORS: dict[str, Detector] = {
    detector.key: detector
    for detector in (
        Detector(
            Method.ZSCORE7,
            "Seven-day z-score",
            1.5,
            zscore7,
            zscore7_baseline,
            before=ZSCORE7_DAYS - 1,
            limit="A day is part of the seven days that it is held against, so its score cannot exceed 2.27, the first "
            "day of an attack can hide the next, and a small attack can drown in the total.",
        ),
    )
}


@dataclass(frozen=True)
class Alarm:
    """A day that the detector finds unusual: its flags, and its score."""

    day: date
    observed: int
    score: float


@dataclass(frozen=True)
class Judged:
    """A day as the detector saw it: its flags, its score, and between which counts it would have been no alarm.

    Flags are None for a day that is unknown to it, score and counts also for one that it could not judge.
    """

    day: date
    observed: int | None
    score: float | None
    low: float | None
    high: float | None
    alarm: bool


@dataclass(frozen=True)
class Episode:
    """A known attack with the alarms on its days; without an attack, a run of days that each raised an alarm."""

    since: date
    until: date
    evidence: tuple[Alarm, ...]
    attack: Incident | None = None


@dataclass(frozen=True)
class Backtest:
    """A detector held against the known attacks, counted in days; recall and precision in percent, None of nothing.

    `false_days` are the days that it took for attacks and that are none; of `attacks`, `attacks_caught` had an alarm on
    at least one of their days.
    """

    detector: str
    attack_days: int
    detected_days: int
    true_positives: int
    false_positives: int
    recall: float | None
    precision: float | None
    attacks: int
    attacks_caught: int
    false_days: tuple[date, ...]


def judged(desk: Desk, ask: Ask, detector: Detector) -> list[Judged]:
    """What the detector makes of each day of the window.

    It reads the daily total of the flags that the question is about. Days that no origin covers and days that may still
    change are unknown to it, neither judged nor part of a baseline.
    """
    reach = Window(ask.window.since - timedelta(days=detector.before), ask.window.until)
    answer = measure(desk, METRICS["flags"], replace(ask, window=reach, grain=Grain.DAY, by=(), trailing=1))
    if answer.error:
        raise Unmeasured(answer)
    known = {point.bucket: float(point.n) for point in answer.points if not point.provisional}
    counts = np.array([known.get(day, np.nan) for day in reach])
    scores = detector.score(counts)
    low, high = expected_range(detector.baseline(counts), detector.threshold)
    seen = zip(reach, *(_known(series) for series in (counts, scores, low, high)), strict=True)
    return [
        Judged(
            day,
            None if count is None else int(count),
            score,
            least,
            most,
            score is not None and score >= detector.threshold,
        )
        for day, count, score, least, most in seen
        if day >= ask.window.since
    ]


def alarms(desk: Desk, ask: Ask, detector: Detector) -> list[Alarm]:
    """The days of the window that the detector finds unusual."""
    return _alarms(judged(desk, ask, detector))


def attacks_within(desk: Desk, ask: Ask) -> list[Incident]:
    """The known attacks that touch the window, of the categories asked for. Other filters leave all of them: an attack
    of critical severity has flags of every severity.
    """
    names = ask.chosen(Dim.ORIGIN) or desk.default_origins()
    categories = ask.chosen(Dim.CATEGORY)
    return [
        attack
        for attack in known_attacks(desk.connection, names, ask.window)
        if not categories or attack.category in categories
    ]


def flags_of(desk: Desk, ask: Ask, attacks: Sequence[Incident]) -> list[int | None]:
    """The flags of each attack's category on its days, those outside the window too; None where no day is covered."""
    if not attacks:
        return []
    reach = Window(min(attack.since for attack in attacks), max(attack.until for attack in attacks))
    asked = replace(ask, window=reach, grain=Grain.DAY, trailing=1)
    parts = [measure(desk, METRICS["flags"], replace(asked, by=by)) for by in ((Dim.CATEGORY,), ())]
    for part in parts:
        if part.error:
            raise Unmeasured(part)
    counts = {(point.groups[0], point.bucket): point.n for point in parts[0].points}
    covered = {point.bucket for point in parts[1].points if point.value is not None}
    return [
        sum(counts.get((attack.category, day), 0) for day in days) if covered.intersection(days) else None
        for attack, days in ((attack, list(Window(attack.since, attack.until))) for attack in attacks)
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
        attacks=len(attacks),
        attacks_caught=sum(any(attack.since <= day <= attack.until for day in alarmed) for attack in attacks),
        false_days=tuple(sorted(alarmed - attacked)),
    )


def incidents(desk: Desk, ask: Ask, detector: Detector) -> list[Episode]:
    """The known attacks and what the detector found, by their first day; of one day, the known before the found."""
    found = alarms(desk, ask, detector)
    known = [_known_episode(attack, found) for attack in attacks_within(desk, ask)]
    return sorted([*known, *_found_episodes(found)], key=lambda episode: episode.since)


def findings(desk: Desk, ask: Ask, detector: Detector) -> list[Episode]:
    """As `incidents`, but of what the detector found only the days that no known attack explains."""
    found = alarms(desk, ask, detector)
    known = [_known_episode(attack, found) for attack in attacks_within(desk, ask)]
    explained = {alarm.day for episode in known for alarm in episode.evidence}
    unexplained = _found_episodes([alarm for alarm in found if alarm.day not in explained])
    return sorted([*known, *unexplained], key=lambda episode: episode.since)


def _alarms(days: Iterable[Judged]) -> list[Alarm]:
    return [
        Alarm(day.day, day.observed, day.score)
        for day in days
        if day.alarm and day.observed is not None and day.score is not None
    ]


def _known_episode(attack: Incident, found: Iterable[Alarm]) -> Episode:
    evidence = tuple(alarm for alarm in found if attack.since <= alarm.day <= attack.until)
    return Episode(attack.since, attack.until, evidence, attack)


def _found_episodes(found: Iterable[Alarm]) -> list[Episode]:
    return [Episode(run[0].day, run[-1].day, tuple(run)) for run in _runs(found)]


def _runs(found: Iterable[Alarm]) -> list[list[Alarm]]:
    """Alarms on days that follow each other, together."""
    runs: list[list[Alarm]] = []
    for alarm in found:
        if runs and alarm.day - runs[-1][-1].day == timedelta(days=1):
            runs[-1].append(alarm)
        else:
            runs.append([alarm])
    return runs


def _known(series: Series) -> list[float | None]:
    """The numbers of a series, None for NaN."""
    return [None if np.isnan(value) else float(value) for value in series]


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None
