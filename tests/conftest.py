"""A store of its own for every test: migrated and empty. What is stored and computed is tested on both engines."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import stamina
from sqlalchemy import Engine

from bench.databases import Databases, postgres_server
from dashapp.settings import Settings
from dashapp.store.engine import reader_engine
from tests.notify.stubs import Mails, Posts, mail_server, webhook_server
from tests.stores import new_store

TS_OPS = Path(__file__).resolve().parents[2] / "shared" / "data" / "ts-ops"

HERE = Path(__file__).parent
BOTH = tuple(HERE / name for name in ("alerts", "demo", "ingest", "jobs", "metrics", "store"))
"""Where every test that has a database runs on either engine; elsewhere those that are marked so."""
URLS = ("database_url", "shared_url")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marked = {mark.name for mark in metafunc.definition.iter_markers()}
    both = "both_engines" in marked or any(folder in metafunc.definition.path.parents for folder in BOTH)
    for name in URLS:
        if name in metafunc.fixturenames and both and "sqlite_only" not in marked:
            scope = "module" if name == "shared_url" else "function"
            metafunc.parametrize(name, ["sqlite", "postgresql"], indirect=True, scope=scope)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Databases]:
    """A PostgreSQL server of our own, started when the first test asks for it."""
    with postgres_server() as url:
        yield Databases(url)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database of the test's own."""
    yield from _url(request, tmp_path)


@pytest.fixture(scope="module")
def shared_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database for the tests of a module, which roll back what they write."""
    yield from _url(request, tmp_path_factory.mktemp("store"))


def _url(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{folder / 'store.sqlite'}"
        return
    databases: Databases = request.getfixturevalue("postgres")
    with databases.new() as url:
        yield url


@pytest.fixture
def now() -> datetime:
    return datetime(2024, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(_env_file=None, database_url=database_url, time_zone="UTC")


@pytest.fixture
def writer(settings: Settings) -> Iterator[Engine]:
    """The writer's engine of a migrated, empty store."""
    engine = new_store(settings)
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


@pytest.fixture
def no_waiting() -> Iterator[None]:
    """What is tried again is tried again at once."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def mails() -> Iterator[Mails]:
    with mail_server() as found:
        yield found


@pytest.fixture
def posts() -> Iterator[Posts]:
    with webhook_server() as found:
        yield found
