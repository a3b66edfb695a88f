"""Copies a store into another database, table by table and in the order of keys, and compares the two.

Each batch is a transaction of its own, so that what is there after an interruption is the beginning of each table, and
the next run goes on after it. Until both are found to be the same, the target is marked as a copy under way.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    String,
    Table,
    and_,
    collate,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    tuple_,
)

from dashapp.store.bulk import insert_columns
from dashapp.store.columns import metadata
from dashapp.store.meta import UNDER_WAY, is_unfinished
from dashapp.store.schema import meta

BATCH = 5_000
"""Rows copied in one transaction."""
AT_LENGTH = 86_400
"""Seconds for which a table may be read."""

TABLES = [table for table in metadata.sorted_tables if table is not meta]

Progress = Callable[[str, int, int], None]
"""Is told which table is being copied, how many of its rows are, and how many there are."""


class OtherData(Exception):
    """The target holds what is not the beginning of this store."""


@dataclass(frozen=True)
class Compared:
    """A table in both databases: its rows, and a checksum of their values that no engine has a say in."""

    table: str
    rows: int
    copied: int
    checksum: str
    copied_checksum: str

    @property
    def same(self) -> bool:
        """Whether the copy holds what the source does."""
        return (self.rows, self.checksum) == (self.copied, self.copied_checksum)


def copy(source: Engine, writer: Engine, reader: Engine, progress: Progress) -> list[Compared]:
    """Copy the store that `source` reads into the migrated database of `writer` and `reader`, or go on with it, and
    compare every table. Where all are the same, the copy is finished; OtherData where the target holds something else.
    """
    with source.connect() as connection:
        connection.execution_options(seconds=AT_LENGTH)
        _begin(writer)
        for table in TABLES:
            _copy(connection, writer, table, progress)
        compared = list(_compare(connection, reader, TABLES))
        if all(one.same for one in compared):
            _finish(connection, writer)
            compared += _compare(connection, reader, [meta])
    return compared


def _begin(writer: Engine) -> None:
    """Mark an empty target, or make sure that a run before this one has."""
    with writer.begin() as target:
        if is_unfinished(target):
            return
        for table in (*TABLES, meta):
            if target.execute(select(literal(1)).select_from(table).limit(1)).first():
                raise OtherData(f"holds data already, in its table {table.name}")
        target.execute(insert(meta).values(key=UNDER_WAY, value="under way"))


def _copy(source: Connection, writer: Engine, table: Table, progress: Progress) -> None:
    """Copy the rows of a table that come after those which are there."""
    with writer.begin() as target:
        last = target.execute(select(table).order_by(*(part.desc() for part in _key(target, table))).limit(1)).first()
        done = _count(target, table) if last else 0
    key = _key(source, table)
    rows = select(table).order_by(*key)
    if last is not None:
        here = {column: last._mapping[column.name] for column in table.primary_key}  # noqa: SLF001 # its public name for columns by name
        _check(source, select(table).where(and_(*(column == value for column, value in here.items()))), last)
        rows = rows.where(tuple_(*key) > tuple_(*(literal(value, column.type) for column, value in here.items())))
    total = _count(source, table)
    for batch in _batches(source, rows):
        with writer.begin() as target:
            columns = zip(*batch, strict=True)
            insert_columns(target, table, dict(zip(table.columns.keys(), columns, strict=True)))
        done += len(batch)
        progress(table.name, done, total)


def _key(connection: Connection, table: Table) -> list[ColumnElement[Any]]:
    """The key of a table, in the order that both engines have: of the numbers of characters, where a database of
    PostgreSQL may sort text as a language does.
    """
    if connection.dialect.name != "postgresql":
        return list(table.primary_key)
    return [collate(column, "C") if isinstance(column.type, String) else column for column in table.primary_key]


def _check(source: Connection, same: Select[Any], last: Row[Any]) -> None:
    """Make sure that the last row copied is one of the source."""
    found = source.execute(same).first()
    if found is None or tuple(found) != tuple(last):
        table = same.get_final_froms()[0]
        raise OtherData(f"holds other data than this store, or older, in its table {table}")


def _batches(connection: Connection, rows: Select[Any]) -> Iterator[Sequence[Row[Any]]]:
    with connection.execute(rows, execution_options={"yield_per": BATCH}) as found:
        yield from found.partitions()


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _compare(source: Connection, reader: Engine, tables: Iterable[Table]) -> Iterator[Compared]:
    """Both databases, read from the beginning."""
    with reader.connect() as target:
        target.execution_options(seconds=AT_LENGTH)
        for table in tables:
            rows, checksum = _summed(source, table)
            copied, copied_checksum = _summed(target, table)
            yield Compared(table.name, rows, copied, checksum, copied_checksum)


def _summed(connection: Connection, table: Table) -> tuple[int, str]:
    """How many rows a table has, and the SHA-256 of their values in Python's notation, in the order of keys."""
    digest, count = sha256(), 0
    for batch in _batches(connection, select(table).order_by(*_key(connection, table))):
        digest.update("".join(f"{tuple(row)!r}\n" for row in batch).encode("utf-8", "surrogatepass"))
        count += len(batch)
    return count, digest.hexdigest()


def _finish(source: Connection, writer: Engine) -> None:
    """Take over what the store says of itself, and have new rows numbered after those copied."""
    with writer.begin() as target:
        target.execute(delete(meta))
        for row in source.execute(select(meta)).mappings():
            target.execute(insert(meta).values(row))
        if target.dialect.name == "postgresql":
            for table in TABLES:
                if "id" in table.columns:
                    last = target.scalar(select(func.max(table.c.id)))
                    numbers = {"name": table.name, "last": last or 1, "given": last is not None}
                    target.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last, :given)"), numbers)
