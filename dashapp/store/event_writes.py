"""What events change beside new facts: live counts, decisions on what is stored, the ids, origins and days met.

Callers hold the transaction.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from dashapp.domain.vocabulary import Feed
from dashapp.store.bulk import insert_columns
from dashapp.store.moderation import event_bin, event_seen, ingest_count
from dashapp.store.reads import DEMO
from dashapp.store.schema import coverage, origin
from dashapp.store.version import next_live_version
from dashapp.store.writes import Row, put_coverage, put_origin

Named = tuple[str, str]
"""An id with its origin before it."""

AT_ONCE = 500
"""Ids that one statement asks for."""


def find(
    connection: Connection, table: Table, key: str, wanted: Iterable[Named], names: Sequence[str]
) -> dict[Named, Row]:
    """The rows of a table that go by these ids, which its column `key` holds, with the columns `names` and `id`."""
    found: dict[Named, Row] = {}
    columns = [table.c.id, table.c[key].label("key"), *(table.c[name] for name in names)]
    for name, keys in _by_origin(wanted):
        here = select(*columns).where(table.c.origin == name, table.c[key].in_(keys))
        found |= {(name, row["key"]): dict(row) for row in connection.execute(here).mappings()}
    return found


def change(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Set columns of stored rows; each row has its `id` and the same columns."""
    if rows:
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in rows[0] if name != "id"}
        bound = [{f"new_{name}": value for name, value in row.items()} for row in rows]
        connection.execute(update(table).where(table.c.id == bindparam("new_id")).values(values), bound)


def remember(connection: Connection, ids: Collection[Named], day: date) -> set[Named]:
    """Remember the ids of events, received on a day, and return those that were known. None known is the common case
    and is tried first, as one statement.
    """
    try:
        with connection.begin_nested():
            _remember(connection, ids, day)
    except IntegrityError:
        known = {
            (name, key)
            for name, keys in _by_origin(ids)
            for key in connection.scalars(
                select(event_seen.c.event_id).where(event_seen.c.origin == name, event_seen.c.event_id.in_(keys))
            )
        }
        _remember(connection, [one for one in ids if one not in known], day)
        return known
    return set()


def forget(connection: Connection, ids: Collection[Named]) -> None:
    """Forget ids of events that were refused after all, so that they may come again."""
    for name, keys in _by_origin(ids):
        connection.execute(delete(event_seen).where(event_seen.c.origin == name, event_seen.c.event_id.in_(keys)))


def forget_before(connection: Connection, day: date) -> None:
    """Forget the ids of events that were received before a day."""
    connection.execute(delete(event_seen).where(event_seen.c.day < day))


def count_live(connection: Connection, rows: Sequence[Row]) -> None:
    """Add rows of `event_bin`, no two with the same key, to the live counts."""
    if rows:
        _add_up(connection, event_bin, rows)
        next_live_version(connection)


def count_outcomes(connection: Connection, day: date, counts: Mapping[Named, int]) -> None:
    """Add to what became of events received on a day, by origin and outcome."""
    rows = [{"origin": name, "day": day, "outcome": word, "count": count} for (name, word), count in counts.items()]
    if rows:
        _add_up(connection, ingest_count, rows)


def note_deliveries(connection: Connection, names: Iterable[str], now: datetime) -> None:
    """Note that origins delivered something. One that is there already stays of its kind."""
    for name in names:
        here = update(origin).where(origin.c.origin == name).values(delivered_at=now)
        if not connection.execute(here).rowcount:
            put_origin(connection, name, DEMO if name == DEMO else "events", now)


def cover(connection: Connection, days: Mapping[tuple[str, Feed], Collection[date]]) -> None:
    """Note the days that origins told of, by feed. Reports and decisions come from one system: once it has sent both,
    a day that it told of either is one of which it told both.
    """
    told: defaultdict[tuple[str, Feed], set[date]] = defaultdict(set)
    for (name, feed), some in days.items():
        both = {Feed.REPORTS, Feed.DECISIONS}
        others = _feeds(connection, name, days) & both if feed in both else set()
        for one in {feed} | others:
            told[name, one].update(some)
    for (name, feed), some in told.items():
        put_coverage(connection, name, some, feed)


def _feeds(connection: Connection, name: str, days: Mapping[tuple[str, Feed], Collection[date]]) -> set[Feed]:
    """The feeds that an origin delivers now or has delivered before."""
    before = connection.scalars(select(coverage.c.feed).where(coverage.c.origin == name).distinct())
    return {Feed(feed) for feed in before} | {feed for known, feed in days if known == name}


def _remember(connection: Connection, ids: Collection[Named], day: date) -> None:
    columns: dict[str, list[Any]] = {
        "origin": [name for name, _ in ids],
        "event_id": [key for _, key in ids],
        "day": [day] * len(ids),
    }
    insert_columns(connection, event_seen, columns)


def _by_origin(ids: Iterable[Named]) -> Iterator[tuple[str, list[str]]]:
    """Ids of each origin, AT_ONCE at a time."""
    held: defaultdict[str, list[str]] = defaultdict(list)
    for name, key in ids:
        held[name].append(key)
    for name, keys in held.items():
        for start in range(0, len(keys), AT_ONCE):
            yield name, keys[start : start + AT_ONCE]


def _add_up(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, or add what they count to the rows that have their keys."""
    insertion = postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
    key = [column.name for column in table.primary_key]
    sums = {column.name: column + insertion.excluded[column.name] for column in table.c if column.name not in key}
    connection.execute(insertion.on_conflict_do_update(index_elements=key, set_=sums), rows)
