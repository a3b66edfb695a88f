"""Answers that were computed ahead, by metric and question."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from dashapp.store.operations import snapshot
from dashapp.store.version import next_snapshots_version

Key = tuple[str, str]
"""A metric and a question."""

STAMP = (snapshot.c.version, snapshot.c.computed_at)
HERE = (snapshot.c.metric == bindparam("key")) & (snapshot.c.question == bindparam("asked"))
FOUND = select(snapshot.c.answer).where(HERE)
STAMPS = select(snapshot.c.metric, snapshot.c.question, *STAMP)


class Stamp(NamedTuple):
    """From which version of the data an answer was computed, and when."""

    version: int
    computed_at: datetime


def find_snapshot(connection: Connection, key: Key) -> str | None:
    """An answer as it was put; None where there is none."""
    found: str | None = connection.scalar(FOUND, _bound(key))
    return found


def stamps(connection: Connection) -> dict[Key, Stamp]:
    """The stamps of all answers."""
    rows = connection.execute(STAMPS)
    return {(metric, question): Stamp(version, computed_at) for metric, question, version, computed_at in rows}


def put_snapshot(connection: Connection, key: Key, stamp: Stamp, answer: str, seconds: float) -> None:
    """Keep an answer in the place of an earlier one; one of newer data, which another process found, stays."""
    row = {"metric": key[0], "question": key[1], **stamp._asdict(), "answer": answer, "seconds": seconds}
    insertion = postgresql.insert(snapshot) if connection.dialect.name == "postgresql" else sqlite.insert(snapshot)
    new = insertion.excluded
    renewed = insertion.on_conflict_do_update(
        index_elements=["metric", "question"],
        set_={name: new[name] for name in ("answer", "version", "computed_at", "seconds")},
        where=new.version >= snapshot.c.version,
    )
    connection.execute(renewed, row)
    next_snapshots_version(connection)


def forget_snapshots(connection: Connection, keys: Iterable[Key]) -> None:
    """Delete answers."""
    bound = [_bound(key) for key in keys]
    if bound:
        connection.execute(delete(snapshot).where(HERE), bound)
        next_snapshots_version(connection)


def _bound(key: Key) -> dict[str, str]:
    return {"key": key[0], "asked": key[1]}
