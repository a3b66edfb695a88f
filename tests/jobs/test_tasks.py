import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from dashapp.demo.load import load
from dashapp.domain.access import Role
from dashapp.domain.messages import FlagRow
from dashapp.jobs.schedule import Daily
from dashapp.jobs.tasks import jobs_of, retain
from dashapp.settings import Settings
from dashapp.store.auditing import Asked, entries
from dashapp.store.closed import first_open_day
from dashapp.store.event_writes import remember
from dashapp.store.moderation import event_seen
from dashapp.store.operations import job_run
from dashapp.store.schema import flag
from dashapp.store.sessions import begin_session, sessions
from dashapp.store.users import add_user
from dashapp.store.writes import flag_row, put_coverage, put_flags
from tests.jobs.conftest import Time, turn
from tests.jobs.test_runner import Make


def results(writer: Engine) -> dict[str, str]:
    """The counts of each job's last run."""
    with writer.connect() as connection:
        return {row.job: row.result for row in connection.execute(select(job_run).order_by(job_run.c.slot))}


def test_a_server_of_databases_is_not_ours_to_copy(settings: Settings, tmp_path: Path) -> None:
    elsewhere = settings.model_copy(update={"database_url": "postgresql://db/watchfloor", "backup_dir": tmp_path})
    assert "backup" not in [job.name for job in jobs_of(elsewhere)]


def test_nothing_is_copied_and_no_row_goes_unless_it_is_asked_for(settings: Settings) -> None:
    assert "backup" not in [job.name for job in jobs_of(settings)]
    assert settings.retention_days is None


@pytest.mark.sqlite_only
def test_backup_and_retention_run_at_night(settings: Settings, tmp_path: Path) -> None:
    asked = settings.model_copy(update={"backup_dir": tmp_path, "night_hour": 4})
    nightly = [job.name for job in jobs_of(asked) if job.schedule == Daily(4, settings.zone)]
    assert nightly == ["retention", "backup"]


@pytest.mark.sqlite_only
def test_the_nightly_jobs_copy_the_store_and_delete_old_rows(
    runner_of: Make, settings: Settings, writer: Engine, time: Time, tmp_path: Path
) -> None:
    """The time is noon of 1 April 2024."""
    rows = [
        FlagRow(flag_id=day, flagged_day=datetime.fromisoformat(day).date(), **CASE)
        for day in ("2024-02-29", "2024-03-02")
    ]
    with writer.begin() as connection:
        put_flags(connection, [flag_row("ops", row, settings.zone) for row in rows])
        put_coverage(connection, "ops", [time.wall.date()])
    asked = settings.model_copy(update={"backup_dir": tmp_path / "copies", "backup_keep": 1, "retention_days": 30})
    runner = runner_of([job for job in jobs_of(asked) if job.name in ("backup", "retention")])
    runner.settings = asked
    assert turn(runner) == 2
    with writer.connect() as connection:
        assert list(connection.scalars(select(flag.c.flag_id))) == ["2024-03-02"]
        [noted] = entries(connection, Asked(actor="retention"), 9)
    assert (noted.action, noted.subject) == ("deleted", "rows before 2024-03-02")
    assert noted.detail == {"flags": 1, "reports": 0, "decisions": 0}
    assert results(writer)["retention"] == (
        '{"runs": 0, "orders": 0, "sessions": 0, "flags": 1, "reports": 0, "decisions": 0}'
    )
    time.passes(24 * 3600)
    assert turn(runner) == 2
    assert [path.name for path in (tmp_path / "copies").iterdir()] == ["watchfloor-20240402T120000Z.sqlite"]


def test_figures_are_kept_ready_and_attacks_looked_for_as_soon_as_there_are_data(
    runner_of: Make, settings: Settings, writer: Engine, time: Time
) -> None:
    runner = runner_of([job for job in jobs_of(settings) if job.name in ("refresh", "detect")])
    assert turn(runner) == 0
    load(writer, settings, time.wall, days=30, scale=0.05)
    assert turn(runner) == 2
    told = {job: json.loads(result) for job, result in results(writer).items()}
    assert told["detect"]["origins"] == 1
    assert told["refresh"]["failed"] == 0
    assert told["refresh"]["computed"] > 0
    time.passes(600)
    assert turn(runner) == 1
    assert json.loads(results(writer)["refresh"])["computed"] == 0


def test_attacks_are_looked_for_again_only_when_there_is_news(
    runner_of: Make, settings: Settings, writer: Engine, time: Time
) -> None:
    runner = runner_of([job for job in jobs_of(settings) if job.name == "detect"])
    load(writer, settings, time.wall, days=30, scale=0.05)
    assert turn(runner) == 1
    time.passes(600)
    assert turn(runner) == 0
    load(writer, settings, time.wall, days=30, scale=0.05, seed=7)
    assert turn(runner) == 1
    assert json.loads(results(writer)["detect"])["origins"] == 1
    time.passes(600)
    assert turn(runner) == 0


def test_rows_age_with_the_data_whatever_the_clock_says(
    runner_of: Make, settings: Settings, writer: Engine, time: Time
) -> None:
    load(writer, settings, time.wall, days=60, scale=0.05)
    asked = settings.model_copy(update={"retention_days": 50})
    runner = runner_of([job for job in jobs_of(asked) if job.name == "retention"])
    runner.settings = asked
    time.wall += timedelta(days=366)
    assert turn(runner) == 1
    with writer.connect() as connection:
        assert first_open_day(connection) == date(2024, 2, 11)


def test_what_closed_days_cannot_answer_is_not_asked_of_them(
    runner_of: Make, settings: Settings, writer: Engine, time: Time
) -> None:
    load(writer, settings, time.wall, days=60, scale=0.05)
    retain(writer, settings.model_copy(update={"retention_days": 30}), time.wall)
    assert turn(runner_of([job for job in jobs_of(settings) if job.name == "refresh"])) == 1
    told = json.loads(results(writer)["refresh"])
    assert told["failed"] == 0
    assert told["computed"] > 0


def test_at_night_ids_of_events_and_sessions_that_ended_are_forgotten(
    settings: Settings, writer: Engine, time: Time
) -> None:
    today = time.wall.date()
    asked = settings.model_copy(update={"event_ids_days": 10, "session_hours": 12.0})
    with writer.begin() as connection:
        remember(connection, [("ops", "old")], today - timedelta(days=11))
        remember(connection, [("ops", "new")], today - timedelta(days=10))
        user = add_user(connection, "Ann", Role.VIEWER, time.wall)
        for hours in (1, 13):
            begin_session(connection, user, time.wall - timedelta(hours=hours), timedelta(days=7))
    assert retain(writer, asked, time.wall)["sessions"] == 1
    with writer.connect() as connection:
        assert connection.scalars(select(event_seen.c.event_id)).all() == ["new"]
        assert len(sessions(connection)) == 1


CASE = {"category": "spam", "severity": "low", "routing": "human_review", "hours_to_decision": 1.0}
