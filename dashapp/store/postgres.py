"""What a PostgreSQL session is told, so that a reader and a writer behave as those of SQLite do."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Error
from psycopg.adapt import Buffer, Loader
from psycopg.pq import TransactionStatus
from psycopg.sql import SQL, Identifier
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from dashapp.store.slow import TooSlow

WRITERS_LOCK = 0x77617463_68666C6F
"""The advisory lock, one a database, that every writing transaction takes first."""
PREPARED = 500
"""Statements that the server keeps ready for a session: those of all pages under a few filters."""
CONNECT_SECONDS = 10
"""How long a server that does not answer is waited for."""
IDLE_MINUTES = 10
"""After which a transaction in which nothing happens is ended, so that nobody waits for a process that hangs."""
SESSION = (
    "SET TIME ZONE 'UTC'",
    "SET DateStyle = 'ISO'",
    "SET jit = off",  # compiling takes longer than any statement of ours
    f"SET idle_in_transaction_session_timeout = '{IDLE_MINUTES}min'",
    "SET tcp_keepalives_idle = 30",  # a machine that is gone gives its lock back after a minute
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 3",
)


class Whole(Loader):
    """A sum as a number of Python. PostgreSQL adds whole numbers up to `numeric`, of which no column is."""

    def load(self, data: Buffer) -> int | float:
        """The number."""
        text = bytes(data)
        return int(text) if text.lstrip(b"-").isdigit() else float(text)


def writer(url: URL, wait_seconds: float) -> Engine:
    """An engine whose transactions begin with the writers' lock, for which they wait so long at most. They then see
    all that was committed before, statement by statement (READ COMMITTED): a snapshot would be taken before the wait.
    """
    engine = _engine(url)
    _tell(engine, f"SET lock_timeout = {_milliseconds(wait_seconds)}", "SET synchronous_commit = on")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        _run(connection, f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({WRITERS_LOCK})")

    return engine


def reader(url: URL, seconds: float) -> Engine:
    """An engine that cannot write, whose transactions see one moment and go on after a statement that failed."""
    engine = _engine(url)
    _tell(engine, f"SET statement_timeout = {_milliseconds(seconds)}", "SET default_transaction_read_only = on")
    _limit(engine, seconds)
    engine.dialect.do_rollback = engine.dialect.do_commit  # type: ignore[method-assign] # psycopg forgets what it has prepared with each ROLLBACK
    return engine


def _run(connection: Connection, statements: str) -> None:
    """Run several statements as one, without preparing them."""
    session: Any = connection.connection.dbapi_connection
    try:
        session.execute(statements, prepare=False)
    except Error as error:
        if session.info.transaction_status == TransactionStatus.INERROR:
            session.rollback()
        raise _wrapped(error, connection) from None


def _wrapped(error: Error, connection: Connection) -> BaseException:
    """An error of the driver as it comes from any statement."""
    _shorten(error)
    return DBAPIError.instance(None, None, error, Error, hide_parameters=True, dialect=connection.dialect)


def copy_rows(connection: Connection, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows with COPY, several times faster than with INSERT. A key that is there already is an IntegrityError,
    as of any statement.
    """
    into = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), SQL(", ").join(map(Identifier, names)))
    session: Any = connection.connection.dbapi_connection
    try:
        with session.cursor() as cursor, cursor.copy(into) as copy:
            for row in rows:
                copy.write_row(row)
    except Error as error:
        raise _wrapped(error, connection) from None


def _shorten(error: BaseException) -> None:
    """Leave of what the server says of an error the first line: the details repeat what the row held."""
    if isinstance(error, Error) and error.diag.message_primary:
        error.args = (error.diag.message_primary,)


def _engine(url: URL) -> Engine:
    return create_engine(
        url,
        pool_pre_ping=True,
        hide_parameters=True,  # else an error in the log could show what is personal
        connect_args={} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_SECONDS},
    )


def _tell(engine: Engine, *settings: str) -> None:
    """Set up each new session. Transactions are begun by ourselves, in one statement with what is to come first."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.autocommit = True
        connection.execute(";".join((*SESSION, *settings)))
        connection.prepared_max = PREPARED
        connection.adapters.register_loader("numeric", Whole)

    @event.listens_for(engine, "handle_error")
    def _failed(context: Any) -> None:
        _shorten(context.original_exception)
        if context.sqlalchemy_exception is not None:
            kind = type(context.original_exception)
            context.sqlalchemy_exception.args = (f"({kind.__module__}.{kind.__name__}) {context.original_exception}",)


def _limit(engine: Engine, seconds: float) -> None:
    """Stop statements in time, and return after one that failed to where the transaction began, its moment kept: by
    itself PostgreSQL would refuse whatever comes after it.
    """

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.info["limit"] = seconds
        _run(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SAVEPOINT reading")

    @event.listens_for(engine, "before_cursor_execute")
    def _start(connection: Connection, cursor: Any, *_: object) -> None:
        limit = connection.get_execution_options().get("seconds", seconds)
        if limit != connection.info["limit"]:
            cursor.connection.execute(f"SET LOCAL statement_timeout = {_milliseconds(limit)}")
            connection.info["limit"] = limit

    @event.listens_for(engine, "handle_error")
    def _failed(context: Any) -> None:
        if context.connection is None or context.is_disconnect:
            return
        session, limit = context.connection.connection.dbapi_connection, context.connection.info["limit"]
        if session.info.transaction_status == TransactionStatus.INERROR:
            session.execute("ROLLBACK TO SAVEPOINT reading")
            context.connection.info["limit"] = seconds
        if getattr(context.original_exception, "sqlstate", None) == "57014":  # query_canceled
            raise TooSlow(f"it took longer than {limit:g} s") from None


def _milliseconds(seconds: float) -> int:
    """For the server, to which 0 would mean without end."""
    return max(1, round(seconds * 1000))
