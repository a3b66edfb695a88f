from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from dashapp.demo.load import load
from dashapp.domain.messages import FlagRow
from dashapp.ingest.pipeline import How
from dashapp.ingest.ts_ops import import_ts_ops
from dashapp.metrics import Desk
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store import schema, writes
from dashapp.store.engine import writer_engine
from dashapp.store.rollup import rollup
from dashapp.summary import render
from dashapp.summary.fact import Facts
from dashapp.summary.facts import gather
from dashapp.summary.template import framed, template
from dashapp.summary.weeks import Week
from tests.conftest import TS_OPS
from tests.stores import new_store

MONDAY = datetime(2024, 3, 25, 6, tzinfo=UTC)
"""When the summary of 18 to 24 March 2024 is due."""
CASE = {"category": "spam", "severity": "high", "routing": "human_review", "hours_to_decision": 1.0, "score": 0.9}

Put = Callable[..., None]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A store with tables and nothing in them, for drawn worlds. Tests roll back what they write."""
    made = writer_engine(f"sqlite:///{tmp_path_factory.mktemp('store') / 'test.sqlite'}")
    schema.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def put(writer: Engine, settings: Settings) -> Put:
    """Stores flags of one origin, so many on each day as given by date, and covers these days."""

    def store(counts: dict[date, int], **fields: Any) -> None:
        name = fields.get("category", "")
        rows = [
            FlagRow.model_validate({"flag_id": f"{name}-{day}-{place}", "flagged_day": day, **CASE, **fields})
            for day, count in counts.items()
            for place in range(count)
        ]
        with writer.begin() as connection:
            writes.put_origin(connection, "ops", "import", MONDAY)
            writes.put_flags(connection, [writes.flag_row("ops", row, settings.zone) for row in rows])
            writes.put_coverage(connection, "ops", list(counts))
            rollup(connection, settings.sla)

    return store


def days(first: date, counts: Iterable[int]) -> dict[date, int]:
    """Counts of the days from the first on."""
    return {first + timedelta(days=place): count for place, count in enumerate(counts)}


def markdown(facts: Facts) -> str:
    """What the template makes of facts."""
    return render.prose(framed(facts, template(facts)), facts)


def outside(facts: Facts) -> str:
    """All of the facts that may leave the house: everything but where they were measured."""
    return str([replace(fact, query="") for fact in facts.known.values()])


@pytest.fixture(scope="session")
def demo_facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The facts of 25 to 31 March 2024 in the demo's data: an attack, late decisions, and the classifier drifts."""
    now = datetime(2024, 4, 1, 9, tzinfo=UTC)
    with _store(tmp_path_factory) as (engine, settings):
        load(engine, settings, now, days=42, seed=42)
        return _gathered(engine, settings, now, "2024-W13")


@pytest.fixture(scope="session")
def ts_ops_facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """The facts of 18 to 24 March 2024 in the ts-ops data, where that is at hand."""
    if not TS_OPS.is_dir():
        pytest.skip("the ts-ops data is not at hand")
    now = datetime(2024, 4, 8, 9, tzinfo=UTC)
    with _store(tmp_path_factory) as (engine, settings):
        import_ts_ops(engine, TS_OPS, {}, How("ts-ops", now, settings.zone, settings.sla))
        return _gathered(engine, settings, now, "2024-W12")


@contextmanager
def _store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Settings]]:
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.sqlite'}"
    settings = Settings(_env_file=None, database_url=url, time_zone="UTC")
    engine = new_store(settings)
    yield engine, settings
    engine.dispose()


def _gathered(engine: Engine, settings: Settings, now: datetime, week: str) -> Facts:
    with engine.connect() as connection:
        return gather(Desk(connection, now, policy_of(settings)), Week.parse(week))
