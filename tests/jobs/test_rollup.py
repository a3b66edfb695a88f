from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select, text

from dashapp.domain.messages import FlagRow
from dashapp.jobs.scheduler import start
from dashapp.jobs.tasks import RollUp
from dashapp.settings import Settings
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.migrate import upgrade
from dashapp.store.schema import CUBES
from dashapp.store.writes import flag_row, put_flags

DAY = date(2024, 3, 30)


class Clock:
    """Monotonic seconds, a second further with each look."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, database_url=f"sqlite:///{tmp_path / 'test.sqlite'}", time_zone="UTC")


@pytest.fixture
def writer(settings: Settings) -> Iterator[Engine]:
    engine = writer_engine(settings.database_url)
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def job(settings: Settings, writer: Engine) -> Iterator[RollUp]:
    reader = reader_engine(settings.database_url, 10)
    yield RollUp(reader, writer, settings, Clock())
    reader.dispose()


def put(writer: Engine, flag_id: str, settings: Settings, day: date = DAY) -> None:
    given = {"flag_id": flag_id, "flagged_day": day, "category": "spam", "severity": "low", "routing": "allow"}
    with writer.begin() as connection:
        put_flags(connection, [flag_row("ops", FlagRow.model_validate(given), settings.zone)])


def raised(writer: Engine) -> list[int]:
    with writer.begin() as connection:
        return list(connection.scalars(select(CUBES[None].c.raised)))


def test_days_that_changed_are_rolled_up_and_then_there_is_nothing_to_do(
    job: RollUp, writer: Engine, settings: Settings
) -> None:
    put(writer, "F1", settings)
    assert job() == 1
    assert raised(writer) == [1]
    job.rests_until = 0
    assert job() == 0


def test_many_days_are_rolled_up_a_few_at_a_time_so_that_others_can_write_in_between(
    job: RollUp, writer: Engine, settings: Settings
) -> None:
    for number in range(20):
        put(writer, f"F{number}", settings, DAY - timedelta(days=2 * number))
    begun: list[str] = []
    event.listen(writer, "begin", lambda _connection: begun.append("begin"))
    assert job() == 20
    assert len(begun) == 4  # 7, 7 and 6 days, and nothing left
    assert raised(writer) == [1] * 20


def test_after_a_rollup_the_store_is_left_alone_for_ten_times_as_long_as_it_took(
    job: RollUp, writer: Engine, settings: Settings
) -> None:
    put(writer, "F1", settings)
    assert job() == 1  # begins at 1, ends at 2
    assert job.rests_until == 1 + 1 + 10
    put(writer, "F2", settings)
    assert job() == 0
    assert raised(writer) == [1]
    job.rests_until = 0
    assert job() == 1
    assert raised(writer) == [2]


def test_a_rollup_that_fails_is_tried_again(
    job: RollUp, writer: Engine, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    put(writer, "F1", settings)
    with writer.begin() as connection:
        connection.execute(text("ALTER TABLE cube_thin RENAME TO elsewhere"))
    assert job() == 0
    assert "rollup failed" in caplog.text
    with writer.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO cube_thin"))
    assert job() == 1
    assert raised(writer) == [1]


def test_the_scheduler_runs_the_rollup_every_few_seconds_and_never_twice_at_once(
    writer: Engine, settings: Settings
) -> None:
    scheduler = start(settings)
    try:
        [job] = scheduler.get_jobs()
        assert (job.id, job.trigger.interval.total_seconds(), job.max_instances) == ("rollup", 5, 1)
        put(writer, "F1", settings)
        assert job.func() == 1
    finally:
        scheduler.shutdown()
        job.func.reader.dispose()
        job.func.writer.dispose()
