"""Every metric once more, as plain loops over plain rows, sharing no code with what it checks.

A flag is a dict with the fields that its origin sends, `origin` and `team`. What `expected` returns is what `measure`
must return: the points as (bucket, groups, value, n, provisional), and the total likewise.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Flag = Mapping[str, Any]
Case = tuple[float, int] | None
"""What a flag adds to numerator and denominator; None when the metric is not about it."""
Expected = tuple[date, tuple[str, ...], float | None, int, bool]

DAY = timedelta(days=1)


@dataclass(frozen=True)
class World:
    """All that an answer depends on beside the question. `covered` and `kinds` are by origin."""

    flags: Sequence[Flag]
    covered: Mapping[str, set[date]]
    kinds: Mapping[str, str]
    now: datetime
    zone: ZoneInfo
    sla: Mapping[str, float]

    def end(self, day: date) -> datetime:
        """The instant at which a day is over."""
        after = day + DAY
        return datetime(after.year, after.month, after.day, tzinfo=self.zone).astimezone(UTC)


@dataclass(frozen=True)
class Question:
    since: date
    until: date
    grain: str = "day"
    by: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trailing: int = 1


def hours(flag: Flag) -> float | None:
    if flag["hours_to_decision"] is not None:
        return float(flag["hours_to_decision"])
    if flag["decided_at"] is not None and flag["flagged_at"] is not None:
        return float((flag["decided_at"] - flag["flagged_at"]).total_seconds() / 3600)
    return None


def breach(flag: Flag, world: World) -> Case:
    if flag["severity"] not in ("high", "critical"):
        return None
    limit = world.sla[flag["severity"]]
    if world.end(flag["flagged_day"]) + timedelta(hours=limit) > world.now:
        return None
    taken = hours(flag)
    if taken is None and flag["routing"] != "human_review":
        taken = 0.0
    return (1 if taken is None or taken > limit else 0), 1


def score(flag: Flag, _: World) -> Case:
    return None if flag["score"] is None else (flag["score"], 1)


def coordinated(flag: Flag, _: World) -> Case:
    return None if flag["coordinated"] is None else (int(flag["coordinated"]), 1)


def routed(routing: str) -> Callable[[Flag, World], Case]:
    return lambda flag, _: (1, 1) if flag["routing"] == routing else None


KINDS = {"flow": 1.0, "share": 100.0, "mean": 1.0}
TWINS: dict[str, tuple[str, Callable[[Flag, World], Case]]] = {
    "flags": ("flow", lambda _flag, _world: (1, 1)),
    "flags_auto_blocked": ("flow", routed("auto_block")),
    "flags_human_review": ("flow", routed("human_review")),
    "automation_rate": ("share", lambda flag, _: (int(flag["routing"] != "human_review"), 1)),
    "escalation_rate": ("share", lambda flag, _: (int(flag["severity"] in ("high", "critical")), 1)),
    "coordinated_rate": ("share", coordinated),
    "score_mean": ("mean", score),
    "sla_breach_rate": ("share", breach),
    "sla_breach_rate_reviewed": (
        "share",
        lambda flag, world: breach(flag, world) if flag["routing"] == "human_review" else None,
    ),
}
SETTLES = {"sla_breach_rate", "sla_breach_rate_reviewed"}


def days(since: date, until: date) -> Iterator[date]:
    while since <= until:
        yield since
        since += DAY


def bucket_of(day: date, question: Question) -> date:
    if question.grain == "day":
        return day
    if question.grain == "week":
        year, week, _ = day.isocalendar()
        return date.fromisocalendar(year, week, 1)
    return date(day.year, day.month, 1) if question.grain == "month" else question.since


def days_of(bucket: date, question: Question) -> list[date]:
    """All days that a bucket has, in the window or not."""
    if question.trailing > 1:
        return [bucket - i * DAY for i in range(question.trailing)]
    if question.grain == "day":
        return [bucket]
    if question.grain == "week":
        return [bucket + i * DAY for i in range(7)]
    return [day for day in (bucket + i * DAY for i in range(31)) if day.month == bucket.month]


@dataclass(frozen=True)
class Twin:
    """One metric asked one question of one world."""

    metric: str
    world: World
    question: Question

    @property
    def origins(self) -> tuple[str, ...]:
        if "origin" in self.question.filters:
            return self.question.filters["origin"]
        real = tuple(name for name, kind in self.world.kinds.items() if kind != "demo")
        return real or tuple(self.world.kinds)

    def covered(self, day: date) -> bool:
        today = self.world.now.astimezone(self.world.zone).date()
        return day <= today and any(day in self.world.covered.get(name, set()) for name in self.origins)

    def undelivered(self, day: date) -> bool:
        today = self.world.now.astimezone(self.world.zone).date()
        spans = [{day for day in self.world.covered.get(name, set()) if day <= today} for name in self.origins]
        return any(span and min(span) < day < max(span) and day not in span for span in spans)

    def pending(self, day: date) -> bool:
        wait = max(self.world.sla.values()) if self.metric in SETTLES else 0
        return self.world.end(day) + timedelta(hours=wait) > self.world.now or self.undelivered(day)

    def cases(self, members: Sequence[date], groups: tuple[str, ...] | None) -> list[tuple[date, float]]:
        """Day and numerator of each case of the days, of one group or of all."""
        found = []
        for flag in self.world.flags:
            chosen = self.question.filters.items()
            if flag["origin"] not in self.origins or any(said(flag, dim) not in values for dim, values in chosen):
                continue
            case = TWINS[self.metric][1](flag, self.world)
            if case and flag["flagged_day"] in members and groups in (None, self.groups(flag)):
                found.append((flag["flagged_day"], case[0]))
        return found

    def groups(self, flag: Flag) -> tuple[str, ...]:
        return tuple(said(flag, dim) for dim in self.question.by)

    def all_groups(self) -> list[tuple[str, ...]]:
        """The groups with a case on a covered day that the question reaches."""
        if not self.question.by:
            return [()]
        reach = self.question.since - (self.question.trailing - 1) * DAY
        known = [day for day in days(reach, self.question.until) if self.covered(day)]
        every = {self.groups(flag) for flag in self.world.flags}
        return sorted(groups for groups in every if self.cases(known, groups))

    def point(self, bucket: date, groups: tuple[str, ...] | None, members: list[date], *, whole: bool) -> Expected:
        kind, found = TWINS[self.metric][0], self.cases(members, groups)
        with_cases = {day for day, _ in found}
        unsure = [day for day in members if kind == "flow" or day in with_cases]
        provisional = not whole or any(self.pending(day) for day in unsure)
        total = sum(amount for _, amount in found)
        if kind == "flow":
            return bucket, groups or (), total, len(found), provisional
        value = KINDS[kind] * total / len(found) if found else None
        return bucket, groups or (), value, len(found), provisional

    def points(self) -> list[Expected]:
        window = [day for day in days(self.question.since, self.question.until) if self.covered(day)]
        answer = []
        for bucket in sorted({bucket_of(day, self.question) for day in window}):
            every = window if self.question.grain == "whole" else days_of(bucket, self.question)
            reach = every if self.question.trailing > 1 else [day for day in every if day in window]
            members = [day for day in reach if self.covered(day)]
            if len(members) < min(3, self.question.trailing):
                continue
            whole = self.question.grain in ("day", "whole") or len(members) == len(every)
            answer += [self.point(bucket, groups, members, whole=whole) for groups in self.all_groups()]
        return answer

    def total(self) -> Expected:
        window = [day for day in days(self.question.since, self.question.until) if self.covered(day)]
        if not window:
            return self.question.since, (), None, 0, False
        return self.point(self.question.since, None, window, whole=True)


def said(flag: Flag, dim: str) -> str:
    """What a flag says for a dimension."""
    return "(none)" if flag[dim] is None else str(flag[dim])
