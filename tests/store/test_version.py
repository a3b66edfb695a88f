"""The version changes with whatever readers see."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Connection, Engine

from dashapp.domain.vocabulary import Severity
from dashapp.store.rollup import rollup
from dashapp.store.version import version
from dashapp.store.writes import put_coverage, put_origin, remove_origin

SLA = dict.fromkeys(Severity, 24.0)


@pytest.fixture
def connection(writer: Engine) -> Iterator[Connection]:
    with writer.begin() as connection:
        yield connection


def test_nothing_stored_is_version_0(connection: Connection) -> None:
    assert version(connection) == 0


def test_every_rollup_and_removal_is_a_version(connection: Connection) -> None:
    put_origin(connection, "feed", "import", datetime(2024, 3, 1, tzinfo=UTC))
    put_coverage(connection, "feed", [date(2024, 3, 1)])
    rollup(connection, SLA)
    assert version(connection) == 1
    rollup(connection, SLA)
    assert version(connection) == 2
    remove_origin(connection, "feed")
    assert version(connection) == 3
