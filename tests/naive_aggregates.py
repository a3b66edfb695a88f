"""The twins of the metrics of published counts. A row is a dict: so many cases (`count`) that one platform of an origin
counted on a day (`flagged_day`) with one value of one dimension, and their mean in seconds.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tests.naive import DAY, Expected, Flag, Twin, bucket_of, days, days_of

MARGINAL = {
    *("category", "content_type", "source_type", "decision_ground", "decision_visibility", "decision_account"),
    *("automated_decision", "automated_detection"),
}
SEVERAL = {"content_type", "decision_visibility"}
AGGREGATES = {
    "statements": "flow",
    "automated_decisions": "share",
    "automated_detections": "share",
    "moderation_delay": "mean",
    "disclosure_delay": "mean",
}
READ = {
    "automated_decisions": "automated_decision",
    "automated_detections": "automated_detection",
    "moderation_delay": "moderation_delay",
    "disclosure_delay": "disclosure_delay",
}
COUNTED = {"automated_decisions": "fully", "automated_detections": "yes"}


@dataclass(frozen=True)
class Published(Twin):
    """A metric of published counts, which are the world's flags here."""

    @property
    def kept(self) -> set[str]:
        return {"origin", "platform", *(MARGINAL if self.metric == "statements" else ())}

    @property
    def refused(self) -> bool:
        named = {*self.question.by, *self.question.filters}
        return not named <= self.kept or len(named & MARGINAL) > 1

    def dimension(self, by: Iterable[str]) -> str:
        """What is read to answer a question by these."""
        named = {*by, *self.question.filters} & MARGINAL
        return READ.get(self.metric) or next(iter(named), "rows")

    def rows(self, dimension: str) -> list[Flag]:
        """The rows asked for that are by one dimension, until today."""
        today = self.world.now.astimezone(self.world.zone).date()
        wanted = {**self.question.filters, "origin": self.origins}
        return [
            row
            for row in self.world.flags
            if row["dimension"] == dimension
            and row["flagged_day"] <= today
            and all(said(row, dim) in values for dim, values in wanted.items())
        ]

    def told(self, platform: str | None) -> list[set[date]]:
        """The days that each platform of each origin covers, of those asked for or of one."""
        today = self.world.now.astimezone(self.world.zone).date()
        dimension, found = self.dimension(self.question.by), {}
        for row in self.world.flags:
            chosen = self.question.filters.get("platform", (row["platform"],)) if platform is None else (platform,)
            if row["dimension"] == dimension and row["platform"] in chosen and row["origin"] in self.origins:
                found.setdefault((row["origin"], row["platform"]), set()).add(row["flagged_day"])
        return [told for all_days in found.values() if (told := {day for day in all_days if day <= today})]

    def sums(self, rows: Iterable[Flag], members: Sequence[date]) -> tuple[float, int]:
        """Numerator and denominator of some days together."""
        num, den = 0.0, 0
        for row in rows:
            if row["flagged_day"] not in members or (AGGREGATES[self.metric] == "mean" and row["mean"] is None):
                continue
            hit = row["value"] == COUNTED.get(self.metric, row["value"])
            num += row["count"] * (row["mean"] / 3600 if AGGREGATES[self.metric] == "mean" else hit)
            den += row["count"]
        return num, den

    def figure(self, bucket: date, groups: tuple[str, ...], rows: Iterable[Flag], members: Sequence[date]) -> Expected:
        """The figure of some rows over some days, but for whether it may change."""
        num, den = self.sums(rows, members)
        if AGGREGATES[self.metric] == "flow":
            return bucket, groups, num, int(num), False
        scale = 100 if AGGREGATES[self.metric] == "share" else 1
        return bucket, groups, scale * num / den if den else None, den, False

    def points(self) -> list[Expected]:
        by, rows = self.question.by, self.rows(self.dimension(self.question.by))
        every = {tuple(said(row, dim) for dim in by) for row in rows} if by else {()}
        found: list[Expected] = []
        for groups in every:
            own = [row for row in rows if tuple(said(row, dim) for dim in by) == groups]
            told = self.told(groups[by.index("platform")] if "platform" in by else None)
            known = [day for day in self.reach() if any(day in of for of in told)]
            covered = [day for day in self.reach() if any(day in of for of in self.told(None))]
            if not by or any(any(self.sums([row], covered)) for row in own):
                found += self.over_time(groups, own, known, told)
        return sorted(found, key=lambda point: (point[0], point[1]))

    def reach(self) -> Iterator[date]:
        return days(self.question.since - (self.question.trailing - 1) * DAY, self.question.until)

    def over_time(
        self, groups: tuple[str, ...], rows: list[Flag], known: list[date], told: list[set[date]]
    ) -> Iterator[Expected]:
        window = [day for day in known if day >= self.question.since]
        for bucket in sorted({bucket_of(day, self.question) for day in window}):
            every = window if self.question.grain == "whole" else days_of(bucket, self.question)
            members = [day for day in every if day in (known if self.question.trailing > 1 else window)]
            if len(members) >= min(3, self.question.trailing):
                lacking = self.question.grain in ("week", "month") and len(members) < len(every)
                point = self.figure(bucket, groups, rows, members)
                yield *point[:4], lacking or any(self.may_change(day, told) for day in members)

    def may_change(self, day: date, told: list[set[date]]) -> bool:
        return self.world.end(day) > self.world.now or any(min(of) < day < max(of) and day not in of for of in told)

    def total(self) -> Expected:
        told = self.told(None)
        window = [day for day in days(self.question.since, self.question.until) if any(day in of for of in told)]
        if not window:
            return self.question.since, (), None, 0, False
        rows = self.rows(self.dimension(dim for dim in self.question.by if dim not in SEVERAL))
        point = self.figure(self.question.since, (), rows, window)
        return *point[:4], any(self.may_change(day, told) for day in window)


def said(row: Flag, dim: str) -> str:
    return str(row[dim] if dim in ("origin", "platform") else row["value"])
