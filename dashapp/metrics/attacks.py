"""Attacks: those known, those a detector finds, and how well the two agree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.messages import Incident
from dashapp.domain.vocabulary import Dim, IncidentKind, Triage
from dashapp.metrics.counted import Unmeasured
from dashapp.metrics.desk import Desk
from dashapp.metrics.detectors import DEFAULT_DETECTOR, DETECTORS, Detector
from dashapp.metrics.judgement import Alarm, Series, anew
from dashapp.metrics.kept import kept
from dashapp.metrics.measure import measure
from dashapp.metrics.pool import Groups
from dashapp.metrics.registry import METRICS
from dashapp.metrics.standing import standing
from dashapp.stats.outbreak import LARGEST_GAP
from dashapp.store.reads import known_attacks

__all__ = ["DEFAULT_DETECTOR", "DETECTORS", "Detector", "Unmeasured"]

NO_ATTACKS = (IncidentKind.DROP, IncidentKind.DEFINITION_CHANGE)
"""Kinds of incidents that are no attack, confirmed or not."""


class Label(NamedTuple):
    """Days that an analyst says an attack was on: both included, of a category, or of all."""

    since: date
    until: date
    category: str | None


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
    """A detector held against attacks, counted in days; recall and precision in percent, None of nothing. `confirmed`
    of the attacks are incidents that analysts confirmed, the others are known.

    A detector that reads categories finds an attack day with an alarm in the attack's category. `false_days` are the
    days that it took for attacks and that are none. Of `attacks`, `attacks_caught` had an alarm on at least one of
    their days, `first_days_caught` on the first; `delay_days` is how long it took on average, of those caught.
    `false_alerts` are runs of alarms that no attack explains, over `judged_days` days that could be judged. Without
    any attack nobody can tell what is false: all that says so is None.
    """

    detector: str
    attack_days: int
    detected_days: int
    true_positives: int
    false_positives: int | None
    recall: float | None
    precision: float | None
    attacks: int
    confirmed: int
    attacks_caught: int
    first_days_caught: int
    delay_days: float | None
    false_alerts: int | None
    judged_days: int
    false_days: tuple[date, ...] | None

    @property
    def false_alerts_a_week(self) -> float | None:
        """How often it takes for an attack what is none."""
        return None if self.false_alerts is None or not self.judged_days else 7 * self.false_alerts / self.judged_days


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


def confirmed_within(desk: Desk, ask: Ask) -> list[Label]:
    """The incidents of the window that analysts confirmed and that are part of no known attack."""
    known = attacks_within(desk, ask)
    found = [
        (one.found.seen, Label(one.found.seen.since, one.found.seen.until, one.category))
        for one in standing(desk, ask)
        if one.found.state is Triage.CONFIRMED and one.found.seen.kind not in NO_ATTACKS
    ]
    told = {one.incident_id for one in known}
    return [label for seen, label in found if seen.attack not in told and not any(_same(label, one) for one in known)]


def _same(label: Label, attack: Incident) -> bool:
    """Whether both are of one category, or the label is of all, and share a day."""
    return label.category in (attack.category, None) and label.since <= attack.until and attack.since <= label.until


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


def explains(attack: Incident | Label, alarm: Alarm, slack: int = 0) -> bool:
    """Whether an alarm is of an attack: on its days, give or take `slack`, and of its category, or of all."""
    margin = timedelta(days=slack)
    return attack.since - margin <= alarm.day <= attack.until + margin and alarm.group in ((), (attack.category,))


def backtest(desk: Desk, ask: Ask, detector: Detector, confirmed: Sequence[Label] = ()) -> Backtest:
    """How many of the window's attack days the detector finds, and how many other days it takes for attacks; with
    `confirmed` incidents as attacks beside those known.
    """
    attacks: list[Incident | Label] = [*attacks_within(desk, ask), *confirmed]
    series = judged(desk, ask, detector)
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
    judged_days = len({day.day for one in series for day in one.days if day.score is not None})
    unexplained = [run for run in _runs(found) if not any(explains(attack, a, 1) for a in run for attack in attacks)]
    return Backtest(
        detector.key,
        attack_days=len(attacked),
        detected_days=len(alarmed),
        true_positives=len(hits),
        false_positives=len(alarmed - hits) if attacks else None,
        recall=_percent(len(hits), len(attacked)) if judged_days else None,
        precision=_percent(len(hits), len(alarmed)) if attacks else None,
        attacks=len(attacks),
        confirmed=len(confirmed),
        attacks_caught=len(delays),
        first_days_caught=delays.count(0),
        delay_days=sum(delays) / len(delays) if delays else None,
        false_alerts=len(unexplained) if attacks else None,
        judged_days=judged_days,
        false_days=tuple(sorted(alarmed - hits)) if attacks else None,
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
