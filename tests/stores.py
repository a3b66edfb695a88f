"""Stores for tests: migrated, and empty."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, make_url

from dashapp.settings import Settings
from dashapp.store.engine import writer_engine
from dashapp.store.meta import keep
from dashapp.store.migrate import upgrade


def new_store(settings: Settings) -> Engine:
    """The writer's engine of a store of the settings' own.

    A file is a copy of one that was migrated once; a database of PostgreSQL has been such a copy since it was made.
    """
    place = make_url(settings.database_url)
    if place.get_backend_name() == "sqlite":
        Path(str(place.database)).write_bytes(_migrated())
    engine = writer_engine(settings.database_url)
    with engine.begin() as connection:
        keep(connection, settings.zone, settings.sla)
    return engine


@cache
def _migrated() -> bytes:
    """The file of a store that was migrated. Its log is in it, as the last connection that closes sees to."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "store.sqlite")
        engine = writer_engine(f"sqlite:///{file}")
        upgrade(engine)
        engine.dispose()
        return file.read_bytes()
