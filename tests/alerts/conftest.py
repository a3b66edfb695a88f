"""A small world of flags: nothing in it needs attention until a test changes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from dashapp.alerts.look import Concern, State
from dashapp.alerts.rules import attention
from dashapp.domain.ask import to_filters
from dashapp.domain.messages import FlagRow, Incident, Reviewer
from dashapp.domain.vocabulary import Dim, Severity
from dashapp.metrics import Desk, Policy
from dashapp.metrics.detecting import detect
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.rollup import rollup

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
FIRST, TODAY = date(2024, 2, 20), date(2024, 4, 1)
GOOD = {"category": "spam", "severity": "high", "routing": "allow", "score": 0.9, "hours_to_decision": 1.0}
SLA = dict.fromkeys(Severity, 24.0)


def march(day: int) -> date:
    return date(2024, 3, day)


@dataclass(frozen=True)
class World:
    """A store that a test puts flags into."""

    connection: Connection
    reader: Engine
    writer: Engine
    policy: Policy
    ids: Iterator[int]

    def put(self, first: date, last: date, number: int, origin: str = "ops", **given: Any) -> None:
        """So many flags on each of these days; good ones but for what is given."""
        days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
        flags = [
            FlagRow.model_validate({**GOOD, "flag_id": f"F{next(self.ids)}", "flagged_day": day, **given})
            for day in days
            for _ in range(number)
        ]
        writes.put_flags(self.connection, [writes.flag_row(origin, flag, self.policy.zone) for flag in flags])

    def cover(self, first: date, last: date, origin: str = "ops") -> None:
        writes.put_origin(self.connection, origin, "import", NOW)
        days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
        writes.put_coverage(self.connection, origin, days)

    def put_attack(self, first: int, last: int) -> None:
        """A known attack on these days of March."""
        attack = Incident(
            incident_id="A1", since=march(first), until=march(last), category="spam", severity=Severity.HIGH
        )
        writes.put_incidents(self.connection, "ops", [attack], replace=False)

    def quiet(self) -> "World":
        """Six weeks of equal days up to today, decided in time by people with room for more."""
        self.cover(FIRST, TODAY)
        self.put(FIRST, TODAY, 18)
        self.put(FIRST, TODAY, 2, routing="human_review", reviewer_id="r1", label="confirmed")
        team = Reviewer(reviewer_id="r1", team="north", capacity_per_day=100)
        writes.put_reviewers(self.connection, "ops", [team], replace=False)
        return self

    def desk(self, now: datetime = NOW) -> Desk:
        rollup(self.connection, SLA)
        return Desk(self.connection, now, self.policy)

    def looked(self) -> "World":
        """The same, after the detection job has looked at it."""
        rollup(self.connection, SLA)
        self.connection.commit()
        detect(self.reader, self.writer, self.policy, NOW)
        return self


@pytest.fixture
def world(reader: Engine, writer: Engine, settings: Settings) -> Iterator[World]:
    with writer.connect() as connection:
        yield World(connection, reader, writer, Policy(settings.zone, SLA), count())
        connection.rollback()


def found(world: World, **filters: str) -> list[Concern]:
    chosen = to_filters({Dim(dim): [value] for dim, value in filters.items()})
    return list(attention(world.desk(), chosen).concerns)


def of(concerns: list[Concern], state: State) -> list[tuple[str, str]]:
    return [(concern.title, concern.detail) for concern in concerns if concern.state is state]
