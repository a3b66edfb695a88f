"""Reports and decisions of the synthetic platform, and the dumps of Openverse that would hold them. Every value is
invented. The same seed, scale and last day give the same; a day is made without the others.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.random import Generator

from dashapp.demo.plan import Demo, delivered
from dashapp.domain.messages import DecisionRow, ReportRow
from dashapp.domain.vocabulary import CONFIRMING, Action, Violation

PER_DAY = 40.0
"""Reports on a day, at scale 1."""
STREAM = 5
"""Keeps the draws of reports apart from those of flags, which have the same seed and day."""

MEDIA_TYPES, MEDIA_SHARES = ("image", "audio"), (0.86, 0.14)
SOURCES = {
    "image": (("open_photos", "city_museum"), ("open_photos", "open_photos"), ("archives", "map_library")),
    "audio": (("sound_commons", "field_recordings"), ("sound_commons", "sound_commons")),
}
"""Provider and source of an item, the frequent ones first."""
ITEMS, CREATORS, SKEW = 30_000, 900, 2.5
"""Items and creators, of which some are reported far more often than others."""

VIOLATIONS, VIOLATION_SHARES = tuple(Violation), (0.55, 0.30, 0.15)
OUTCOMES = {
    Violation.SENSITIVE: ((Action.MARKED_SENSITIVE, 0.48), (Action.DEINDEXED_SENSITIVE, 0.10)),
    Violation.COPYRIGHT: ((Action.DEINDEXED_COPYRIGHT, 0.34),),
    Violation.OTHER: ((Action.MARKED_SENSITIVE, 0.08), (Action.DEINDEXED_COPYRIGHT, 0.05)),
}
"""How often a first report is confirmed, and as what; else it is rejected."""
ALONE = 0.82
"""Of the items reported on a day, the share that one report is about; each further one is as likely again."""
NEVER = 0.03
"""Share of items that are not decided on."""
HOURS, SPREAD, MOST_HOURS = 30.0, 1.1, 24 * 90
"""Median hours to a decision, their log-normal spread, and the most."""
SLOW, SLOWER = 0.05, 12.0
"""Share of decisions that wait for somebody else, and how many times as long they take."""
BULK, BULK_MOST = 0.06, 400
"""Share of confirmed reports whose decision takes in more records of the same creator, and how many at most."""
REVERSED, REVERSED_HOURS, APPEALED = 0.03, 140.0, 0.6
"""Share of confirming decisions that are taken back, after how many hours in the median, and how often on appeal."""
REVERSED_BY = {
    Action.MARKED_SENSITIVE: Action.REVERSED_MARK_SENSITIVE,
    Action.DEINDEXED_SENSITIVE: Action.REVERSED_DEINDEX,
    Action.DEINDEXED_COPYRIGHT: Action.REVERSED_DEINDEX,
}
SOON = timedelta(minutes=2)
"""From a decision to the one that closes what else was reported of the same item."""


@dataclass
class Day:
    """The reports that came in on one day, and every decision that came of them until now."""

    reports: list[ReportRow] = field(default_factory=list)
    decisions: list[DecisionRow] = field(default_factory=list)


@dataclass(frozen=True)
class Item:
    """What was reported, and as what."""

    media_type: str
    item_id: str
    creator: str
    source: str
    provider: str
    violation: Violation


class _Maker:
    """Makes one day."""

    def __init__(self, demo: Demo, back: int) -> None:
        self.demo, self.start = demo, demo.start(back)
        self.rng = np.random.default_rng([demo.seed, back, STREAM])
        self.prefix = f"{demo.day(back):%Y%m%d}"
        self.length = (demo.start(back - 1) - self.start).total_seconds()
        self.day = Day()
        self.reported, self.decided = 0, 0

    def make(self) -> Day:
        """The whole day, as far as `now` knows it."""
        left = int(self.rng.poisson(PER_DAY * self.demo.scale))
        while left > 0:
            size = min(left, int(self.rng.geometric(ALONE)))
            self._take_up(size)
            left -= size
        return self.day

    def _take_up(self, size: int) -> None:
        """One item, reported so many times, and what is decided on it. What is drawn does not depend on `now`."""
        item = item_of(self.demo, self.rng)
        seconds = self.rng.uniform(0, self.length, size)
        first, *others = sorted(self.start + timedelta(seconds=int(second)) for second in seconds)
        action, affected = outcome_of(item.violation, self.rng)
        at, taken_back = first + self._wait(HOURS), self._wait(REVERSED_HOURS)
        decided, reversed_, appealed = self.rng.random(3) < (1 - NEVER, REVERSED, APPEALED)
        if not decided:
            self._report(item, [first, *others], None)
            return
        ruling = self._decide(item, action, at, affected)
        self._report(item, [first], ruling)
        if others:
            soon = max(at, others[-1]) + SOON
            self._report(item, others, self._decide(item, Action.DEDUPLICATED_REPORTS, soon, 1))
        if action in CONFIRMING and reversed_:
            key = ruling.decision_id if ruling else None
            about = {"reverses": key, "appeal_of": key if appealed else None}
            self._decide(item, REVERSED_BY[action], at + taken_back, affected, **about)

    def _report(self, item: Item, moments: Iterable[datetime], ruling: DecisionRow | None) -> None:
        """Reports of an item, those that came in before now."""
        for moment in moments:
            self.reported += 1
            if moment <= self.demo.now:
                made = ReportRow(
                    report_id=f"{item.media_type}-{self.prefix}{self.reported:06d}",
                    created_at=moment,
                    media_type=item.media_type,
                    violation=item.violation,
                    item_id=item.item_id,
                    creator=item.creator,
                    source=item.source,
                    provider=item.provider,
                    decision_id=ruling and ruling.decision_id,
                    action=ruling and ruling.action,
                    decided_at=ruling and ruling.decided_at,
                )
                self.day.reports.append(made)

    def _decide(
        self, item: Item, action: Action, at: datetime, affected: int, **about: str | None
    ) -> DecisionRow | None:
        """A decision, if it is made before now; `about` says what it takes back."""
        self.decided += 1
        if at > self.demo.now:
            return None
        made = DecisionRow(
            decision_id=f"{item.media_type}-{self.prefix}{self.decided:06d}",
            decided_at=at,
            media_type=item.media_type,
            action=action,
            affected_records=affected,
            appeal_of=about.get("appeal_of"),
            reverses=about.get("reverses"),
        )
        self.day.decisions.append(made)
        return made

    def _wait(self, median: float) -> timedelta:
        hours = median * self.rng.lognormal(0, SPREAD) * (SLOWER if self.rng.random() < SLOW else 1)
        return timedelta(seconds=int(3600 * min(hours, MOST_HOURS)))


def outcome_of(violation: Violation, rng: Generator) -> tuple[Action, int]:
    """What is decided on a first report, and how many records that affects."""
    chance = rng.random()
    for action, share in OUTCOMES[violation]:
        if chance < share:
            return action, int(rng.integers(2, BULK_MOST)) if rng.random() < BULK else 1
        chance -= share
    return Action.REJECTED_REPORTS, 1


def moderation(demo: Demo) -> Iterator[Day]:
    """The reports and decisions of each day that was delivered, oldest first."""
    return (day_of(demo, back) for back in delivered(demo))


def day_of(demo: Demo, back: int) -> Day:
    """The reports that came in on a day, and every decision that came of them until now."""
    return _Maker(demo, back).make()


def item_of(demo: Demo, rng: Generator) -> Item:
    """An item that is reported; what it is and who made it, it is on any day."""
    number = int(ITEMS * max(1.0, demo.scale) * rng.random() ** SKEW)
    own = np.random.default_rng([demo.seed, number, STREAM, STREAM])
    media_type = MEDIA_TYPES[int(own.choice(len(MEDIA_TYPES), p=MEDIA_SHARES))]
    places = SOURCES[media_type]
    provider, source = places[min(int(own.geometric(0.6)), len(places)) - 1]
    creator = f"{provider} creator {int(CREATORS * own.random() ** SKEW)}"
    key = str(UUID(bytes=own.bytes(16), version=4))
    violation = VIOLATIONS[int(rng.choice(len(VIOLATIONS), p=VIOLATION_SHARES))]
    return Item(media_type, key, creator, source, provider, violation)


Table = list[dict[str, str]]


def write_dumps(directory: Path, days: Iterable[Day], ending: str = "csv") -> None:
    """Write the files of each media type, as CSV or (`ndjson`) as a JSON object a line."""
    held = list(days)
    for media_type in MEDIA_TYPES:
        reports = [report for day in held for report in day.reports if report.media_type == media_type]
        decisions = [decision for day in held for decision in day.decisions if decision.media_type == media_type]
        for stem, table in _tables(reports, decisions).items():
            _write(directory / f"{media_type}_{stem}.{ending}", table, ending)


def _tables(reports: Sequence[ReportRow], decisions: Sequence[DecisionRow]) -> dict[str, Table]:
    """The rows of the four files of one media type."""
    items = {report.item_id or "": report for report in reports}
    decided = {report.decision_id: report.item_id or "" for report in reports}
    return {
        "reports": [_dumped(report) for report in reports],
        "decisions": [
            {"id": _number(one.decision_id), "created_on": one.decided_at.isoformat(" "), "action": one.action}
            for one in decisions
        ],
        "decision_media": [
            {"decision_id": _number(one.decision_id), "media_id": decided.get(one.decision_id, "") or f"other-{place}"}
            for one in decisions
            for place in range(one.affected_records)
        ],
        "media": [
            {
                "identifier": item,
                "creator": report.creator or "",
                "source": report.source or "",
                "provider": report.provider or "",
            }
            for item, report in items.items()
        ],
    }


def _dumped(report: ReportRow) -> dict[str, str]:
    return {
        "id": _number(report.report_id),
        "created_at": report.created_at.isoformat(" "),
        "media_id": report.item_id or "",
        "reason": report.violation,
        "status": report.action or "pending",
        "decision_id": _number(report.decision_id or ""),
    }


def _number(key: str) -> str:
    """An id as it counts within its media type."""
    return key.rpartition("-")[2]


def _write(path: Path, table: Sequence[Mapping[str, Any]], ending: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        if ending == "csv":
            writer = csv.DictWriter(file, list(table[0]) if table else [])
            writer.writeheader()
            writer.writerows(table)
        else:
            file.writelines(json.dumps(row) + "\n" for row in table)
