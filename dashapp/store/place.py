"""The file of a SQLite store, which somebody may replace or remove while connections to it are open: they would go on
reading what is no longer there.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError

FILE = "file"
"""Where a connection keeps which file it has open."""


def file_of(connection: Connection) -> tuple[int, int] | None:
    """Which file a connection reads, by its device and inode; None where the store is no file."""
    found: tuple[int, int] | None = connection.info.get(FILE)
    return found


def watch(engine: Engine, path: Path, *, makes: bool) -> None:
    """Have connections opened anew when another file is at the path of their store. Only an engine that `makes` its
    store makes the file, and it does so once: an empty store is not what was there, and the changes that lie beside
    one that was moved away would be lost to it.
    """
    place, made = path.absolute(), not makes

    @event.listens_for(engine, "do_connect")
    def _open(_dialect: object, record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
        arguments[0], options["uri"] = f"{place.as_uri()}?mode={'rw' if made else 'rwc'}", True
        record.info[FILE] = _at(place)  # before it is opened: if it is replaced meanwhile, that shows when it is taken

    @event.listens_for(engine, "connect")
    def _opened(_connection: object, record: Any) -> None:
        nonlocal made
        made = True
        record.info[FILE] = record.info[FILE] or _at(place)

    @event.listens_for(engine, "checkout")
    def _taken(_connection: object, record: Any, _proxy: object) -> None:
        if record.info[FILE] != _at(place):
            raise DisconnectionError(f"another file is at the place of {place.name}")


def _at(path: Path) -> tuple[int, int] | None:
    """Which file is at a path; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
