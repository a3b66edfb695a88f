"""A store of its own for every test: migrated, empty, on disk."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dashapp.settings import Settings
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.meta import keep
from dashapp.store.migrate import upgrade

TS_OPS = Path(__file__).resolve().parents[2] / "shared" / "data" / "ts-ops"


@pytest.fixture
def now() -> datetime:
    return datetime(2024, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, database_url=f"sqlite:///{tmp_path / 'store.sqlite'}", time_zone="UTC")


@pytest.fixture
def writer(settings: Settings) -> Iterator[Engine]:
    """The writer's engine of a migrated, empty store."""
    engine = writer_engine(settings.database_url)
    upgrade(engine)
    with engine.begin() as connection:
        keep(connection, settings.zone, settings.sla)
    yield engine
    engine.dispose()


@pytest.fixture
def reader(settings: Settings, writer: Engine) -> Iterator[Engine]:
    """The reader's engine of the same store."""
    engine = reader_engine(settings.database_url, settings.read_seconds)
    yield engine
    engine.dispose()


@pytest.fixture
def ts_ops() -> Path:
    """The real ts-ops data, where it is at hand."""
    if not TS_OPS.is_dir():
        pytest.skip("the ts-ops data is not at hand")
    return TS_OPS
