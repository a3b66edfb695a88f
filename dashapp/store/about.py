"""What the store is: its engine, size and migration, and what waits to be rolled up."""

from dataclasses import dataclass
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Select, func, select, text

from dashapp.store.moderation import dirty_report_day
from dashapp.store.schema import dirty_day

SIZES = {
    "sqlite": text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"),
    "postgresql": text("SELECT pg_database_size(current_database())"),
}
"""What tells the bytes that a store takes, by engine."""
WAITING: list[Select[Any]] = [
    select(table.c.origin, func.count()).group_by(table.c.origin) for table in (dirty_day, dirty_report_day)
]


@dataclass(frozen=True)
class About:
    """The engine with its version, the bytes that the store takes, and the migration it is at."""

    engine: str
    size: int
    migration: str | None


def about(connection: Connection) -> About:
    """What the store is at this moment."""
    dialect = connection.dialect
    version = ".".join(str(part) for part in dialect.server_version_info or ())
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[dialect.name]
    size = connection.scalar(SIZES[dialect.name])
    migration = MigrationContext.configure(connection).get_current_revision()
    return About(f"{name} {version}".strip(), int(size or 0), migration)


def waiting_days(connection: Connection) -> dict[str, int]:
    """How many days of flags, and of reports and decisions, wait to be rolled up, by origin."""
    found: dict[str, int] = {}
    for counted in WAITING:
        for name, days in connection.execute(counted):
            found[name] = found.get(name, 0) + days
    return found
