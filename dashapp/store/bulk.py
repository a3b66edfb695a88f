"""Inserts many rows in little time: column by column into plain tuples, which the driver takes as they are.

Core looks at every value of every row by its name, which takes longer than the database takes to store them.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert
from sqlalchemy.types import TypeEngine

PLAIN = frozenset({str, int, float, type(None)})


def insert_columns(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows that are given as columns of one length, by name."""
    names = tuple(column.name for column in table.columns if column.name in columns)
    rows = list(zip(*(_bound(table.c[name].type, columns[name], connection.dialect) for name in names), strict=True))
    if rows:
        connection.exec_driver_sql(_statement(table, names, connection.dialect), rows)


@lru_cache(maxsize=64)
def _statement(table: Table, names: tuple[str, ...], dialect: Dialect) -> str:
    """The INSERT, with a mark for each name in their order; the dialect's marks must go by place."""
    return str(insert(table).inline().compile(dialect=dialect, column_keys=names))


def _bound(kind: TypeEngine[Any], values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:
    """A column's values as the driver stores them; one that occurs often is converted once."""
    convert = kind.dialect_impl(dialect).bind_processor(dialect)
    if convert is not None:
        known = {value: convert(value) for value in set(values)}
        return [known[value] for value in values]
    if PLAIN.issuperset(map(type, values)):
        return values
    # A member of a StrEnum is a str, but SQLite's driver takes ten times as long to find that out.
    return [str(value) if isinstance(value, str) else value for value in values]
