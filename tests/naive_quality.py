"""The twins of what is said of data as such. A lot is a dict: so many (`n`) flags, reports or decisions of a day."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.naive import DAY, Expected, Question, bucket_of, days, days_of

Lot = Mapping[str, Any]
OF_FEED = {
    "flags": ("category", "severity", "routing", "region", "media_type", "detector", "model_version", "label"),
    "reports": ("violation",),
    "decisions": ("action", "automated"),
}
ONLY_GIVEN = ("label", "automated")
"""Fields that are looked at only where they say something."""


@dataclass(frozen=True)
class Kept:
    """All that an answer depends on beside the question. `new` are values by origin, field and first day."""

    lots: Sequence[Lot]
    new: Sequence[tuple[str, str, date]]
    covered: Mapping[str, set[date]]
    received: Mapping[str, set[date]]
    kinds: Mapping[str, str]
    delivered: Mapping[str, datetime]
    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True)
class Quality:
    """One metric asked one question."""

    metric: str
    kept: Kept
    question: Question = field(default_factory=lambda: Question(date.min, date.min))

    @property
    def origins(self) -> tuple[str, ...]:
        real = tuple(name for name, kind in self.kept.kinds.items() if kind != "demo")
        return self.question.filters.get("origin", real or tuple(self.kept.kinds))

    def span(self, name: str) -> tuple[date, date] | None:
        told = {day for day in self.kept.covered[name] | self.kept.received[name] if day <= self.kept.today}
        return (min(told), max(told)) if told else None

    def covered(self, day: date) -> bool:
        spans = [span for name in self.origins if name in self.kept.kinds and (span := self.span(name))]
        return any(first <= day <= last for first, last in spans)

    def facts(self) -> Iterator[tuple[date, str, str, float, int]]:
        """What is known of days: day, origin, field, value and n."""
        for name in self.origins:
            if name in self.kept.kinds:
                yield from {"silent_days": self.silent, "new_values": self.new, "field_flips": self.flips}[self.metric](
                    name
                )

    def silent(self, name: str) -> Iterator[tuple[date, str, str, float, int]]:
        last = min((self.span(name) or (date.min, date.min))[1], self.kept.today - DAY)
        for feed in OF_FEED:
            known = {lot["day"] for lot in self.kept.lots if (lot["origin"], lot["feed"]) == (name, feed)}
            for day in days(min(known), last) if known else ():
                since = next((n for n in range(1, 15) if day - n * DAY in known), None)
                if day not in known and since and all(day - n * DAY in known for n in range(since, since + 14)):
                    yield day, name, "", 1, 1

    def new(self, name: str) -> Iterator[tuple[date, str, str, float, int]]:
        for origin, of, first in self.kept.new:
            if origin == name and sum(day < first for day in self.kept.covered[name]) >= 7:
                yield first, name, of, 1, 1

    def flips(self, name: str) -> Iterator[tuple[date, str, str, float, int]]:
        for feed, fields in OF_FEED.items():
            lots = [lot for lot in self.kept.lots if (lot["origin"], lot["feed"]) == (name, feed)]
            for of, day in ((of, day) for of in fields for day in {lot["day"] for lot in lots}):
                now = self.shares(lots, of, day, day)
                before = self.shares(lots, of, day - 7 * DAY, day - DAY)
                if sum(now.values()) >= 50 and sum(before.values()) >= 150:
                    sizes = now.total(), before.total()
                    apart = [abs(now[value] / sizes[0] - before[value] / sizes[1]) for value in {*now, *before}]
                    yield day, name, of, 50 * sum(apart), now.total()

    def shares(self, lots: Sequence[Lot], of: str, since: date, until: date) -> Counter[str]:
        found: Counter[str] = Counter()
        for lot in lots:
            if since <= lot["day"] <= until and not (of in ONLY_GIVEN and lot[of] is None):
                found[str(lot[of])] += lot["n"]
        return found

    def chosen(self) -> list[tuple[date, tuple[str, ...], float, int]]:
        wanted = self.question.filters.get("field")
        return [
            (day, tuple({"origin": name, "field": of}[dim] for dim in self.question.by), value, n)
            for day, name, of, value, n in self.facts()
            if wanted is None or of in wanted
        ]

    def point(self, bucket: date, groups: tuple[str, ...] | None, members: Sequence[date], *, whole: bool) -> Expected:
        provisional = not whole or any(day >= self.kept.today for day in members)
        found = [(value, n) for day, of, value, n in self.chosen() if day in members and groups in (None, of)]
        if self.metric == "field_flips":
            value, n = max(found, default=(None, 0))
            return bucket, groups or (), value, n, provisional
        total = sum(value for value, _ in found)
        return bucket, groups or (), total, int(total), provisional

    def points(self) -> list[Expected]:
        question = self.question
        window = [day for day in days(question.since, question.until) if self.covered(day)]
        reach = [
            day for day in days(question.since - (question.trailing - 1) * DAY, question.until) if self.covered(day)
        ]
        groups = sorted({of for day, of, _, _ in self.chosen() if day in reach}) if question.by else [()]
        answer = []
        for bucket in sorted({bucket_of(day, question) for day in window}):
            every = window if question.grain == "whole" else days_of(bucket, question)
            members = [day for day in every if self.covered(day) and (question.trailing > 1 or day in window)]
            if len(members) >= min(3, question.trailing):
                whole = question.grain in ("day", "whole") or len(members) == len(every)
                answer += [self.point(bucket, group, members, whole=whole) for group in groups]
        return answer

    def total(self) -> Expected:
        window = [day for day in days(self.question.since, self.question.until) if self.covered(day)]
        if not window:
            return self.question.since, (), None, 0, False
        return self.point(self.question.since, None, window, whole=True)


@dataclass(frozen=True)
class Since(Quality):
    """How long origins have been quiet, now."""

    def quiet(self) -> dict[str, float]:
        found = {}
        for name in self.origins:
            kind, at = self.kept.kinds.get(name), self.kept.delivered.get(name)
            if at is None or self.kept.now - at > timedelta(days=14):
                continue
            last = max(self.kept.covered[name], default=date.min)
            up_to_date = at.astimezone(self.kept.zone).date() <= last + 2 * DAY if last > date.min else False
            live = kind == "events" and len(self.kept.received[name]) >= 3
            if live if self.metric == "hours_since_event" else kind == "import" and up_to_date:
                found[name] = max(0.0, (self.kept.now - at).total_seconds() / 3600)
        return found

    def points(self) -> list[Expected]:
        found = self.quiet()
        if not self.question.by:
            return [self.total()] if found else []
        return [(self.kept.today, (name,), hours, 1, False) for name, hours in sorted(found.items())]

    def total(self) -> Expected:
        found = self.quiet()
        return self.kept.today, (), max(found.values(), default=None), len(found), False


QUALITY = {
    "hours_since_event": Since,
    "hours_since_import": Since,
    "silent_days": Quality,
    "new_values": Quality,
    "field_flips": Quality,
}
KEPT_BY = {"new_values": {"origin", "field"}, "field_flips": {"origin", "field"}}
"""What a metric is kept by, where that is not the origin alone."""
