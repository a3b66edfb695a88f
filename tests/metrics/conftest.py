import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from sqlalchemy import Engine

from dashapp.store import schema
from dashapp.store.engine import writer_engine

settings.register_profile(
    "watchfloor",
    max_examples=60,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("thorough", settings.get_profile("watchfloor"), max_examples=1500)
settings.register_profile("quick", settings.get_profile("watchfloor"), phases=[Phase.generate])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "watchfloor"))


@pytest.fixture(scope="module")
def engine(shared_url: str) -> Iterator[Engine]:
    """A store with tables and nothing in them. Tests roll back what they write."""
    made = writer_engine(shared_url)
    schema.metadata.create_all(made)
    yield made
    made.dispose()
