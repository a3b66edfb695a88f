"""The version changes with whatever readers see."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine

from dashapp.domain.messages import FlagRow, Incident
from dashapp.domain.vocabulary import Severity
from dashapp.store.rollup import rollup
from dashapp.store.version import version
from dashapp.store.writes import flag_row, put_coverage, put_flags, put_incidents, put_origin, remove_origin

SLA = dict.fromkeys(Severity, 24.0)


@pytest.fixture
def connection(writer: Engine) -> Iterator[Connection]:
    with writer.begin() as connection:
        yield connection


def test_nothing_stored_is_version_0(connection: Connection) -> None:
    assert version(connection) == 0


def test_what_readers_see_anew_is_a_version_and_what_they_saw_is_none(connection: Connection) -> None:
    delivery = datetime(2024, 3, 1, tzinfo=UTC)
    put_origin(connection, "feed", "import", delivery)
    assert version(connection) == 1
    put_coverage(connection, "feed", [date(2024, 3, 1)])
    assert version(connection) == 2
    put_origin(connection, "feed", "import", delivery)
    put_coverage(connection, "feed", [date(2024, 3, 1)])
    assert version(connection) == 2
    attack = Incident(
        incident_id="A", since=date(2024, 3, 1), until=date(2024, 3, 1), category="spam", severity=Severity.HIGH
    )
    put_incidents(connection, "feed", [attack], replace=False)
    assert version(connection) == 3
    put_incidents(connection, "feed", [attack], replace=False)
    assert version(connection) == 3
    remove_origin(connection, "feed")
    assert version(connection) == 4


def test_a_rollup_is_a_version_where_it_rebuilds_a_day(connection: Connection) -> None:
    rollup(connection, SLA)
    assert version(connection) == 0
    fields = {"flag_id": "F", "flagged_day": "2024-03-01", "category": "spam", "severity": "low", "routing": "allow"}
    put_flags(connection, [flag_row("feed", FlagRow.model_validate(fields), ZoneInfo("UTC"))])
    rollup(connection, SLA)
    assert version(connection) == 1
    rollup(connection, SLA)
    assert version(connection) == 1
    rollup(connection, SLA, everything=True)
    assert version(connection) == 2
