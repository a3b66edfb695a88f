"""Copies of a SQLite store, made while it is in use and opened again before they count."""

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select

from dashapp.store.columns import metadata
from dashapp.store.disk import sync_names
from dashapp.store.engine import sqlite_module, writer_engine
from dashapp.store.migrate import state

NAMED = "watchfloor-{:%Y%m%dT%H%M%SZ}.sqlite"
"""By the moment, in UTC, at which it was begun: names sort by age."""


class NoBackup(Exception):
    """Why there is no copy, in words for whoever asked for it."""


@dataclass(frozen=True)
class Backup:
    """A copy that was verified: where it is, its size, and how many rows it has."""

    path: Path
    size: int
    rows: int


def backup(store: Engine, path: Path) -> Backup:
    """Copy the store to a new file, as it is at one moment, while others read and write. The file has its name only
    when it was verified; NoBackup says why there is none.
    """
    if store.dialect.name != "sqlite":
        raise NoBackup("only a SQLite store is copied; PostgreSQL has tools of its own, such as pg_dump")
    if path.exists():
        raise NoBackup(f"{path} is there already")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = _made(store, path)
    except OSError as error:
        raise NoBackup(f"{path} cannot be written: {error.strerror}") from None
    return Backup(path, path.stat().st_size, rows)


def nightly(store: Engine, folder: Path, keep: int, now: datetime) -> dict[str, int]:
    """Copy the store into a folder under the name of the moment, and leave the newest `keep` copies there. What copies
    that were killed have left behind goes first, for the room: nobody else makes one now.
    """
    for path in folder.glob("watchfloor-*.sqlite.part*"):
        path.unlink(missing_ok=True)
    made = backup(store, folder / NAMED.format(now))
    old = sorted(folder.glob("watchfloor-*.sqlite"))[:-keep]
    for path in old:
        path.unlink()
    return {"bytes": made.size, "rows": made.rows, "removed": len(old)}


def _made(store: Engine, path: Path) -> int:
    """Make the copy under another name, verify it, and give it its own; its rows."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        _copy(store, part)
        rows = _verified(part)
        part.replace(path)
        sync_names(path.parent)
    finally:
        part.unlink(missing_ok=True)
    return rows


def _copy(store: Engine, part: Path) -> None:
    """VACUUM INTO reads in one transaction: writers go on beside it, and the copy is as dense as it can be."""
    size = Path(store.url.database or "").stat().st_size
    if shutil.disk_usage(part.parent).free < size:
        raise NoBackup(f"{part.parent} has less room than the store takes")
    connection = sqlite_module().connect(store.url.database)
    try:
        connection.execute("VACUUM INTO ?", (str(part),))
    finally:
        connection.close()
    with part.open("rb+") as file:
        os.fsync(file.fileno())


def _verified(part: Path) -> int:
    """Open a copy as the server would, and count its rows. Nothing may lie beside it afterwards."""
    copy = writer_engine(f"sqlite:///{part}")
    try:
        current, newest = state(copy)
        if current != newest:
            raise NoBackup(f"the copy is at migration {current}, not {newest}")
        with copy.connect() as connection:
            told = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
            if told != "ok":
                raise NoBackup(f"the copy is damaged: {told}")
            rows = sum(
                connection.scalars(select(func.count()).select_from(table)).one() for table in metadata.tables.values()
            )
            connection.rollback()
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA journal_mode=DELETE")  # one file, with no log beside it
    finally:
        copy.dispose()
    return rows
