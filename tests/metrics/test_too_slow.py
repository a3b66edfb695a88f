"""What no cube holds is counted from the flags themselves, within the time that a reader may take."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine, text

from dashapp.domain.ask import Ask, Window, to_filters
from dashapp.domain.messages import FlagRow
from dashapp.domain.vocabulary import Dim, Severity
from dashapp.metrics import METRICS, Desk, Policy, measure
from dashapp.store import writes
from dashapp.store.rollup import rollup

DAY = date(2024, 3, 8)
NOON = datetime(2024, 3, 9, 12, tzinfo=UTC)
POLICY = Policy(ZoneInfo("UTC"), dict.fromkeys(Severity, 24.0))
FLAGS = 1000
WHOLE = Ask(Window(DAY, DAY))
RARE = Ask(
    Window(DAY, DAY), filters=to_filters({dim: ["(none)"] for dim in (Dim.MEDIA_TYPE, Dim.DETECTOR, Dim.REGION)})
)
TOO_LONG = "This took too long. Try a shorter window or fewer filters."


def fill(writer: Engine) -> None:
    fields = {"flagged_day": DAY, "category": "spam", "severity": "high", "routing": "human_review"}
    flags = [FlagRow.model_validate({"flag_id": f"F{number}", **fields}) for number in range(FLAGS)]
    with writer.begin() as connection:
        writes.put_origin(connection, "ops", "import", NOON)
        writes.put_coverage(connection, "ops", [DAY])
        writes.put_flags(connection, [writes.flag_row("ops", flag, POLICY.zone) for flag in flags])
        rollup(connection, POLICY.sla)


@contextmanager
def slow_flags(writer: Engine, connection: Connection) -> Iterator[None]:
    """Have whoever reads many flags meet the end of the time, and nobody else: PostgreSQL waits for a lock on them."""
    with writer.connect() as other:
        if writer.dialect.name == "postgresql":
            other.execute(text("LOCK TABLE flag IN ACCESS EXCLUSIVE MODE"))
            connection.execution_options(seconds=0.5)
        else:
            connection.execution_options(seconds=-1)
        yield
    connection.execution_options(seconds=60)


@pytest.mark.check(40)
def test_after_one_card_took_too_long_over_the_flags_the_others_of_the_page_do_not_try(
    writer: Engine, reader: Engine
) -> None:
    fill(writer)
    with reader.connect() as connection:
        desk = Desk(connection, NOON, POLICY)
        with slow_flags(writer, connection):
            assert measure(desk, METRICS["flags"], RARE).error == TOO_LONG
        assert measure(desk, METRICS["inflow"], RARE).error == TOO_LONG
        assert desk.failed

        from_a_cube = measure(desk, METRICS["flags"], WHOLE)
        assert (from_a_cube.error, from_a_cube.points[0].n, from_a_cube.from_facts) == (None, FLAGS, False)
        waiting = measure(desk, METRICS["oldest_open"], RARE)
        assert (waiting.error, waiting.points[0].n) == (None, FLAGS)

        another = measure(Desk(connection, NOON, POLICY), METRICS["inflow"], RARE)
        assert (another.error, another.points[0].n, another.from_facts) == (None, FLAGS, True)


def test_where_many_days_took_too_long_fewer_are_tried(writer: Engine, reader: Engine) -> None:
    fill(writer)
    week = replace(RARE, window=Window(DAY - timedelta(days=6), DAY))
    with reader.connect() as connection:
        desk = Desk(connection, NOON, POLICY)
        with slow_flags(writer, connection):
            assert measure(desk, METRICS["flags"], week).error == TOO_LONG
        assert measure(desk, METRICS["inflow"], week).error == TOO_LONG
        assert measure(desk, METRICS["inflow"], RARE).points[0].n == FLAGS
        of_all_days = measure(desk, METRICS["backlog"], RARE)
        assert of_all_days.error == TOO_LONG
