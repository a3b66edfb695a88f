from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select

from dashapp.domain.messages import FlagRow
from dashapp.domain.vocabulary import Routing, Severity
from dashapp.settings import Settings
from dashapp.store.meta import OtherZone, keep
from dashapp.store.reads import origins
from dashapp.store.rezone import rezone
from dashapp.store.rollup import rollup
from dashapp.store.schema import CUBES, flag
from dashapp.store.writes import flag_row, put_coverage, put_flags, put_origin

TOKYO = ZoneInfo("Asia/Tokyo")


def make(flag_id: str, **given: object) -> FlagRow:
    base = {
        "flag_id": flag_id,
        "flagged_day": "2024-03-01",
        "category": "spam",
        "severity": Severity.LOW,
        "routing": Routing.HUMAN_REVIEW,
    }
    return FlagRow.model_validate({**base, **given})


@pytest.fixture
def stored(writer: Engine, settings: Settings, now: datetime) -> Engine:
    evening = datetime(2024, 3, 1, 20, tzinfo=UTC)
    flags = [
        make("at", flagged_at=evening, decided_at=datetime(2024, 3, 2, 14, tzinfo=UTC)),
        make("noon", flagged_at=datetime(2024, 3, 1, 12, tzinfo=UTC)),
        make("day", hours_to_decision=20),
        make("decided", decided_at=evening),
    ]
    with writer.begin() as connection:
        put_origin(connection, "a", "import", now)
        put_coverage(connection, "a", [date(2024, 3, 1)])
        put_flags(connection, [flag_row("a", each, settings.zone) for each in flags])
        rollup(connection, settings.sla)
    return writer


def test_days_with_a_moment_are_counted_anew_and_days_without_stay(stored: Engine, settings: Settings) -> None:
    with stored.begin() as connection:
        rezone(connection, TOKYO, settings.sla)
        days = {
            row.flag_id: (row.flagged_day.isoformat(), row.decided_day and row.decided_day.isoformat())
            for row in connection.execute(select(flag))
        }
    assert days == {
        "at": ("2024-03-02", "2024-03-02"),
        "noon": ("2024-03-01", None),
        "day": ("2024-03-01", "2024-03-01"),
        "decided": ("2024-03-01", "2024-03-02"),
    }


def test_cubes_and_coverage_follow_the_new_days(stored: Engine, settings: Settings) -> None:
    core = CUBES[None]
    with stored.begin() as connection:
        rezone(connection, TOKYO, settings.sla)
        raised = connection.execute(select(core.c.day, core.c.raised, core.c.decided).order_by(core.c.day)).all()
        [span] = origins(connection)
    assert [tuple(row) for row in raised] == [(date(2024, 3, 1), 3, 1), (date(2024, 3, 2), 1, 2)]
    assert (span.first_day, span.last_day) == (date(2024, 3, 1), date(2024, 3, 2))


def test_after_it_the_store_is_of_the_new_zone(stored: Engine, settings: Settings) -> None:
    with stored.begin() as connection:
        rezone(connection, TOKYO, settings.sla)
        keep(connection, TOKYO, settings.sla)
        with pytest.raises(OtherZone, match="days of Asia/Tokyo, but TIME_ZONE is UTC"):
            keep(connection, settings.zone, settings.sla)


def test_going_there_and_back_gives_the_same_days(stored: Engine, settings: Settings) -> None:
    with stored.begin() as connection:
        before = connection.execute(select(flag).order_by(flag.c.id)).all()
        rezone(connection, TOKYO, settings.sla)
        rezone(connection, settings.zone, settings.sla)
        assert connection.execute(select(flag).order_by(flag.c.id)).all() == before
