"""The real app under gunicorn over a store made for the tests."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from bench.serving import serving as any_serving
from dashapp.settings import Settings
from dashapp.store.rollup import rollup
from tests.stores import new_store

Fill = Callable[[Engine, Settings, datetime], object]


def make_store(path: Path, fill: Fill) -> Path:
    """A migrated store at `path` that `fill` has put data into, rolled up."""
    settings = Settings(_env_file=None, database_url=f"sqlite:///{path}", time_zone="UTC")
    engine = new_store(settings)
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
    """The address of a server of its own over the store, with settings by their names in the environment.

    The weekly job is due where weeks meet: at any later hour it would make a second summary of the week that the store
    already has one of, if that hour came while the tests run.
    """
    log = store.parent / f"{store.stem}.log"
    environment = {"DATABASE_URL": f"sqlite:///{store}", "SUMMARY_HOUR": "0", **settings}
    with any_serving("wsgi:server", log, environment) as server:
        yield server.url
