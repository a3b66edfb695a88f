"""Brings the store's tables to what the code expects. `python -m dashapp.store.migrate WHAT` writes a new migration."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from dashapp.store.engine import writer_engine

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Run the migrations that the store lacks, all of them or none."""
    with engine.begin() as connection:
        command.upgrade(_config(connection), "head")


def state(engine: Engine) -> tuple[str | None, str | None]:
    """The migration the store is at (None: a new one) and the newest that the code brings."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, ScriptDirectory(str(SCRIPTS)).get_current_head()


def write_migration(what: str) -> None:
    """Write the migration that leads from the existing ones to store.schema. Read it over before it is kept."""
    number = len(list((SCRIPTS / "versions").glob("*.py"))) + 1
    with tempfile.TemporaryDirectory() as folder:
        engine = writer_engine(f"sqlite:///{folder}/empty.sqlite")
        upgrade(engine)
        with engine.begin() as connection:
            command.revision(_config(connection), what, autogenerate=True, rev_id=f"{number:04d}")
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


if __name__ == "__main__":
    write_migration(" ".join(sys.argv[1:]))
