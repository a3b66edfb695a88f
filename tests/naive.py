"""Every metric once more, as plain loops over plain rows, sharing no code with what it checks.

A flag is a dict with the fields that its origin sends, `origin` and `team`. What a twin's `points` and `total` return
is what `measure` must return, as (bucket, groups, value, n, provisional). More kinds of twin are in naive_kinds.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
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


def confirmed(flag: Flag, _: World) -> Case:
    return (int(flag["label"] == "confirmed"), 1) if flag["label"] in ("confirmed", "rejected") else None


def routed(routing: str, *severities: str) -> Callable[[Flag, World], Case]:
    """Flags routed so, of the severities if any are named."""
    return lambda flag, _: (
        (1, 1) if flag["routing"] == routing and (not severities or flag["severity"] in severities) else None
    )


def resolved(flag: Flag, _: World) -> Case:
    taken = hours(flag)
    urgent = flag["severity"] in ("high", "critical") and flag["routing"] == "human_review"
    return (taken, 1) if urgent and taken is not None else None


def waiting(flag: Flag, world: World) -> Case:
    """The hours an open flag has waited: since the midnight its day began with where it has no instant."""
    if flag["routing"] != "human_review" or decided_day(flag, world) is not None:
        return None
    begun = flag["flagged_at"] or world.end(flag["flagged_day"] - DAY)
    return None if begun > world.now else ((world.now - begun).total_seconds() / 3600, 1)


def at_risk(flag: Flag, world: World) -> Case:
    case = waiting(flag, world)
    return case and (int(4 * case[0] >= 3 * world.sla[flag["severity"]]), 1)


def unscored(flag: Flag, world: World) -> Case:
    scoring = any(other["score"] is not None for other in world.flags if other["origin"] == flag["origin"])
    return (int(flag["score"] is None), 1) if scoring else None


def unlabelled(flag: Flag, world: World) -> Case:
    """Whether a human-review flag of an origin that labels any has no label."""
    labelling = any(other["label"] is not None for other in world.flags if other["origin"] == flag["origin"])
    return (int(flag["label"] is None), 1) if labelling and flag["routing"] == "human_review" else None


def raised_day(flag: Flag, _: World) -> date:
    return date.fromisoformat(str(flag["flagged_day"]))


def decided_day(flag: Flag, world: World) -> date | None:
    """The day of the decision; without instants it lies its hours after the midnight the day began with."""
    taken, at = hours(flag), flag["decided_at"]
    if at is None and taken is not None and flag["flagged_at"] is not None:
        at = flag["flagged_at"] + timedelta(hours=taken)
    if at is not None:
        return date.fromisoformat(at.astimezone(world.zone).date().isoformat())
    return None if taken is None else raised_day(flag, world) + int(taken // 24) * DAY


KINDS = {"flow": 1.0, "share": 100.0, "mean": 1.0}
TWINS: dict[str, tuple[str, Callable[[Flag, World], Case]]] = {
    "flags": ("flow", lambda _flag, _world: (1, 1)),
    "flags_auto_blocked": ("flow", routed("auto_block")),
    "flags_human_review": ("flow", routed("human_review")),
    "inflow": ("flow", routed("human_review")),
    "outflow": ("flow", routed("human_review")),
    "backlog": ("stock", routed("human_review")),
    "backlog_urgent": ("stock", routed("human_review", "high", "critical")),
    "automation_rate": ("share", lambda flag, _: (int(flag["routing"] != "human_review"), 1)),
    "escalation_rate": ("share", lambda flag, _: (int(flag["severity"] in ("high", "critical")), 1)),
    "coordinated_rate": ("share", coordinated),
    "score_mean": ("mean", score),
    "precision_decided": ("share", confirmed),
    "sla_breach_rate": ("share", breach),
    "sla_breach_rate_reviewed": (
        "share",
        lambda flag, world: breach(flag, world) if flag["routing"] == "human_review" else None,
    ),
    "utilisation": ("ratio", routed("human_review")),
    "utilisation_per_reviewer": ("ratio", routed("human_review")),
    "score_distribution": ("distribution", score),
    "resolution_hours": ("distribution", resolved),
    "oldest_open": ("ages", waiting),
    "open_age_p50": ("ages", waiting),
    "open_age_p90": ("ages", waiting),
    "sla_at_risk": ("ages", at_risk),
    "unscored_share": ("share", unscored),
    "unlabelled_share": ("share", unlabelled),
}
BY_DECISION = {"outflow", "utilisation", "utilisation_per_reviewer", "unlabelled_share"}
OF_FLAGS = {
    *("origin", "category", "severity", "routing"),
    *("region", "media_type", "team", "detector", "label", "model_version"),
}
KEPT = {
    "utilisation": {"origin", "team"},
    "utilisation_per_reviewer": {"origin", "team", "reviewer"},
    "score_distribution": {"origin", "category", "model_version", "label"},
    "resolution_hours": {"origin", "category", "severity", "routing"},
    "unlabelled_share": {"origin", "category", "severity", "routing", "model_version"},
}
"""What a metric can be split and filtered by, where that is not OF_FLAGS."""
NOT_TRAILING = {"stock", "distribution", "ages"}
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
    def about(self) -> tuple[str, Callable[[Flag, World], Case]]:
        """The kind of the metric, and what a flag adds to it."""
        return TWINS[self.metric]

    @property
    def kept(self) -> set[str]:
        """What the metric can be split and filtered by."""
        return KEPT.get(self.metric, OF_FLAGS)

    @property
    def settles(self) -> float:
        """Hours for which a day may still change after it is over."""
        return max(self.world.sla.values()) if self.metric in SETTLES else 0

    @property
    def refused(self) -> bool:
        """Whether the metric is not kept by what the question names, or has no trailing figure."""
        named = {*self.question.by, *self.question.filters}
        trailing = self.question.trailing > 1 and self.about[0] in NOT_TRAILING
        return trailing or "reviewer" in self.question.filters or not named <= self.kept

    @property
    def origins(self) -> tuple[str, ...]:
        if "origin" in self.question.filters:
            return self.question.filters["origin"]
        real = [name for name, kind in self.world.kinds.items() if kind != "demo"] or list(self.world.kinds)
        return tuple([name for name in real if self.world.covered.get(name)] or real)

    def covered(self, day: date) -> bool:
        today = self.world.now.astimezone(self.world.zone).date()
        return day <= today and any(day in self.world.covered.get(name, set()) for name in self.origins)

    def undelivered(self, day: date) -> bool:
        today = self.world.now.astimezone(self.world.zone).date()
        spans = [{day for day in self.world.covered.get(name, set()) if day <= today} for name in self.origins]
        return any(span and min(span) < day < max(span) and day not in span for span in spans)

    def pending(self, day: date) -> bool:
        return self.world.end(day) + timedelta(hours=self.settles) > self.world.now or self.undelivered(day)

    def chosen(self, rows: Sequence[Flag]) -> list[Flag]:
        """The rows (flags, or reviewers) of the origins and values asked for."""
        wanted = {**self.question.filters, "origin": self.origins}
        return [row for row in rows if all(said(row, dim) in wanted[dim] for dim in wanted)]

    def cases(self, members: Sequence[date], groups: tuple[str, ...] | None) -> list[float]:
        """The numerator of each case of the days, of one group or of all."""
        day_of = decided_day if self.metric in BY_DECISION else raised_day
        found = []
        for flag in self.chosen(self.world.flags):
            case = self.about[1](flag, self.world)
            if case and day_of(flag, self.world) in members and groups in (None, self.groups(flag)):
                found.append(case[0])
        return found

    def changes(self, groups: tuple[str, ...] | None, until: date) -> Counter[date]:
        """By how much a stock grew on each day from the first on."""
        found: Counter[date] = Counter()
        for flag in self.chosen(self.world.flags):
            if self.about[1](flag, self.world) and groups in (None, self.groups(flag)):
                found[raised_day(flag, self.world)] += 1
                found[decided_day(flag, self.world) or date.max] -= 1
        return Counter({day: change for day, change in found.items() if change and day <= until})

    def groups(self, flag: Flag) -> tuple[str, ...]:
        return tuple(shown(flag, dim) for dim in self.question.by)

    def known(self) -> list[date]:
        """The covered days that the question reaches."""
        reach = self.question.since - (self.question.trailing - 1) * DAY
        return [day for day in days(reach, self.question.until) if self.covered(day)]

    def all_groups(self) -> list[tuple[str, ...]]:
        """The groups with a case on a covered day that the question reaches; of a stock, those that ever changed."""
        if not self.question.by:
            return [()]
        every = sorted({self.groups(flag) for flag in self.world.flags})
        if self.about[0] == "stock":
            return [groups for groups in every if self.changes(groups, self.question.until)]
        return [groups for groups in every if self.cases(self.known(), groups)]

    def point(self, bucket: date, groups: tuple[str, ...] | None, members: list[date], *, whole: bool) -> Expected:
        kind, found = self.about[0], self.cases(members, groups)
        provisional = not whole or any(self.pending(day) for day in members)
        if kind == "stock":
            level = sum(self.changes(groups, members[-1]).values())
            return bucket, groups or (), level, level, provisional
        total = sum(found)
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


def said(row: Flag, dim: str) -> str:
    """What a flag or reviewer says for a dimension."""
    value = row["reviewer_id" if dim == "reviewer" else dim]
    return "(none)" if value is None else str(value)


def shown(row: Flag, dim: str) -> str:
    """As `said`, with a pseudonym for who is a reviewer."""
    value = said(row, dim)
    person = dim == "reviewer" and value != "(none)"
    return "reviewer " + sha256(value.encode()).hexdigest()[:6] if person else value
