"""Attacks: those known, those a detector finds, and how well the two agree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.messages import Incident
from dashapp.domain.vocabulary import Dim
from dashapp.metrics.counted import Unmeasured
from dashapp.metrics.desk import Desk
from dashapp.metrics.detectors import DEFAULT_DETECTOR, DETECTORS, Detector
from dashapp.metrics.judgement import Alarm, Series, anew
from dashapp.metrics.kept import kept
from dashapp.metrics.measure import measure
from dashapp.metrics.pool import Groups
from dashapp.metrics.registry import METRICS
from dashapp.stats.outbreak import LARGEST_GAP
from dashapp.store.reads import known_attacks

__all__ = ["DEFAULT_DETECTOR", "DETECTORS", "Detector", "Unmeasured"]


@dataclass(frozen=True)
class Episode:
    """A known attack with the alarms on its days; without an attack, alarms of one series close to each other."""

    since: date
    until: date
    evidence: tuple[Alarm, ...]
    attack: Incident | None = None

    @property
    def group(self) -> Groups:
        """The series of an episode that is no known attack."""
        return self.evidence[0].group if self.evidence else ()


@dataclass(frozen=True)
class Backtest:
    """A detector held against the known attacks, counted in days; recall and precision in percent, None of nothing.

    A detector that reads categories finds an attack day with an alarm in the attack's category. `false_days` are the
    days that it took for attacks and that are none. Of `attacks`, `attacks_caught` had an alarm on at least one of
    their days, `first_days_caught` on the first; `delay_days` is how long it took on average, of those caught.
    `false_alerts` are runs of alarms that no attack explains, over `judged_days` days that could be judged.
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
    first_days_caught: int
    delay_days: float | None
    false_alerts: int
    judged_days: int
    false_days: tuple[date, ...]

    @property
    def false_alerts_a_week(self) -> float | None:
        """How often it takes for an attack what is none."""
        return 7 * self.false_alerts / self.judged_days if self.judged_days else None


def judged(desk: Desk, ask: Ask, detector: Detector) -> list[Series]:
    """What the detector makes of each day of the window, by series: what the detection job found where it looks at
    these very series, else what the detector says of them now.
    """
    return kept(desk, ask, detector) or anew(desk, ask, detector)


def alarms(desk: Desk, ask: Ask, detector: Detector) -> list[Alarm]:
    """The days of the window that the detector finds unusual, by day and series."""
    found = [alarm for series in judged(desk, ask, detector) for alarm in series.alarms]
    return sorted(found, key=lambda alarm: (alarm.day, alarm.group))


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


def explains(attack: Incident, alarm: Alarm, slack: int = 0) -> bool:
    """Whether an alarm is of a known attack: on its days, give or take `slack`, and of its category, or of all."""
    margin = timedelta(days=slack)
    return attack.since - margin <= alarm.day <= attack.until + margin and alarm.group in ((), (attack.category,))


def backtest(desk: Desk, ask: Ask, detector: Detector) -> Backtest:
    """How many of the window's attack days the detector finds, and how many other days it takes for attacks."""
    attacks, series = attacks_within(desk, ask), judged(desk, ask, detector)
    found = [alarm for one in series for alarm in one.alarms]
    attacked = {day for attack in attacks for day in Window(attack.since, attack.until)}.intersection(ask.window)
    alarmed = {alarm.day for alarm in found}
    hits = {alarm.day for alarm in found if any(explains(attack, alarm) for attack in attacks)}
    firsts = [min((a.day for a in found if explains(attack, a)), default=None) for attack in attacks]
    delays = [
        (first - max(attack.since, ask.window.since)).days
        for attack, first in zip(attacks, firsts, strict=True)
        if first is not None
    ]
    unexplained = [run for run in _runs(found) if not any(explains(attack, a, 1) for a in run for attack in attacks)]
    return Backtest(
        detector.key,
        attack_days=len(attacked),
        detected_days=len(alarmed),
        true_positives=len(hits),
        false_positives=len(alarmed - hits),
        recall=_percent(len(hits), len(attacked)),
        precision=_percent(len(hits), len(alarmed)),
        attacks=len(attacks),
        attacks_caught=len(delays),
        first_days_caught=delays.count(0),
        delay_days=sum(delays) / len(delays) if delays else None,
        false_alerts=len(unexplained),
        judged_days=len({day.day for one in series for day in one.days if day.score is not None}),
        false_days=tuple(sorted(alarmed - hits)),
    )


def incidents(desk: Desk, ask: Ask, detector: Detector) -> list[Episode]:
    """The known attacks and what the detector found, by their first day; of one day, the known before the found."""
    found = alarms(desk, ask, detector)
    known = [_known_episode(attack, found) for attack in attacks_within(desk, ask)]
    return sorted([*known, *_found_episodes(found)], key=lambda episode: episode.since)


def _known_episode(attack: Incident, found: Iterable[Alarm]) -> Episode:
    evidence = tuple(alarm for alarm in found if explains(attack, alarm))
    return Episode(attack.since, attack.until, evidence, attack)


def _found_episodes(found: Iterable[Alarm]) -> list[Episode]:
    return [Episode(run[0].day, run[-1].day, tuple(run)) for run in _runs(found)]


def _runs(found: Iterable[Alarm]) -> list[list[Alarm]]:
    """Alarms of one series on days close to each other, together; by series and day."""
    runs: list[list[Alarm]] = []
    for alarm in sorted(found, key=lambda alarm: (alarm.group, alarm.day)):
        last = runs[-1][-1] if runs else None
        if last and last.group == alarm.group and alarm.day - last.day <= timedelta(days=LARGEST_GAP + 1):
            runs[-1].append(alarm)
        else:
            runs.append([alarm])
    return runs


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None
