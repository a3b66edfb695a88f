"""Facts that are measured: a metric in the week and in the week before, as a whole or by group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from dashapp.domain.ask import Ask, Filters, Grain, Window, to_filters
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS, Desk, Kind, Measurement, Metric, Point, Unit, measure
from dashapp.metrics.words import change, count, level, number
from dashapp.summary.fact import Fact, direction, verdict
from dashapp.summary.scope import Scope, address
from dashapp.summary.weeks import DAYS, Known

NOT_AVAILABLE = "not available"
OTHER_DAYS, NOT_SETTLED = "not comparable (other days are known)", "not comparable (not settled yet)"
COUNTED = (Kind.FLOW, Kind.STOCK)
"""Kinds whose value is the number of their cases."""


@dataclass(frozen=True)
class Subject:
    """What a fact is about, before it has figures: its key, its words, its metric, the days, and the filters."""

    key: str
    name: str
    metric: Metric
    known: Known
    filters: Filters = ()
    failed: bool = False

    @classmethod
    def of(cls, scope: Scope, key: str) -> "Subject":
        """A metric over all that is asked for."""
        metric = METRICS[key]
        return cls(key, scope.title(metric), metric, scope.known(metric.feed), scope.filters_for(metric))

    def incomparable(self, now: Point | None) -> str | None:
        """Why it may not be held against the week before: a count only over the same days, and what takes longer than
        a week to settle only once it has, for the younger week has had less time. Censored times allow for that.
        """
        if self.metric.kind is Kind.FLOW and not self.known.comparable:
            return OTHER_DAYS
        pending = now is not None and now.provisional and not self.metric.censored
        slow = self.metric.settles(self.known.desk.policy) > timedelta(days=DAYS)
        return NOT_SETTLED if pending and slow else None

    def source(self, window: Window) -> dict[str, Any]:
        """Where a fact of some days is measured."""
        return {"metric": self.metric.key, "query": address(self.filters, window)}

    def group(self, by: Dim, value: str, part: str, name: str) -> "Subject":
        """The same of one group, by its part of the key and its name."""
        filters = to_filters({**dict(self.filters), by: (value,)})
        return replace(self, key=f"{self.key}.{part}", name=f"{self.name}, {name}", filters=filters)


def metric_facts(scope: Scope, key: str) -> Iterator[Fact]:
    """The facts of a metric over all."""
    subject = Subject.of(scope, key)
    now, before = _asked(subject)
    return _told(replace(subject, failed=bool(now.error)), now.total, before.total)


def group_facts(scope: Scope, key: str, by: Dim, names: Mapping[str, tuple[str, str]], most: int) -> Iterator[Fact]:
    """The facts of a metric by group, largest first, no more than `most` groups."""
    whole = Subject.of(scope, key)
    now, before = _asked(whole, by)
    latest, then = ({point.groups[0]: point for point in answer.points} for answer in (now, before))
    groups = [group for group in {**latest, **then} if _known(now)]
    for group in sorted(groups, key=lambda group: (-(latest[group].n if group in latest else 0), group))[:most]:
        part, name = names[group]
        subject = whole.group(by, group, part, name)
        yield Fact(f"{subject.key}.name", f"name of {part}", name, name)
        yield from _told(subject, _of(now, latest.get(group)), _of(before, then.get(group)))


def groups_of(scope: Scope, key: str, by: Dim) -> list[str]:
    """The groups that a metric has in either week."""
    answers = _asked(Subject.of(scope, key), by)
    return sorted({point.groups[0] for answer in answers for point in answer.points})


def moment_fact(scope: Scope, key: str) -> Fact:
    """The fact of a metric that tells of this moment only."""
    metric, desk = METRICS[key], scope.desk
    filters = scope.filters_for(metric)
    answer = measure(desk, metric, Ask(Window(desk.today, desk.today), Grain.WHOLE, filters=filters))
    total = None if answer.error else answer.total
    return Fact(
        key,
        f"{scope.title(metric)}, at the time of writing",
        total and total.value,
        number(total.value, metric.unit) if total else NOT_AVAILABLE,
        metric.unit,
        total.n if total else None,
        metric=key,
        query=address(filters),
    )


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


def _asked(subject: Subject, *by: Dim) -> tuple[Measurement, Measurement]:
    windows = (subject.known.window, subject.known.before)
    asked = (Ask(window, Grain.WHOLE, by, subject.filters) for window in windows)
    now, before = (measure(subject.known.desk, subject.metric, ask) for ask in asked)
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
    here, there = (subject.source(window) for window in (subject.known.window, subject.known.before))
    fact = _figure(subject, now, before)
    yield fact
    if subject.metric.kind not in COUNTED and fact.value is not None:
        yield Fact(f"{key}.n", f"{name}, cases", fact.n, count(fact.n or 0), **here)
    then, earlier = before and before.value, before is not None and before.provisional
    text, words = number(then, unit), f"{name}, same days of the week before"
    yield Fact(f"{key}.before", words, then, text, unit, before and before.n, provisional=earlier, **there)
    value = now and now.value
    moved, text = _change(value, then, unit), change(value, then, unit)
    if why := subject.incomparable(now):
        moved, text = None, why
    yield Fact(
        f"{key}.change",
        f"{name}, change",
        moved,
        text,
        "pt" if unit is Unit.PERCENT else "" if unit is Unit.SCORE else "%",
        direction=fact.direction,
        verdict=fact.verdict,
        provisional=fact.provisional or earlier,
        **here,
    )


def _figure(subject: Subject, now: Point | None, before: Point | None) -> Fact:
    """A figure of the week, and how it moved."""
    metric, known, value = subject.metric, subject.known, now and now.value
    threshold = metric.threshold_under(known.desk.policy)
    moved = None if subject.incomparable(now) else direction(value, before and before.value, metric.unit)
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
        **subject.source(known.window),
    )


def _change(now: float | None, before: float | None, unit: Unit) -> float | None:
    """The value behind the words of a change: points of a share, a difference of scores, else percent."""
    if now is None or before is None:
        return None
    if unit in (Unit.PERCENT, Unit.SCORE):
        return now - before
    return 100 * (now - before) / before if before else None
