"""The real app under gunicorn over a store made for the tests."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from bench.serving import serving as any_serving
from dashapp.settings import Settings
from dashapp.store.engine import writer_engine
from dashapp.store.meta import keep
from dashapp.store.migrate import upgrade
from dashapp.store.rollup import rollup

Fill = Callable[[Engine, Settings, datetime], object]


def make_store(path: Path, fill: Fill) -> Path:
    """A migrated store at `path` that `fill` has put data into, rolled up."""
    settings = Settings(_env_file=None, database_url=f"sqlite:///{path}", time_zone="UTC")
    engine = writer_engine(settings.database_url)
    upgrade(engine)
    with engine.begin() as connection:
        keep(connection, ZoneInfo("UTC"), settings.sla)
    fill(engine, settings, datetime.now(UTC))
    with engine.begin() as connection:
        rollup(connection, settings.sla)
    engine.dispose()
    return path


def broken_copy(path: Path, copy: Path, *tables: str) -> Path:
    """A copy of a store that lacks some tables."""
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    source.backup(target)
    for table in tables:
        target.execute(f"DROP TABLE {table}")
    target.commit()
    source.close()
    target.close()
    return copy


@contextmanager
def serving(store: Path, **settings: str) -> Iterator[str]:
    """The address of a server of its own over the store, with settings by their names in the environment."""
    log = store.parent / f"{store.stem}.log"
    with any_serving("wsgi:server", log, {"DATABASE_URL": f"sqlite:///{store}", **settings}) as server:
        yield server.url
