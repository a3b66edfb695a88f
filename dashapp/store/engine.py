"""Two doors to the database: a reader that cannot write and stops in time, and a writer that takes its lock first."""

import sqlite3
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from dashapp.store.place import watch
from dashapp.store.slow import TooSlow

__all__ = ["TooSlow", "insert_missing", "known", "reader_engine", "sqlite_module", "writer_engine"]

SAFE_SQLITE = (3, 51, 3)
"""Before it, several processes checkpointing one WAL file could corrupt it."""

MEMORY, URI = ":memory:", "file:"
READONLY = "readonly database"
"""In what SQLite says of a store that it may not write."""
DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql+psycopg")

WAIT_SECONDS = 30
"""How long a connection waits for another that has the lock."""

STEPS_BETWEEN_LOOKS = 10_000
"""SQLite virtual machine steps between two looks at the clock: well under a millisecond."""


def sqlite_module() -> ModuleType:
    """The system's SQLite where it is new enough, else the one that the pysqlite3 package brings."""
    if sqlite3.sqlite_version_info >= SAFE_SQLITE:
        return sqlite3
    import pysqlite3

    module: ModuleType = pysqlite3
    return module


def writer_engine(url: str, wait_seconds: float = WAIT_SECONDS, *, makes: bool = True) -> Engine:
    """The engine for everything that writes. Its transactions begin with the write lock, so none loses an update; while
    another has it they wait so long. It `makes` the file of a SQLite store that there is not yet, unless told not to.
    """
    place = known(url)
    if place.get_backend_name() == "postgresql":
        from dashapp.store import postgres

        return postgres.writer(place, wait_seconds)
    pragmas = ("foreign_keys=ON", "synchronous=FULL", f"busy_timeout={wait_seconds * 1000:.0f}")
    engine = _sqlite(place, begin="BEGIN IMMEDIATE", pragmas=pragmas, makes=makes)

    @event.listens_for(engine, "handle_error")
    def _failed(context: Any) -> None:  # a connection that was opened on a disk for reading stays so
        context.is_disconnect = context.is_disconnect or READONLY in str(context.original_exception)

    return engine


def reader_engine(url: str, seconds: float) -> Engine:
    """The engine for everything that shows. It refuses to write, stops a statement after `seconds`, and reads in
    transactions that each see one moment.

    A connection with the execution option `seconds` has a limit of its own. SQLite works as rows are fetched, so the
    time that the reader of the rows takes counts.
    """
    place = known(url)
    if place.get_backend_name() == "postgresql":
        from dashapp.store import postgres

        return postgres.reader(place, seconds)
    engine = _sqlite(place, begin="BEGIN", pragmas=("query_only=ON",), makes=False)
    _limit(engine, seconds)
    return engine


def known(url: str) -> URL:
    """A URL of one of the two engines; platforms say `postgres` where libraries say `postgresql`."""
    made = make_url(url)
    if made.drivername in ("postgres", "postgresql"):
        return made.set(drivername="postgresql+psycopg")
    if made.drivername not in DRIVERS:
        raise ArgumentError(f"{made.drivername} is none of {', '.join(DRIVERS)}")
    return made


def _sqlite(url: URL, begin: str, pragmas: tuple[str, ...], *, makes: bool) -> Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        module=sqlite_module(),
        connect_args={"timeout": WAIT_SECONDS},
        hide_parameters=True,  # else an error in the log could show what is personal
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (f"busy_timeout={WAIT_SECONDS * 1000}", "journal_mode=WAL", *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    if url.database and url.database != MEMORY and not url.database.startswith(URI):
        watch(engine, Path(url.database), makes=makes)
    return engine


def insert_missing(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that leaves rows alone whose key is there already."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def _limit(engine: Engine, seconds: float) -> None:
    """Have SQLite look at the clock as it works, and stop when the statement's time is up."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        record.info["deadline"] = float("inf")
        connection.set_progress_handler(lambda: time.monotonic() > record.info["deadline"], STEPS_BETWEEN_LOOKS)

    @event.listens_for(engine, "before_cursor_execute")
    def _start(connection: Connection, *_: object) -> None:
        limit = connection.get_execution_options().get("seconds", seconds)
        connection.info.update(limit=limit, deadline=time.monotonic() + limit)

    @event.listens_for(engine, "handle_error")
    def _stopped(context: Any) -> None:
        if "interrupted" in str(context.original_exception):
            raise TooSlow(f"it took longer than {context.connection.info['limit']:g} s") from None
