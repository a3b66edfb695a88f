"""Opening the store for a command, and what is said when that, or anything else outside our hands, goes wrong."""

import logging
from dataclasses import dataclass
from typing import Any

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy import Engine
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from typer.core import TyperGroup

from dashapp import logs
from dashapp.settings import Settings
from dashapp.store.engine import known, writer_engine
from dashapp.store.meta import OtherZone, Unfinished, keep

EXAMPLES = "sqlite:///data/watchfloor.sqlite or postgresql+psycopg://name@host/database"
REFUSED = 1
"""Exit code when some input was refused."""
WRONG_USE = 2
"""Exit code for wrong use and for settings that cannot be used."""


class Wrong(Exception):
    """Why a command cannot run, in words for whoever typed it."""


class Commands(TyperGroup):
    """Commands that end with a line and exit code 2 where what they need is not as it must be."""

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except (Wrong, OtherZone, Unfinished) as error:
            message = str(error)
        except (DatabaseError, OperationalError) as error:
            if type(error) not in (DatabaseError, OperationalError):  # the others are mistakes of ours
                raise
            message = f"DATABASE_URL: the database says: {error.orig}"
        typer.echo(message, err=True)
        raise typer.Exit(WRONG_USE)


@dataclass(frozen=True)
class Store:
    """What commands work with."""

    settings: Settings
    writer: Engine


def load_settings() -> Settings:
    """The settings, or every reason why they cannot be used. Values are not repeated: some are secrets."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{_setting(problem['loc'])}: {_plain(problem['msg'])}" for problem in error.errors()]
        raise Wrong("\n".join(lines)) from None
    except SettingsError as error:
        raise Wrong(f"a setting cannot be read: {error}") from None


def open_store(*, migrating: bool = False) -> Store:
    """The store at the newest migration (brought there when `migrating`), built with the settings that are set."""
    store = connect()
    check_migrated(store.writer, migrating=migrating)
    with store.writer.begin() as connection:
        keep(connection, store.settings.zone, store.settings.sla)
    return store


def connect() -> Store:
    """The store as it is."""
    settings = load_settings()
    logs.set_up(settings, logging.WARNING)  # whoever types a command is told by what it prints
    return Store(settings, opened(settings.database_url, "DATABASE_URL"))


def opened(url: str, name: str) -> Engine:
    """The writing engine for a URL, which is what `name` says."""
    check_url(url, name)
    try:
        return writer_engine(url)
    except OSError as error:
        raise Wrong(f"{name}: the directory cannot be made: {error.strerror}") from None


def check_url(url: str, name: str) -> None:
    """Make sure that what `name` says is the URL of a database that can be used."""
    try:
        known(url)
    except ArgumentError:
        raise Wrong(f"{name}: is not a database URL such as {EXAMPLES}") from None


def check_migrated(engine: Engine, *, migrating: bool) -> None:
    """Make sure that the tables are what the code expects."""
    from alembic.util import CommandError

    from dashapp.store.migrate import state, upgrade

    current, newest = state(engine)
    if current == newest:
        return
    if not migrating:
        raise Wrong("the store is not what this version needs: run `python -m dashapp init`")
    try:
        upgrade(engine)
    except CommandError:
        raise Wrong(f"the store is at migration {current}, which this version does not know") from None


def _setting(location: tuple[int | str, ...]) -> str:
    """The setting's name as it is set: `("sla_hours", "low")` -> `SLA_HOURS low`."""
    return " ".join([str(location[0]).upper(), *(str(part) for part in location[1:])]) if location else "settings"


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")
