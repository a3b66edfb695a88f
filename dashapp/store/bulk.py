"""Reads and replaces many rows in little time: column by column, from and to the plain tuples of the driver.

Core looks at every value of every row by its name, which takes longer than the database takes to store them, and makes
an object of every row that it reads.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Date, Dialect, Float, Select, String, Table, bindparam, delete, insert
from sqlalchemy.types import TypeEngine

Bind = Callable[[Sequence[Any]], Sequence[Any]]
PLAIN = frozenset({str, type(None)})
DELETED = ("of", "since", "until")
"""The marks of a DELETE of days, in their order."""
ROWS_AT_ONCE = 1_000
"""Rows taken from the database together."""


def select_columns(
    connection: Connection, statement: Select[Any], bound: Mapping[str, Any]
) -> Iterator[dict[str, Sequence[Any]]]:
    """The rows that a statement finds, ROWS_AT_ONCE at a time, as columns by name."""
    readers = _readers(statement, connection.dialect)
    with connection.execute(statement, bound) as result:
        cursor: Any = result.cursor
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield {name: read(column) for (name, read), column in zip(readers, zip(*rows, strict=True), strict=True)}


def insert_columns(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows that are given as columns of one length, by name."""
    names = tuple(column.name for column in table.columns if column.name in columns)
    statement, binders = _insertion(table, names, connection.dialect)
    rows = list(zip(*(bind(columns[name]) for name, bind in zip(names, binders, strict=True)), strict=True))
    if rows and connection.dialect.name == "postgresql":
        from dashapp.store import postgres

        postgres.copy_rows(connection, table.name, names, rows)
    elif rows:
        connection.exec_driver_sql(statement, rows)


def delete_days(connection: Connection, table: Table, origin: str, since: date, until: date) -> None:
    """Delete what a table with the columns `origin` and `day` holds of a stretch of days."""
    statement, bind = _deletion(table, connection.dialect)
    bound = (origin, *bind([since, until]))
    given = bound if connection.dialect.positional else dict(zip(DELETED, bound, strict=True))
    connection.exec_driver_sql(statement, given)


@lru_cache(maxsize=64)
def _deletion(table: Table, dialect: Dialect) -> tuple[str, Bind]:
    """The DELETE, with marks for an origin and two days, and what binds the days."""
    marks: list[BindParameter[Any]] = [bindparam(name, required=True) for name in DELETED]
    of, since, until = marks
    statement = delete(table).where(table.c.origin == of, table.c.day.between(since, until))
    return str(statement.compile(dialect=dialect)), _binder(table.c.day.type, dialect)


@lru_cache(maxsize=64)
def _insertion(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, list[Bind]]:
    """The INSERT, with a mark for each name in their order, and what binds each column's values.

    Only where the dialect's marks go by place is it of use.
    """
    statement = insert(table).inline().compile(dialect=dialect, column_keys=names)
    return str(statement), [_binder(table.c[name].type, dialect) for name in names]


def _binder(kind: TypeEngine[Any], dialect: Dialect) -> Bind:
    """What makes of a column's values those that the driver stores."""
    convert = kind.dialect_impl(dialect).bind_processor(dialect)
    if convert is None:
        return _plainly if isinstance(kind, String) else lambda values: values
    if isinstance(kind, Date):
        return lambda values: _once_each(convert, values)
    return lambda values: [convert(value) for value in values]


@lru_cache(maxsize=64)
def _readers(statement: Select[Any], dialect: Dialect) -> list[tuple[str, Bind]]:
    """The names of the columns that a statement reads, and what makes their values of those that the driver gives."""
    return [(column.name, _reader(column.type, dialect)) for column in statement.selected_columns]


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> Bind:
    """What makes of the values that the driver gives those of a type; many are the same, as days are."""
    if isinstance(kind, Float):  # as both drivers give it
        return lambda values: values
    convert = kind.dialect_impl(dialect).result_processor(dialect, None)
    return (lambda values: values) if convert is None else (lambda values: _once_each(convert, values))


def _plainly(values: Sequence[Any]) -> Sequence[Any]:
    """Text as plain text: a member of a StrEnum is a str, but SQLite's driver takes ten times as long to find out."""
    if PLAIN.issuperset(map(type, values)):
        return values
    return [str(value) if isinstance(value, str) else value for value in values]


def _once_each(convert: Callable[[Any], Any], values: Sequence[Any]) -> Sequence[Any]:
    """Values converted, of which many are the same, as days are."""
    known = {value: convert(value) for value in set(values)}
    return [known[value] for value in values]
