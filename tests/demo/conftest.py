from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from dashapp.demo.generate import Row, flags
from dashapp.demo.plan import Demo
from dashapp.settings import Settings
from dashapp.store.engine import writer_engine
from dashapp.store.schema import metadata

NOW = datetime(2024, 3, 30, 15, 20, tzinfo=UTC)


@pytest.fixture(scope="session")
def ninety_days() -> list[Row]:
    """Seed 42 at scale 1, 2024-01-01 to 2024-03-30 15:20 UTC."""
    return list(flags(Demo(NOW, ZoneInfo("UTC"))))


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(_env_file=None, database_url=database_url, time_zone="Europe/Berlin")


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = writer_engine(settings.database_url)
    metadata.create_all(engine)
    yield engine
    engine.dispose()
