"""Counts of days have no rows behind them: what is done to rows leaves them alone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select

from dashapp.domain.messages import AggregateRow
from dashapp.domain.vocabulary import Severity
from dashapp.store.moderation import aggregate_day
from dashapp.store.platforms import platform_days
from dashapp.store.retention import retire
from dashapp.store.rezone import rezone
from dashapp.store.schema import coverage
from dashapp.store.writes import Counts, put_aggregates, put_coverage
from tests.published import publish

SLA = dict.fromkeys(Severity, 24.0)
UNTIL = date(2024, 3, 30)


def stored(connection: Connection) -> list[tuple[object, ...]]:
    """All counts, and the days that they cover."""
    return [tuple(row) for table in (aggregate_day, coverage) for row in connection.execute(select(table))]


def test_they_stay_when_their_days_are_closed(writer: Engine) -> None:
    with writer.begin() as connection:
        publish(connection, "dsa", UNTIL, days=30)
        before = stored(connection)
    assert retire(writer, date(2024, 3, 20), SLA) == {"flags": 0, "reports": 0, "decisions": 0}
    with writer.begin() as connection:
        assert stored(connection) == before


def test_those_of_closed_days_may_still_come(writer: Engine) -> None:
    retire(writer, date(2024, 3, 20), SLA)
    row = AggregateRow(day=date(2023, 9, 25), platform="Chat", dimension="rows", value="(none)", count=3)
    with writer.begin() as connection:
        assert put_aggregates(connection, "dsa", [row], replace=False) == Counts(new=1)
        assert put_aggregates(connection, "dsa", [row], replace=False) == Counts(seen=1)
        more = row.model_copy(update={"count": 4})
        assert put_aggregates(connection, "dsa", [more], replace=False) == Counts(conflicts=[(0, "count")])
        assert put_aggregates(connection, "dsa", [more], replace=True) == Counts(updated=1)


def test_another_time_zone_leaves_their_days(writer: Engine) -> None:
    with writer.begin() as connection:
        publish(connection, "dsa", UNTIL, days=3)
        before = stored(connection)
        rezone(connection, ZoneInfo("Pacific/Auckland"), SLA)
        assert stored(connection) == before


def test_each_platform_is_known_by_the_days_that_it_told_of_a_dimension(writer: Engine) -> None:
    told = {("Chat", "rows"): (1, 2, 5), ("Board", "rows"): (2,), ("Chat", "category"): (1,)}
    with writer.begin() as connection:
        for (platform, dimension), days in told.items():
            rows = [
                AggregateRow(day=date(2024, 3, day), platform=platform, dimension=dimension, value=value, count=1)
                for day in days
                for value in ("a", "b")
            ]
            put_aggregates(connection, "dsa", rows, replace=False)
        put_coverage(connection, "dsa", [date(2024, 3, day) for day in (1, 2, 5)])
        found = platform_days(connection, ["dsa"], "rows", datetime(2024, 3, 4, tzinfo=UTC).date())
        assert found == {
            ("dsa", "Chat"): {date(2024, 3, 1), date(2024, 3, 2)},
            ("dsa", "Board"): {date(2024, 3, 2)},
        }
        assert platform_days(connection, ["nobody"], "rows", UNTIL) == {}
