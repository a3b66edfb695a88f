"""What the derived tables were built with: a changed SLA makes every day stale, a changed zone is refused."""

import json
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, insert, select

from dashapp.domain.vocabulary import Severity
from dashapp.store.closed import first_open_day
from dashapp.store.dirty import mark_all_dirty
from dashapp.store.schema import meta
from dashapp.store.secrets import new_secret

UNDER_WAY = "copying"
"""The key in the `meta` of a store that is being copied to, until the copy is known to be the same."""

SECRET = "secret"  # noqa: S105 # the key of the secret, not the secret
"""The key of what cookies are signed with where no setting says so."""

FORMER = "former_slas"
"""The key of those, as JSON: pairs of a day and hours by severity."""


class FormerSla(NamedTuple):
    """The hours of an SLA under which closed days before a date were counted, but for those of an SLA before it."""

    before: date
    hours: Mapping[Severity, float]


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
    former = _get(connection, "sla_hours")
    if former is not None and former != hours:
        _remember(connection, json.loads(former))
        mark_all_dirty(connection)
    _set(connection, "sla_hours", hours)


def former_slas(connection: Connection) -> list[FormerSla]:
    """The SLAs that days were closed under and that were changed since, the earliest first."""
    kept = json.loads(_get(connection, FORMER) or "[]")
    return [
        FormerSla(date.fromisoformat(before), {Severity(name): value for name, value in hours.items()})
        for before, hours in kept
    ]


def _remember(connection: Connection, hours: Mapping[str, float]) -> None:
    """Keep an SLA that is no more, where days are closed that were counted under it: they stay as they are."""
    kept = json.loads(_get(connection, FORMER) or "[]")
    first = first_open_day(connection)
    if first is not None and (not kept or kept[-1][0] < first.isoformat()):
        _set(connection, FORMER, json.dumps([*kept, (first.isoformat(), hours)]))


def is_unfinished(connection: Connection) -> bool:
    """Whether the store is the beginning of a copy: what it says so far is wrong."""
    return _get(connection, UNDER_WAY) is not None


def kept_zone(connection: Connection) -> str | None:
    """The name of the time zone whose days the store has; None where that was never said."""
    return _get(connection, "time_zone")


def forget_zone(connection: Connection) -> None:
    """Have the next `keep` take the zone that is set."""
    connection.execute(delete(meta).where(meta.c.key == "time_zone"))


def kept_secret(connection: Connection) -> str | None:
    """The secret of this store, if it has one yet."""
    return _get(connection, SECRET)


def own_secret(connection: Connection) -> str:
    """The secret of this store, made the first time that it is asked for, in a writing transaction."""
    kept = kept_secret(connection)
    if kept is None:
        kept = new_secret()
        _set(connection, SECRET, kept)
    return kept


def _get(connection: Connection, key: str) -> str | None:
    return connection.scalar(select(meta.c.value).where(meta.c.key == key))


def _set(connection: Connection, key: str, value: str) -> None:
    connection.execute(delete(meta).where(meta.c.key == key))
    connection.execute(insert(meta).values(key=key, value=value))
