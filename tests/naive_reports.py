"""The twins of the metrics of reports and decisions. A row is a dict with `flagged_day`, the day that it counts on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tests.naive import Case, Expected, Flag, Question, Twin, World
from tests.naive_kinds import quantile

CONFIRMED = ("marked_sensitive", "deindexed_sensitive", "deindexed_copyright")
MONTH = 30 * 24.0


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def one(_row: Flag, _: World) -> Case:
    return 1, 1


REPORTS: dict[str, tuple[str, Callable[[Flag, World], Case]]] = {
    "reports": ("flow", one),
    "report_accuracy": ("share", lambda row, _: (int(row["action"] in CONFIRMED), 1)),
    "report_accuracy_decided": (
        "share",
        lambda row, _: None if row["action"] is None else (int(row["action"] in CONFIRMED), 1),
    ),
    "report_duplication": ("share", lambda row, _: (int(row["action"] == "deduplicated_reports"), 1)),
    **{
        f"time_to_decision_{name}": ("durations", one)
        for name in ("mean", "p50", "p90", "p99", "p50_censored", "p90_censored", "p99_censored")
    },
}
DECISIONS: dict[str, tuple[str, Callable[[Flag, World], Case]]] = {
    "decisions": ("flow", one),
    "affected_records": ("flow", lambda row, _: (row["affected_records"], 1)),
}
OF_CASES = {"origin", "media_type", "violation", "source", "provider"}
KEPT = {
    "reports": OF_CASES | {"status", "decision_action", "creator", "item_id"},
    **{f"time_to_decision_{name}": OF_CASES | {"decision_action"} for name in ("mean", "p50", "p90", "p99")},
    **{key: {"origin", "media_type", "action", "action_type", "scope"} for key in DECISIONS},
}
MANY = {"creator", "item_id"}


@dataclass(frozen=True)
class Moderated(Twin):
    """A metric of reports or decisions, which are the world's flags here."""

    @property
    def about(self) -> tuple[str, Callable[[Flag, World], Case]]:
        return (REPORTS | DECISIONS)[self.metric]

    @property
    def kept(self) -> set[str]:
        return KEPT.get(self.metric, OF_CASES)

    @property
    def settles(self) -> float:
        return 0 if self.metric in ("reports", *DECISIONS) else MONTH

    @property
    def refused(self) -> bool:
        split = self.question.grain != "whole" and bool(MANY.intersection(self.question.by))
        trailing = self.question.trailing > 1 and self.about[0] == "durations"
        named = {*self.question.by, *self.question.filters}
        return trailing or split or named >= MANY or not named <= self.kept

    def point(self, bucket: date, groups: tuple[str, ...] | None, members: list[date], *, whole: bool) -> Expected:
        bucket, told, value, n, provisional = super().point(bucket, groups, members, whole=whole)
        return bucket, told, value, int(value or 0) if self.about[0] == "flow" else n, provisional

    def all_groups(self) -> list[tuple[str, ...]]:
        """As for flags; groups whose sums are all 0 are none."""
        found = super().all_groups()
        if self.about[0] != "flow" or not self.question.by:
            return found
        return [groups for groups in found if sum(self.cases(self.known(), groups))]

    def points(self) -> list[Expected]:
        """Of leaderboards in their order: most first, by all of the first split's value."""
        found = super().points()
        if not MANY.intersection(self.question.by):
            return found
        return sorted(found, key=lambda point: (-sum(o[3] for o in found if o[1][0] == point[1][0]), point[1]))


class Lasted(Moderated):
    """A time to decision: rows that were decided at an unknown moment are no cases."""

    def point(self, bucket: date, groups: tuple[str, ...] | None, members: list[date], *, whole: bool) -> Expected:
        rows = [
            row
            for row in self.chosen(self.world.flags)
            if row["flagged_day"] in members and groups in (None, self.groups(row))
        ]
        done = [max(0.0, gap(row["decided_at"] - row["created_at"])) for row in rows if row["decided_at"]]
        waits = [gap(self.world.now - row["created_at"]) for row in rows if row["action"] is None]
        waits = [hours for hours in waits if hours >= 0] if self.metric.endswith("_censored") else []
        provisional = not whole or any(map(self.pending, members))
        n = len(done) + len(waits)
        return bucket, groups or (), self.value(done, waits) if n else None, n, provisional

    def value(self, done: list[float], waits: list[float]) -> float | None:
        if self.metric.endswith("mean"):
            return mean(done)
        share = Fraction(int(self.metric.split("_p")[1][:2]), 100)
        if not self.metric.endswith("_censored"):
            return quantile(done, float(share))
        return first_below(done, waits, 1 - share)


def gap(length: timedelta) -> float:
    return length.total_seconds() / 3600


def first_below(done: Sequence[float], waits: Sequence[float], level: Fraction) -> float | None:
    """The first time at which the product of (1 - events / at risk) is at most the level."""
    left = Fraction(1)
    for time in sorted(set(done)):
        at_risk = sum(other >= time for other in (*done, *waits))
        left *= 1 - Fraction(list(done).count(time), at_risk)
        if left <= level:
            return time
    return None


def moderated(metric: str, reports: World, decisions: World) -> Callable[[Question], Moderated]:
    """The twin of one metric, over the world that it is about."""
    kind = Lasted if (REPORTS | DECISIONS)[metric][0] == "durations" else Moderated
    return lambda question: kind(metric, reports if metric in REPORTS else decisions, question)
