from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, select, text

from dashapp.domain.messages import FlagRow
from dashapp.domain.vocabulary import Severity
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.migrate import _config, state, upgrade
from dashapp.store.rollup import rollup
from dashapp.store.schema import DERIVED, dirty_day, metadata
from dashapp.store.writes import flag_row, put_coverage, put_flags

UTC = ZoneInfo("UTC")
SLA = dict.fromkeys(Severity, 24.0)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Engine]:
    engine = writer_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    yield engine
    engine.dispose()


def tables(engine: Engine) -> dict[str, list[str]]:
    """The statements that made tables and indexes, each as its clauses in an order of our own."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
    made = {row.name: " ".join(row.sql.split()) for row in rows if row.name != "alembic_version"}
    return {name: sorted(clause.rstrip(") ") for clause in sql.split(", ")) for name, sql in made.items()}


def test_alembic_sees_no_difference_between_migrated_tables_and_the_schema(writer: Engine) -> None:
    with writer.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrations_make_the_same_checks_and_partial_indexes_as_the_schema(writer: Engine, empty: Engine) -> None:
    with empty.begin() as connection:
        metadata.create_all(connection)
    expected = tables(empty)
    assert "ix_flag_open" in expected
    assert any("ck_flag_severity" in clause for clause in expected["flag"])
    assert tables(writer) == expected


def test_a_new_store_is_at_no_migration_and_an_upgraded_one_at_the_newest(empty: Engine) -> None:
    current, newest = state(empty)
    assert current is None
    assert newest is not None
    upgrade(empty)
    assert state(empty) == (newest, newest)


def test_upgrading_twice_changes_nothing(writer: Engine) -> None:
    before = tables(writer)
    upgrade(writer)
    assert tables(writer) == before


def test_a_migration_that_fails_leaves_nothing_behind(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE reviewer (id INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        upgrade(empty)
    assert list(tables(empty)) == ["reviewer"]
    assert state(empty)[0] is None


@pytest.mark.parametrize("before", ["0001", "0002"])
def test_a_store_of_an_earlier_migration_is_rolled_up_anew(writer: Engine, before: str) -> None:
    fields = {"flag_id": "F1", "flagged_day": date(2024, 3, 1), "category": "spam", "severity": "high"}
    sent = FlagRow.model_validate({**fields, "routing": "human_review", "score": 0.57, "hours_to_decision": 30})
    with writer.begin() as connection:
        put_flags(connection, [flag_row("feed", sent, UTC)])
        put_coverage(connection, "feed", [date(2024, 3, 1)])
        rollup(connection, SLA)
        held = derived(connection)
    with writer.begin() as connection:
        command.downgrade(_config(connection), before)
    upgrade(writer)
    with writer.begin() as connection:
        days = connection.execute(select(dirty_day)).all()
        assert days == [("feed", date(2024, 3, 1)), ("feed", date(2024, 3, 2))]
        rollup(connection, SLA)
        assert derived(connection) == held


def derived(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    return {table.name: [tuple(row) for row in connection.execute(select(table))] for table in DERIVED}


def test_the_state_can_be_read_through_the_reader(reader: Engine) -> None:
    current, newest = state(reader)
    assert current == newest


def test_the_state_of_a_new_store_can_be_read_through_a_reader(tmp_path: Path) -> None:
    engine = reader_engine(f"sqlite:///{tmp_path / 'new.sqlite'}", 1)
    assert state(engine)[0] is None
    engine.dispose()
