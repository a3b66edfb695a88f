"""Facts that are measured: a metric in the week and in the week before, as a whole or by group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS, Desk, Kind, Measurement, Metric, Point, Unit, measure
from dashapp.metrics.words import change, count, level, number
from dashapp.summary.fact import Fact, direction, verdict
from dashapp.summary.weeks import DAYS, Known, Week

NOT_AVAILABLE, NOT_COMPARABLE = "not available", "not comparable"
COUNTED = (Kind.FLOW, Kind.STOCK)
"""Kinds whose value is the number of their cases."""


@dataclass(frozen=True)
class Subject:
    """What a fact is about, before it has figures: its key, its words, its metric, and the days."""

    key: str
    name: str
    metric: Metric
    known: Known
    failed: bool = False

    def comparable(self, now: Point | None) -> bool:
        """Whether it may be held against the week before: a count only over the same days, and what takes longer than
        a week to settle only once it has, for the younger week has had less time. Censored times allow for that.
        """
        pending = now is not None and now.provisional and not self.metric.censored
        slow = self.metric.settles(self.known.desk.policy) > timedelta(days=DAYS)
        return (self.metric.kind is not Kind.FLOW or self.known.comparable) and not (pending and slow)


def metric_facts(desk: Desk, key: str, week: Week) -> Iterator[Fact]:
    """The facts of a metric over all."""
    metric = METRICS[key]
    subject = Subject(key, metric.title, metric, Known(desk, week, metric.feed))
    now, before = _asked(desk, subject)
    return _told(replace(subject, failed=bool(now.error)), now.total, before.total)


def group_facts(
    desk: Desk, key: str, by: Dim, week: Week, names: Mapping[str, tuple[str, str]], most: int
) -> Iterator[Fact]:
    """The facts of a metric by group, largest first, no more than `most` groups."""
    metric = METRICS[key]
    whole = Subject(key, metric.title, metric, Known(desk, week, metric.feed))
    now, before = _asked(desk, whole, by)
    latest, then = ({point.groups[0]: point for point in answer.points} for answer in (now, before))
    groups = [group for group in {**latest, **then} if _known(now)]
    for group in sorted(groups, key=lambda group: (-(latest[group].n if group in latest else 0), group))[:most]:
        part, name = names[group]
        subject = replace(whole, key=f"{key}.{part}", name=f"{metric.title}, {name}")
        yield Fact(f"{subject.key}.name", f"name of {part}", name, name)
        yield from _told(subject, _of(now, latest.get(group)), _of(before, then.get(group)))


def groups_of(desk: Desk, key: str, by: Dim, week: Week) -> list[str]:
    """The groups that a metric has in either week."""
    metric = METRICS[key]
    answers = _asked(desk, Subject(key, "", metric, Known(desk, week, metric.feed)), by)
    return sorted({point.groups[0] for answer in answers for point in answer.points})


def moment_fact(desk: Desk, key: str) -> Fact:
    """The fact of a metric that tells of this moment only."""
    metric = METRICS[key]
    answer = measure(desk, metric, Ask(Window(desk.today, desk.today), Grain.WHOLE))
    name = f"{metric.title}, at the time of writing"
    if answer.error or answer.total is None:
        return Fact(key, name, None, NOT_AVAILABLE, metric.unit)
    value = answer.total.value
    return Fact(key, name, value, number(value, metric.unit), metric.unit, answer.total.n)


def threshold_facts(desk: Desk, key: str) -> Iterator[Fact]:
    """Where a metric starts to worry."""
    metric = METRICS[key]
    threshold = metric.threshold_under(desk.policy)
    if threshold is None:
        return
    levels = {"warn": threshold.warn, "alert": threshold.alert, "baseline": threshold.baseline}
    for part, value in levels.items():
        if value is not None:
            yield Fact(f"{key}.{part}", f"{metric.title}, {part}", value, level(value, metric.unit), metric.unit)


def _asked(desk: Desk, subject: Subject, *by: Dim) -> tuple[Measurement, Measurement]:
    windows = (subject.known.window, subject.known.before)
    now, before = (measure(desk, subject.metric, Ask(window, Grain.WHOLE, by)) for window in windows)
    return now, before


def _known(answer: Measurement) -> bool:
    """Whether any of the days is."""
    return answer.error is None and answer.total is not None and (answer.total.value is not None or answer.total.n > 0)


def _of(answer: Measurement, point: Point | None) -> Point | None:
    """A group's figure: of a count 0 where others have cases and it has none."""
    if point is not None or answer.metric.kind is not Kind.FLOW or not _known(answer):
        return point
    return answer.total and answer.total._replace(value=0, n=0)


def _told(subject: Subject, now: Point | None, before: Point | None) -> Iterator[Fact]:
    """A figure with its cases, what it was in the week before, and the change."""
    key, name, unit = subject.key, subject.name, subject.metric.unit
    fact = _figure(subject, now, before)
    yield fact
    if subject.metric.kind not in COUNTED and fact.value is not None:
        yield Fact(f"{key}.n", f"{name}, cases", fact.n, count(fact.n or 0))
    then, earlier = before and before.value, before is not None and before.provisional
    yield Fact(
        f"{key}.before", f"{name}, same days of the week before", then, number(then, unit), unit, provisional=earlier
    )
    value = now and now.value
    moved, text = _change(value, then, unit), change(value, then, unit)
    if not subject.comparable(now):
        moved, text = None, NOT_COMPARABLE
    yield Fact(
        f"{key}.change",
        f"{name}, change",
        moved,
        text,
        "pt" if unit is Unit.PERCENT else "" if unit is Unit.SCORE else "%",
        direction=fact.direction,
        verdict=fact.verdict,
        provisional=fact.provisional or earlier,
    )


def _figure(subject: Subject, now: Point | None, before: Point | None) -> Fact:
    """A figure of the week, and how it moved."""
    metric, known, value = subject.metric, subject.known, now and now.value
    threshold = metric.threshold_under(known.desk.policy)
    moved = direction(value, before and before.value, metric.unit) if subject.comparable(now) else None
    return Fact(
        subject.key,
        subject.name,
        value,
        NOT_AVAILABLE if subject.failed else number(value, metric.unit),
        metric.unit,
        now.n if now else 0,
        moved,
        verdict(metric, moved),
        threshold.state(value) if threshold and value is not None else None,
        provisional=now is not None and value is not None and (now.provisional or known.complete < DAYS),
    )


def _change(now: float | None, before: float | None, unit: Unit) -> float | None:
    """The value behind the words of a change: points of a share, a difference of scores, else percent."""
    if now is None or before is None:
        return None
    if unit in (Unit.PERCENT, Unit.SCORE):
        return now - before
    return 100 * (now - before) / before if before else None
