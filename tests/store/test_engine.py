from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from dashapp.domain.vocabulary import Severity
from dashapp.store.bulk import insert_columns
from dashapp.store.engine import SAFE_SQLITE, TooSlow, reader_engine, sqlite_module, writer_engine
from dashapp.store.schema import dirty_day, metadata, score_histogram

counter = Table("counter", MetaData(), Column("value", Integer, nullable=False))

COUNT_TO_A_BILLION = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n"
)


@pytest.fixture
def url(database_url: str) -> str:
    return database_url


@pytest.fixture
def writer(url: str) -> Iterator[Engine]:
    engine = writer_engine(url)
    counter.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(counter).values(value=0))
    yield engine
    engine.dispose()


@pytest.fixture
def limit(writer: Engine) -> float:
    """Seconds; SQLite looks at the clock only now and then, and so lets what is short end on a busy machine."""
    return 0.05 if writer.dialect.name == "sqlite" else 1.5


@pytest.fixture
def reader(url: str, limit: float) -> Iterator[Engine]:
    engine = reader_engine(url, seconds=limit)
    yield engine
    engine.dispose()


@pytest.mark.check(25)
def test_a_reader_refuses_to_write(reader: Engine) -> None:
    refused = "attempt to write a readonly database|cannot execute INSERT in a read-only transaction"
    with reader.connect() as connection, pytest.raises(DBAPIError, match=refused):
        connection.execute(insert(counter).values(value=1))


@pytest.mark.check(35)
@pytest.mark.sqlite_only
def test_a_connection_that_may_not_write_is_not_kept(writer: Engine) -> None:
    with writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")
        connection.commit()
    with pytest.raises(OperationalError, match="readonly"), writer.begin() as connection:
        connection.execute(update(counter).values(value=1))
    with writer.begin() as connection:
        connection.execute(update(counter).values(value=2))
        assert connection.scalar(select(counter.c.value)) == 2


def test_a_slow_read_is_stopped_and_says_so(reader: Engine, limit: float) -> None:
    with reader.connect() as connection, pytest.raises(TooSlow, match=f"it took longer than {limit} s"):
        connection.execute(COUNT_TO_A_BILLION).scalar()


def test_after_a_stopped_read_the_connection_reads_on(reader: Engine) -> None:
    with reader.connect() as connection:
        with pytest.raises(TooSlow):
            connection.execute(COUNT_TO_A_BILLION).scalar()
        assert connection.scalar(select(counter.c.value)) == 0


def test_after_a_statement_that_failed_a_reader_still_sees_the_same_moment(writer: Engine, reader: Engine) -> None:
    with reader.connect() as connection:
        assert connection.scalar(select(counter.c.value)) == 0
        with writer.begin() as writing:
            writing.execute(update(counter).values(value=7))
        with pytest.raises(DBAPIError):
            connection.execute(text("SELECT * FROM nothing"))
        with pytest.raises(TooSlow):
            connection.execute(COUNT_TO_A_BILLION).scalar()
        assert connection.scalar(select(counter.c.value)) == 0


def test_a_connection_with_a_limit_of_its_own_keeps_to_it(reader: Engine, limit: float) -> None:
    with reader.connect() as connection:
        connection.execution_options(seconds=0.03)
        with pytest.raises(TooSlow, match=r"it took longer than 0\.03 s"):
            connection.execute(COUNT_TO_A_BILLION).scalar()
        connection.execution_options(seconds=60)
        assert connection.execute(text("SELECT 1")).scalar() == 1
    with reader.connect() as another, pytest.raises(TooSlow, match=f"it took longer than {limit} s"):
        another.execute(COUNT_TO_A_BILLION).scalar()


def test_a_reader_sees_one_moment_while_others_write(writer: Engine, reader: Engine) -> None:
    with reader.connect() as connection:
        assert connection.scalar(select(counter.c.value)) == 0
        with writer.begin() as writing:
            writing.execute(update(counter).values(value=7))
        assert connection.scalar(select(counter.c.value)) == 0
    with reader.connect() as connection:
        assert connection.scalar(select(counter.c.value)) == 7


@pytest.mark.check(33)
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


def test_a_writer_waits_for_the_one_before_it_no_longer_than_it_is_to(writer: Engine, url: str) -> None:
    impatient = writer_engine(url, wait_seconds=0.05)
    with writer.begin(), pytest.raises(OperationalError, match=r"locked|lock timeout"), impatient.begin():
        pass
    with impatient.begin() as connection:
        connection.execute(update(counter).values(value=3))
    impatient.dispose()


def test_many_rows_are_stored_as_they_are_and_a_key_that_is_there_is_an_integrity_error(writer: Engine) -> None:
    metadata.create_all(writer)
    given = {
        "origin": ["a", "b\t\\N\n", "ü🙂"],
        "day": [date(2024, 3, 1)] * 3,
        "category": [Severity.LOW, "x", "NULL"],
        "model_version": ["", "\\.", '"'],
        "label": ["a", "b", "c"],
        "first": [0, -1, 2**31 - 1],
        "counts": [b"", b"\x00\xff\\", b"x" * 10_000],
    }
    with writer.begin() as connection:
        insert_columns(connection, score_histogram, given)
        kept = connection.execute(select(score_histogram).order_by(score_histogram.c.label)).all()
        assert [tuple(row) for row in kept] == list(zip(*given.values(), strict=True))
        with pytest.raises(IntegrityError), connection.begin_nested():
            insert_columns(connection, score_histogram, given)
        assert connection.scalar(select(func.count()).select_from(score_histogram)) == 3


def test_text_is_sorted_by_the_numbers_of_its_characters(writer: Engine) -> None:
    metadata.create_all(writer)
    names = ["B", "Z", "a", "a b", "ab", "b", "ä", "中", "🙂"]
    with writer.begin() as connection:
        connection.execute(insert(dirty_day), [{"origin": name, "day": date(2024, 3, 1)} for name in reversed(names)])
        assert (
            connection.scalars(select(dirty_day.c.origin).order_by(dirty_day.c.origin)).all() == names == sorted(names)
        )


@pytest.mark.check(34)
@pytest.mark.sqlite_only
def test_the_sqlite_in_use_is_one_whose_wal_is_safe(writer: Engine) -> None:
    assert sqlite_module().sqlite_version_info >= SAFE_SQLITE
    with writer.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
