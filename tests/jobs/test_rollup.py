from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, event, select, text

from dashapp.domain.messages import FlagRow
from dashapp.jobs.runner import Stopped
from dashapp.jobs.tasks import jobs_of
from dashapp.settings import Settings
from dashapp.store.rollup import roll_up
from dashapp.store.schema import CUBES, dirty_day
from dashapp.store.writes import flag_row, put_flags
from tests.jobs.conftest import Time, history, turn
from tests.jobs.test_runner import Make

DAY = date(2024, 3, 30)


def put(writer: Engine, flag_id: str, settings: Settings, day: date = DAY) -> None:
    given = {"flag_id": flag_id, "flagged_day": day, "category": "spam", "severity": "low", "routing": "allow"}
    with writer.begin() as connection:
        put_flags(connection, [flag_row("ops", FlagRow.model_validate(given), settings.zone)])


def raised(writer: Engine) -> list[int]:
    with writer.begin() as connection:
        return list(connection.scalars(select(CUBES[None].c.raised)))


def test_days_that_changed_are_rolled_up_and_then_there_is_nothing_to_do(
    runner_of: Make, writer: Engine, settings: Settings, time: Time
) -> None:
    runner = runner_of([job for job in jobs_of(settings) if job.name == "rollup"])
    put(writer, "F1", settings)
    assert turn(runner) == 1
    assert raised(writer) == [1]
    time.passes(60)
    assert turn(runner) == 0
    put(writer, "F2", settings)
    assert turn(runner) == 1
    assert raised(writer) == [2]
    assert history(settings.database_url) == [("rollup", "12:00:00", 1, None), ("rollup", "12:01:00", 1, None)]


def test_many_days_are_rolled_up_a_few_at_a_time_so_that_others_can_write_in_between(
    writer: Engine, settings: Settings
) -> None:
    for number in range(20):
        put(writer, f"F{number}", settings, DAY - timedelta(days=2 * number))
    begun: list[str] = []
    event.listen(writer, "begin", lambda _connection: begun.append("begin"))
    assert roll_up(writer, settings.sla) == 20
    assert len(begun) == 4  # 7, 7 and 6 days, and nothing left
    assert raised(writer) == [1] * 20


def test_a_rollup_that_is_stopped_leaves_the_other_days_for_the_next(writer: Engine, settings: Settings) -> None:
    def stop() -> None:
        raise Stopped

    for number in range(10):
        put(writer, f"F{number}", settings, DAY - timedelta(days=number))
    with pytest.raises(Stopped):
        roll_up(writer, settings.sla, stop)
    with writer.connect() as connection:
        assert len(connection.execute(select(dirty_day)).all()) == 3
    assert roll_up(writer, settings.sla) == 3


def test_a_rollup_that_fails_is_tried_again(
    runner_of: Make, writer: Engine, settings: Settings, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    runner = runner_of([job for job in jobs_of(settings) if job.name == "rollup"])
    put(writer, "F1", settings)
    with writer.begin() as connection:
        connection.execute(text("ALTER TABLE cube_thin RENAME TO elsewhere"))
    assert turn(runner) == 1
    assert "rollup failed" in caplog.text
    with writer.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO cube_thin"))
    time.passes(5)
    assert turn(runner) == 1
    assert raised(writer) == [1]
    failed, then = (error for *_, error in history(settings.database_url))
    assert failed in ("no such table: cube_thin", "UndefinedTable")
    assert then is None
