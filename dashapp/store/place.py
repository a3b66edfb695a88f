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
    """Have connections opened anew when another file is at the path of their store. An engine that `makes` its store
    makes the file once; a file that has gone is not made again, for an empty store is not what was there.
    """
    made = not makes

    @event.listens_for(engine, "do_connect")
    def _open(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> None:
        if made:
            arguments[0], options["uri"] = f"{path.absolute().as_uri()}?mode=rw", True

    @event.listens_for(engine, "connect")
    def _opened(_connection: object, record: Any) -> None:
        nonlocal made
        made = True
        record.info[FILE] = _at(path)

    @event.listens_for(engine, "checkout")
    def _taken(_connection: object, record: Any, _proxy: object) -> None:
        if record.info[FILE] != _at(path):
            raise DisconnectionError(f"another file is at the place of {path.name}")


def _at(path: Path) -> tuple[int, int] | None:
    """Which file is at a path; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
