"""When a figure may still change, at the moments where that is easy to get wrong."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine

from dashapp.domain.ask import STEPS, Ask, Grain, Window
from dashapp.domain.messages import FlagRow
from dashapp.domain.vocabulary import Severity
from dashapp.metrics import METRICS, Desk, Point, Policy, measure
from dashapp.store import writes
from dashapp.store.rollup import rollup

NEW_YORK = ZoneInfo("America/New_York")
SATURDAY = date(2024, 3, 9)
"""On the Sunday after it clocks are put forward: the day that follows has 23 hours."""
SLA = {**dict.fromkeys(Severity, 4.0), Severity.CRITICAL: 24.0}


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as opened:
        given = {"flag_id": "F", "flagged_day": SATURDAY, "category": "spam", "severity": "high", "routing": "allow"}
        writes.put_flags(opened, [writes.flag_row("ops", FlagRow.model_validate(given), NEW_YORK)])
        writes.put_origin(opened, "ops", "import", datetime(2024, 3, 11, tzinfo=UTC))
        writes.put_coverage(opened, "ops", [SATURDAY])
        rollup(opened, SLA)
        yield opened
        opened.rollback()


def total(connection: Connection, now: datetime, key: str = "sla_breach_rate", grain: Grain = Grain.DAY) -> Point:
    ask = Ask(Window(SATURDAY, SATURDAY), grain)
    found = measure(Desk(connection, now, Policy(NEW_YORK, SLA)), METRICS[key], ask).total
    assert found is not None
    return found


def test_an_sla_of_24_hours_is_24_hours_when_clocks_are_put_forward(connection: Connection) -> None:
    assert total(connection, datetime(2024, 3, 11, 4, 30, tzinfo=UTC)).provisional is True
    assert total(connection, datetime(2024, 3, 11, 5, 0, tzinfo=UTC)).provisional is False


def test_a_flag_counts_once_its_day_is_older_than_the_sla_of_its_severity(connection: Connection) -> None:
    assert total(connection, datetime(2024, 3, 10, 8, 59, tzinfo=UTC)).n == 0
    assert total(connection, datetime(2024, 3, 10, 9, 0, tzinfo=UTC)).n == 1


def test_a_day_is_provisional_until_it_is_over_in_the_reporting_zone(connection: Connection) -> None:
    assert total(connection, datetime(2024, 3, 10, 4, 59, tzinfo=UTC), "flags").provisional is True
    assert total(connection, datetime(2024, 3, 10, 5, 0, tzinfo=UTC), "flags").provisional is False


def test_a_total_is_as_sure_in_weeks_as_in_days(connection: Connection) -> None:
    now = datetime(2024, 4, 1, tzinfo=UTC)
    assert [total(connection, now, "flags", grain).provisional for grain in Grain if grain not in STEPS] == [False] * 4
