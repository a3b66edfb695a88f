from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Date, DateTime, Engine, bindparam, select, text

from bench.databases import Databases
from dashapp.domain.access import Role, TokenScope
from dashapp.domain.messages import FlagRow
from dashapp.domain.vocabulary import Severity
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.migrate import _config, state, upgrade
from dashapp.store.rollup import rollup
from dashapp.store.schema import DERIVED, dirty_day, metadata
from dashapp.store.summaries import list_summaries
from dashapp.store.tokens import create_token, tokens
from dashapp.store.trail import changes_of, note_change
from dashapp.store.users import add_user
from dashapp.store.writes import flag_row, put_coverage, put_flags
from dashapp.summary.fact import Facts
from dashapp.summary.render import prose
from dashapp.summary.text import read

UTC = ZoneInfo("UTC")
HOUR = timedelta(hours=1)
SLA = dict.fromkeys(Severity, 24.0)


@pytest.fixture
def empty_url(writer: Engine, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables, of the writer's engine."""
    if writer.dialect.name == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    databases: Databases = request.getfixturevalue("postgres")
    with databases.new("template0") as url:
        yield url


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    engine = writer_engine(empty_url)
    yield engine
    engine.dispose()


OF_SQLITE = {"ix_flag_open", "ix_flag_origin_flagged_day_flagged_at"}
OF_POSTGRESQL = {"ix_flag_waiting", "ix_flag_raised"}
"""Indexes that only one engine has."""
MADE_OF = """
SELECT attrelid::regclass::text AS name, concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, (
        SELECT collname FROM pg_collation WHERE oid = attcollation), pg_get_expr(adbin, adrelid)) AS clause
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped AND attrelid IN (
        SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace)
UNION ALL SELECT conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""
"""The columns, constraints and indexes of a database, each after its table."""


def tables(engine: Engine) -> dict[str, list[str]]:
    """What makes the tables and indexes, each as its clauses in an order of our own."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            made_of: defaultdict[str, list[str]] = defaultdict(list)
            for name, clause in sorted(tuple(row) for row in connection.execute(text(MADE_OF))):
                made_of[name].append(clause)
            return {name: clauses for name, clauses in made_of.items() if not name.startswith("alembic_version")}
        rows = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type != 'trigger'")
        ).all()
    not_ours = ("alembic_version", "sqlite_sequence")
    made = {row.name: " ".join(row.sql.split()) for row in rows if row.name not in not_ours}
    return {name: sorted(clause.rstrip(") ") for clause in sql.split(", ")) for name, sql in made.items()}


@pytest.mark.check(37)
def test_alembic_sees_no_difference_between_migrated_tables_and_the_schema(writer: Engine) -> None:
    with writer.connect() as connection:
        elsewhere = OF_SQLITE if writer.dialect.name == "postgresql" else OF_POSTGRESQL
        own = {"include_object": lambda _, name, *__: name not in elsewhere}
        context = MigrationContext.configure(connection, opts=own)
        assert compare_metadata(context, metadata) == []


def test_migrations_make_the_same_checks_and_partial_indexes_as_the_schema(writer: Engine, empty: Engine) -> None:
    with empty.begin() as connection:
        metadata.create_all(connection)
    expected = tables(empty)
    assert set(expected) > (OF_SQLITE if empty.dialect.name == "sqlite" else OF_POSTGRESQL)
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


@pytest.mark.check(37)
def test_the_way_down_leads_to_a_store_without_tables(writer: Engine) -> None:
    with writer.begin() as connection:
        command.downgrade(_config(connection), "base")
    assert tables(writer) == {}
    upgrade(writer)
    assert "flag" in tables(writer)


@pytest.mark.check(37)
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
        days = connection.execute(select(dirty_day).order_by(dirty_day.c.day)).all()
        assert days == [("feed", date(2024, 3, 1)), ("feed", date(2024, 3, 2))]
        rollup(connection, SLA)
        assert derived(connection) == held


def test_a_summary_that_was_kept_as_markdown_keeps_its_words(writer: Engine) -> None:
    old = "INSERT INTO summary VALUES ('2024-W12', 1, :at, :on, 7, '[]', :words, 'template', 'no model is asked yet')"
    words = "# Week 2024-W12\n\nComplete days: 7.\n\n## Top risks\n\n- Backlog: 9.\n- Flags: 3.\n"
    given = {"at": datetime(2024, 3, 25, 6), "on": date(2024, 3, 24), "words": words}  # noqa: DTZ001 # as a store has it
    with writer.begin() as connection:
        command.downgrade(_config(connection), "0013")
        connection.execute(text(old).bindparams(bindparam("at", type_=DateTime), bindparam("on", type_=Date)), given)
    upgrade(writer)
    with writer.connect() as connection:
        [kept] = list_summaries(connection)
    assert (kept.week, kept.as_of, kept.made_at) == (
        "2024-W12",
        date(2024, 3, 24),
        datetime(2024, 3, 25, 6, tzinfo=UTC),
    )
    assert prose(read(kept.text), Facts()) == words


def test_tokens_go_to_who_made_them_under_another_name_and_with_who_left(writer: Engine) -> None:
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    with writer.begin() as connection:
        command.downgrade(_config(connection), "0015")
        for name, role in (("Ada Example", Role.ADMIN), ("Ada", Role.VIEWER), ("Olena", Role.ADMIN)):
            add_user(connection, name, role, at)
        note_change(connection, at, "A.", "renamed", "user 1", {"name": "Ada"})
        note_change(connection, at + HOUR, "Ada", "renamed", "user 1", {"name": "Ada Example"})
        create_token(connection, "first", TokenScope.READ, at - HOUR, made_by="A.")
        create_token(connection, "second", TokenScope.READ, at + HOUR, made_by="Ada")
        create_token(connection, "of a namesake", TokenScope.READ, at + 2 * HOUR, made_by="Ada")
        create_token(connection, "events of a namesake", TokenScope.INGEST, at + 2 * HOUR, made_by="Ada")
        create_token(connection, "of nobody", TokenScope.ADMIN, at, made_by="command line")
    upgrade(writer)
    with writer.connect() as connection:
        assert {one.name: one.made_by for one in tokens(connection)} == {
            "first": "Ada Example",
            "second": "Ada Example",
            "events of a namesake": "Ada",
            "of nobody": "command line",
        }
        [change] = changes_of(connection, "token of a namesake")
    assert (change.actor, change.action, change.detail) == ("command line", "token revoked", {})


def derived(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    return {table.name: sorted(tuple(row) for row in connection.execute(select(table))) for table in DERIVED}


def test_the_state_can_be_read_through_the_reader(reader: Engine) -> None:
    current, newest = state(reader)
    assert current == newest


def test_the_state_of_a_new_store_can_be_read_through_a_reader(empty_url: str) -> None:
    writer = writer_engine(empty_url)
    writer.connect().close()
    writer.dispose()
    engine = reader_engine(empty_url, 1)
    assert state(engine)[0] is None
    engine.dispose()
