import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as profiles
from sqlalchemy import Engine

from dashapp.metrics import Policy
from dashapp.metrics.detecting import detect
from dashapp.settings import Settings
from dashapp.store import schema
from dashapp.store.engine import writer_engine
from tests.weeks import NOW, SLA, SPIKE, Look, put_weeks, rolled_up

profiles.register_profile(
    "watchfloor",
    max_examples=60,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
profiles.register_profile("thorough", profiles.get_profile("watchfloor"), max_examples=1500)
profiles.register_profile("quick", profiles.get_profile("watchfloor"), phases=[Phase.generate])
profiles.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "watchfloor"))


@pytest.fixture(scope="module")
def engine(shared_url: str) -> Iterator[Engine]:
    """A store with tables and nothing in them. Tests roll back what they write."""
    made = writer_engine(shared_url)
    schema.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def look(reader: Engine, writer: Engine, settings: Settings) -> Look:
    return lambda now=NOW: detect(reader, writer, Policy(settings.zone, SLA), now)


@pytest.fixture
def spiked(writer: Engine, settings: Settings) -> Engine:
    """Eight weeks with one day of three times the flags."""
    put_weeks(writer, settings, {SPIKE: 120})
    rolled_up(writer)
    return writer
