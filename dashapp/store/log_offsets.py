"""How far logs have been taken in, kept in the transaction that takes their events."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from dashapp.store.moderation import log_offset


class Offset(NamedTuple):
    """A place in a file: the file as it is known, and the bytes before the place."""

    file: str
    bytes: int


def offset(connection: Connection, path: str) -> Offset | None:
    """How far the log at a path has been taken in; None for one that is new."""
    here = select(log_offset.c.file, log_offset.c.bytes).where(log_offset.c.path == path)
    row = connection.execute(here).first()
    return row and Offset(row.file, row.bytes)


def offsets(connection: Connection) -> list[Offset]:
    """How far every file has been taken in, whatever name it had."""
    return [Offset(row.file, row.bytes) for row in connection.execute(select(log_offset.c.file, log_offset.c.bytes))]


def put_offset(connection: Connection, path: str, place: Offset) -> None:
    """Remember how far the log at a path has been taken in."""
    connection.execute(delete(log_offset).where(log_offset.c.path == path))
    connection.execute(insert(log_offset).values(path=path, file=place.file, bytes=place.bytes))
