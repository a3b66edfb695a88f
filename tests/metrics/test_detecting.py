from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from dashapp.domain.ask import Window
from dashapp.domain.messages import FlagRow
from dashapp.domain.vocabulary import Severity
from dashapp.metrics import Policy
from dashapp.metrics.detecting import detect
from dashapp.settings import Settings
from dashapp.store.detections import first_found
from dashapp.store.operations import detection
from dashapp.store.rollup import rollup
from dashapp.store.writes import flag_row, put_coverage, put_flags, put_origin

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
SLA = dict.fromkeys(Severity, 24.0)
LAST = date(2024, 3, 31)
SPIKE = date(2024, 3, 28)


@pytest.fixture
def policy(settings: Settings) -> Policy:
    return Policy(settings.zone, SLA)


def put(writer: Engine, settings: Settings, day: date, first: int, flags: int) -> None:
    rows = [
        FlagRow(flag_id=f"{day} {number}", flagged_day=day, category="spam", severity="low", routing="allow")
        for number in range(first, first + flags)
    ]
    with writer.begin() as connection:
        put_origin(connection, "ops", "import", NOW)
        put_coverage(connection, "ops", Window(LAST - timedelta(days=20), LAST))
        put_flags(connection, [flag_row("ops", row, settings.zone) for row in rows])
        rollup(connection, SLA)


@pytest.fixture
def spiked(writer: Engine, settings: Settings) -> Engine:
    """Ten flags a day over three weeks, and forty on one."""
    for back in range(21):
        day = LAST - timedelta(days=back)
        put(writer, settings, day, 0, 40 if day == SPIKE else 10)
    return writer


def kept(writer: Engine) -> list[Any]:
    of = detection.c
    with writer.connect() as connection:
        return [tuple(row) for row in connection.execute(select(of.day, of.observed, of.found_at, of.withdrawn_at))]


def test_a_day_is_found_once_and_keeps_when_that_was(reader: Engine, spiked: Engine, policy: Policy) -> None:
    assert detect(reader, spiked, policy, NOW) == {"origins": 1, "found": 1, "withdrawn": 0}
    later = NOW + timedelta(minutes=10)
    assert detect(reader, spiked, policy, later) == {"origins": 1, "found": 0, "withdrawn": 0}
    assert kept(spiked) == [(SPIKE, 40, NOW, None)]
    with spiked.connect() as connection:
        assert first_found(connection, "ops", "zscore7") == {SPIKE: NOW}


def test_a_day_that_later_data_make_usual_is_withdrawn_and_comes_back_as_first_found(
    reader: Engine, spiked: Engine, policy: Policy, settings: Settings
) -> None:
    detect(reader, spiked, policy, NOW)
    for back in range(1, 7):
        put(spiked, settings, SPIKE - timedelta(days=back), 10, 30 if back % 2 else 60)
    later = NOW + timedelta(minutes=10)
    counts = detect(reader, spiked, policy, later)
    assert counts["withdrawn"] == 1
    assert (SPIKE, 40, NOW, later) in kept(spiked)
    put(spiked, settings, SPIKE, 40, 400)
    assert detect(reader, spiked, policy, later)["found"] == 0
    assert (SPIKE, 440, NOW, None) in kept(spiked)


def test_a_store_without_data_has_nothing_to_look_at(reader: Engine, writer: Engine, policy: Policy) -> None:
    assert detect(reader, writer, policy, NOW) == {"origins": 0, "found": 0, "withdrawn": 0}
