"""Numbers that change whenever what readers see has changed, so that answers can be kept until then: the version of
what is derived from facts, that of the live counts, that of the answers that were computed ahead, and that of notes.
"""

from typing import NamedTuple

from sqlalchemy import Connection, Integer, bindparam, cast, delete, insert, select, update
from sqlalchemy.types import Text

from dashapp.store.place import file_of
from dashapp.store.schema import meta

KEY = "version"
PRESENT = select(meta.c.value).where(meta.c.key == KEY)

LIVE_KEY = "live_version"
SNAPSHOTS_KEY = "snapshots_version"
NOTES_KEY = "notes_version"
KEYS = (KEY, LIVE_KEY, SNAPSHOTS_KEY, NOTES_KEY)
"""In the order of `Versions`, after the file."""
ALL = select(meta.c.key, meta.c.value).where(meta.c.key.in_(KEYS))


def version(connection: Connection) -> int:
    """The present version; 0 before anything was stored."""
    return int(connection.scalar(PRESENT) or 0)


class Versions(NamedTuple):
    """All that there are, of the store in which file; 0 before anything happened."""

    file: tuple[int, int] | None
    data: int
    live: int
    snapshots: int
    notes: int


def versions(connection: Connection) -> Versions:
    """The present version of each, in one question: it is put before every answer that is there already."""
    found = {row.key: int(row.value) for row in connection.execute(ALL)}
    return Versions(file_of(connection), *(found.get(key, 0) for key in KEYS))


def next_version(connection: Connection) -> None:
    """Say that something has changed; to be called in the transaction that changes it."""
    _raise(connection, KEY)


DETECTORS, SUMMARIES = "looked_version", "summaries_looked_version"
"""Who looks at what is new, by the key of the version that was looked at last."""
LOOKED = select(meta.c.value).where(meta.c.key == bindparam("by"))


def has_news(connection: Connection, by: str = DETECTORS) -> bool:
    """Whether anything has changed since somebody, the detectors where nobody is named, last looked."""
    return version(connection) != int(connection.scalar(LOOKED, {"by": by}) or 0)


def note_looked(connection: Connection, seen: int | None, by: str = DETECTORS) -> None:
    """Say that somebody has looked at a version; at none, so that they look again."""
    connection.execute(delete(meta).where(meta.c.key == by))
    if seen is not None:
        connection.execute(insert(meta).values(key=by, value=str(seen)))


def next_live_version(connection: Connection) -> None:
    """Say that live counts have changed; to be called in the transaction that changes them."""
    _raise(connection, LIVE_KEY)


def next_snapshots_version(connection: Connection) -> None:
    """Say that answers were computed ahead, or deleted; to be called in the transaction that does so."""
    _raise(connection, SNAPSHOTS_KEY)


def next_notes_version(connection: Connection) -> None:
    """Say that notes or summaries have changed, which no figure depends on; to be called in the transaction that
    changes them.
    """
    _raise(connection, NOTES_KEY)


def _raise(connection: Connection, key: str) -> None:
    raised = cast(cast(meta.c.value, Integer) + 1, Text)
    if not connection.execute(update(meta).where(meta.c.key == key).values(value=raised)).rowcount:
        connection.execute(insert(meta).values(key=key, value="1"))
