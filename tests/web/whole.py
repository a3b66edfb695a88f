"""The whole app over a store that has something of everything."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from dash import Dash
from sqlalchemy import Engine

from dashapp.app import create_app
from dashapp.demo.load import load
from dashapp.metrics.detecting import detect
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store.annotations import Draft, add_annotation
from dashapp.store.claims import Claim, claim, finish
from dashapp.store.engine import reader_engine
from dashapp.store.orders import put_order
from dashapp.summary.weekly import Order, summarise
from dashapp.web.desk import EXTENSION, Services
from tests.stores import new_store

NOW = datetime(2024, 3, 30, 12, 7, tzinfo=UTC)
WEEK = "2024-W12"
RUN = Claim("rollup", NOW, 1, "A", NOW, NOW + timedelta(minutes=1))


def fill(writer: Engine, settings: Settings) -> None:
    """Six weeks of the demo that detectors have looked at, a summary, an order, a note and a run of a job."""
    load(writer, settings, NOW, days=42, scale=0.05)
    reader = reader_engine(settings.database_url, settings.read_seconds)
    detect(reader, writer, policy_of(settings), NOW)
    summarise(reader, writer, settings, NOW, Order(WEEK, offline=True))
    reader.dispose()
    with writer.begin() as connection:
        put_order(connection, WEEK, "", "page", NOW)
        add_annotation(connection, Draft(date(2024, 3, 20), date(2024, 3, 21), None, "a rule was off"), "page", NOW)
        claim(connection, RUN, None)
        finish(connection, RUN, NOW, 0.1, {"days": 1}, None)


def made_store(file: Path) -> Settings:
    """Settings of a filled store in a file."""
    settings = Settings(_env_file=None, database_url=f"sqlite:///{file}", time_zone="UTC", jobs=False)
    writer = new_store(settings)
    fill(writer, settings)
    writer.dispose()
    return settings


@contextmanager
def whole_app(settings: Settings) -> Iterator[Dash]:
    """The app over a store, at the moment at which it was filled."""
    app = create_app(settings)
    held: Services = app.server.extensions[EXTENSION]
    app.server.extensions[EXTENSION] = replace(held, clock=lambda: NOW)
    yield app
    for engine in (held.reader, held.writer, held.store):
        engine.dispose()
