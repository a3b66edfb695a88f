"""What tables are made of: keys, moments, closed sets, and the names of what the database makes of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    MetaData,
    String,
    Table,
    TypeDecorator,
)

from dashapp.domain.vocabulary import CLOSED, Dim

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC: aware in Python, naive in the database."""

    impl = DateTime
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """For SQLite the text that it keeps, made several times faster than by the type underneath."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        def text(value: datetime | None) -> str | None:
            if value is None:
                return None
            if value.tzinfo is None:
                raise ValueError(f"{value} has no time zone")
            return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]

        return text

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 # the base class names it
        """Aware to naive UTC; a naive value is a mistake of ours."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 # the base class names it
        """Naive UTC to aware."""
        return value and value.replace(tzinfo=UTC)


def one_of(dim: Dim, column: str) -> CheckConstraint:
    """That a column holds values of a closed set only."""
    values = ", ".join(f"'{value}'" for value in CLOSED[dim])
    return CheckConstraint(f"{column} IN ({values})", name=column)


KEY = String(200).with_variant(String(200, collation="C"), "postgresql")
"""Text that is sorted by its characters' numbers, as SQLite and Python do, whatever a database is set to."""


def key(name: str, **options: Any) -> Column[str]:
    """A column of ids, or of values of an open dimension."""
    return Column(name, KEY, **options)


def of_fields(name: str) -> Table:
    """A table of how many cases of a day say what of a field, whatever they say of others."""
    return Table(
        name,
        metadata,
        key("origin", primary_key=True),
        Column("day", Date, primary_key=True),
        key("field", primary_key=True),
        key("value", primary_key=True),
        Column("cases", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
