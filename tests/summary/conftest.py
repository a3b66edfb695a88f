from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from dashapp.domain.messages import FlagRow
from dashapp.settings import Settings
from dashapp.store import schema, writes
from dashapp.store.engine import writer_engine
from dashapp.store.rollup import rollup

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
