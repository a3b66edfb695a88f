"""Days whose derived tables no longer match the facts."""

from sqlalchemy import Connection, delete, insert, select, union

from dashapp.domain.vocabulary import Feed
from dashapp.store.schema import DERIVED, coverage, dirty_day, flag


def mark_all_dirty(connection: Connection) -> None:
    """Have the next rollup rebuild every day that facts, coverage or derived tables know."""
    connection.execute(delete(dirty_day))
    days = (
        select(flag.c.origin, flag.c.flagged_day.label("day")),
        select(flag.c.origin, flag.c.decided_day).where(flag.c.decided_day.is_not(None)),
        select(coverage.c.origin, coverage.c.day).where(coverage.c.feed == Feed.FLAGS),
        *(select(table.c.origin, table.c.day) for table in DERIVED),
    )
    connection.execute(insert(dirty_day).from_select(["origin", "day"], union(*days)))
