"""The days that platforms told of, where an origin gave counts of days."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, bindparam, select

from dashapp.store.moderation import aggregate_day
from dashapp.store.reads import NAMES

PLATFORM_DAYS = (
    select(aggregate_day.c.origin, aggregate_day.c.platform, aggregate_day.c.day)
    .where(
        aggregate_day.c.origin.in_(NAMES),
        aggregate_day.c.dimension == bindparam("of"),
        aggregate_day.c.day <= bindparam("today"),
    )
    .distinct()
)


def platform_days(
    connection: Connection, names: Sequence[str], dimension: str, today: date
) -> dict[tuple[str, str], set[date]]:
    """The days until today of which each platform of some origins told of a dimension, by origin and platform."""
    found: dict[tuple[str, str], set[date]] = {}
    for name, platform, day in connection.execute(PLATFORM_DAYS, {"names": names, "of": dimension, "today": today}):
        found.setdefault((name, platform), set()).add(day)
    return found
