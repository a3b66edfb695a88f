from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, insert, select, text, update
from sqlalchemy.exc import OperationalError

from dashapp.store.engine import SAFE_SQLITE, TooSlow, reader_engine, sqlite_module, writer_engine

counter = Table("counter", MetaData(), Column("value", Integer, nullable=False))

COUNT_TO_A_BILLION = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n"
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'test.sqlite'}"


@pytest.fixture
def writer(url: str) -> Iterator[Engine]:
    engine = writer_engine(url)
    counter.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(counter).values(value=0))
    yield engine
    engine.dispose()


@pytest.fixture
def reader(writer: Engine, url: str) -> Iterator[Engine]:
    engine = reader_engine(url, seconds=0.05)
    yield engine
    engine.dispose()


def test_a_reader_refuses_to_write(reader: Engine) -> None:
    with reader.connect() as connection, pytest.raises(OperationalError, match="attempt to write a readonly database"):
        connection.execute(insert(counter).values(value=1))


def test_a_slow_read_is_stopped_and_says_so(reader: Engine) -> None:
    with reader.connect() as connection, pytest.raises(TooSlow, match=r"it took longer than 0\.05 s"):
        connection.execute(COUNT_TO_A_BILLION).scalar()


def test_after_a_stopped_read_the_connection_reads_on(reader: Engine) -> None:
    with reader.connect() as connection:
        with pytest.raises(TooSlow):
            connection.execute(COUNT_TO_A_BILLION).scalar()
        assert connection.scalar(select(counter.c.value)) == 0


def test_a_reader_sees_one_moment_while_others_write(writer: Engine, reader: Engine) -> None:
    with reader.connect() as connection:
        assert connection.scalar(select(counter.c.value)) == 0
        with writer.begin() as writing:
            writing.execute(update(counter).values(value=7))
        assert connection.scalar(select(counter.c.value)) == 0
    with reader.connect() as connection:
        assert connection.scalar(select(counter.c.value)) == 7


def test_four_threads_that_read_and_then_write_lose_nothing(writer: Engine) -> None:
    def count(times: int) -> None:
        for _ in range(times):
            with writer.begin() as connection:
                value = connection.scalar(select(counter.c.value)) or 0
                connection.execute(update(counter).values(value=value + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, [25] * 4))
    with writer.connect() as connection:
        assert connection.scalar(select(counter.c.value)) == 100


def test_the_sqlite_in_use_is_one_whose_wal_is_safe(writer: Engine) -> None:
    assert sqlite_module().sqlite_version_info >= SAFE_SQLITE
    with writer.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
