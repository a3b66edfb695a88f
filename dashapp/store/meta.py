"""What the derived tables were built with: a changed SLA makes every day stale, a changed zone is refused."""

import json
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, insert, select

from dashapp.domain.vocabulary import Severity
from dashapp.store.dirty import mark_all_dirty
from dashapp.store.schema import meta

UNDER_WAY = "copying"
"""The key in the `meta` of a store that is being copied to, until the copy is known to be the same."""


class Unfinished(Exception):
    """The store is the beginning of a copy of another."""


class OtherZone(Exception):
    """The days in the store are days of another time zone than the one now set."""


def keep(connection: Connection, zone: ZoneInfo, sla: Mapping[Severity, float]) -> None:
    """Hold the settings against those that the store was built with, and take over a changed SLA. A store that is not
    whole is not to be worked with (Unfinished).
    """
    if is_unfinished(connection):
        raise Unfinished("the database is a copy that is not finished: run `python -m dashapp copy --to` it again")
    stored = _get(connection, "time_zone")
    if stored not in (None, zone.key):
        raise OtherZone(
            f"the stored days are days of {stored}, but TIME_ZONE is {zone.key}: "
            f"set it back, or run `python -m dashapp rollup --rezone`"
        )
    _set(connection, "time_zone", zone.key)
    hours = json.dumps({severity.value: float(sla[severity]) for severity in Severity})
    if _get(connection, "sla_hours") not in (None, hours):
        mark_all_dirty(connection)
    _set(connection, "sla_hours", hours)


def is_unfinished(connection: Connection) -> bool:
    """Whether the store is the beginning of a copy: what it says so far is wrong."""
    return _get(connection, UNDER_WAY) is not None


def forget_zone(connection: Connection) -> None:
    """Have the next `keep` take the zone that is set."""
    connection.execute(delete(meta).where(meta.c.key == "time_zone"))


def _get(connection: Connection, key: str) -> str | None:
    return connection.scalar(select(meta.c.value).where(meta.c.key == key))


def _set(connection: Connection, key: str, value: str) -> None:
    connection.execute(delete(meta).where(meta.c.key == key))
    connection.execute(insert(meta).values(key=key, value=value))
