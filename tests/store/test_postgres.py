"""What only a server can do: go away, come back, sort as it likes, and say more than it should."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from bench.databases import Databases, run
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.schema import meta

ROW = {"key": "secret", "value": "held"}


@pytest.fixture
def url(postgres: Databases) -> Iterator[str]:
    with postgres.new() as made:
        yield made


@pytest.fixture
def writer(url: str) -> Iterator[Engine]:
    engine = writer_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def reader(url: str) -> Iterator[Engine]:
    engine = reader_engine(url, 60)
    yield engine
    engine.dispose()


def end_all(url: str) -> None:
    """End every other session of the database, as a restart of the server does."""
    here = "datname = current_database() AND pid != pg_backend_pid()"
    run(url, f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE {here}")


@pytest.mark.check(36)
def test_after_a_restart_of_the_server_readers_and_writers_go_on(url: str, writer: Engine, reader: Engine) -> None:
    for _ in range(2):
        with writer.begin() as connection:
            connection.execute(text("SELECT 1"))
        with reader.connect() as connection:
            connection.execute(select(meta))
        end_all(url)


@pytest.mark.check(36)
def test_a_session_that_ends_within_a_read_fails_that_read_alone(url: str, reader: Engine) -> None:
    with reader.connect() as connection:
        connection.execute(select(meta))
        end_all(url)
        with pytest.raises(OperationalError):
            connection.execute(select(meta))
    with reader.connect() as connection:
        assert connection.execute(select(meta)).all() == []


@pytest.mark.check(36)
def test_a_writer_that_is_lost_leaves_neither_its_lock_nor_its_rows(url: str, writer: Engine) -> None:
    lost = writer.connect()
    lost.execute(insert(meta).values(ROW))
    end_all(url)
    with writer.begin() as connection:
        assert connection.execute(select(meta)).all() == []
    lost.invalidate()
    lost.close()


def test_an_error_says_nothing_of_the_row(writer: Engine) -> None:
    with writer.connect() as connection:
        connection.execute(insert(meta).values(ROW))
        with pytest.raises(IntegrityError) as caught:
            connection.execute(insert(meta).values(ROW))
    told = 'duplicate key value violates unique constraint "pk_meta"'
    assert str(caught.value.orig) == told
    assert str(caught.value).splitlines()[0] == f"(psycopg.errors.UniqueViolation) {told}"
    assert "secret" not in f"{caught.value}"


def test_every_key_has_a_collation_of_its_own(writer: Engine) -> None:
    keys = "SELECT table_name, column_name FROM information_schema.columns WHERE character_maximum_length = 200"
    with writer.connect() as connection:
        assert len(connection.execute(text(keys)).all()) > 90
        assert connection.execute(text(f"{keys} AND collation_name IS DISTINCT FROM 'C'")).all() == []


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_database_may_be_named_as_platforms_and_libraries_do(url: str, scheme: str) -> None:
    engine = writer_engine(scheme + url.removeprefix("postgresql+psycopg"))
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW TimeZone")) == "UTC"
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"
    engine.dispose()
