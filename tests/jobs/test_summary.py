from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from dashapp.domain.threshold import Threshold
from dashapp.jobs.runner import Job
from dashapp.jobs.schedule import Daily
from dashapp.jobs.tasks import jobs_of
from dashapp.settings import Settings
from dashapp.store.summaries import list_summaries
from dashapp.summary.weekly import Order, summarise, summarise_slot
from tests.flagged import a_flag_a_day
from tests.jobs.conftest import Time, history, turn
from tests.jobs.test_runner import Make

DAY = timedelta(days=1)


@pytest.fixture
def data(writer: Engine, settings: Settings) -> None:
    """A flag on every day from 1 January to 30 April 2024."""
    days = [date(2024, 1, 1) + place * DAY for place in range(121)]
    a_flag_a_day(writer, settings, days)


@pytest.fixture
def weekly(settings: Settings) -> list[Job]:
    return [job for job in jobs_of(settings) if job.name == "summary"]


def made(writer: Engine) -> list[tuple[str, int, int]]:
    """Week, version and complete days of every summary, oldest week first."""
    with writer.connect() as connection:
        return sorted((one.week, one.version, one.complete) for one in list_summaries(connection))


def at(day: int, hour: int, month: int = 4) -> datetime:
    return datetime(2024, month, day, hour, tzinfo=UTC)


def test_the_settings_say_on_which_day_and_hour_of_the_zone_it_runs(settings: Settings) -> None:
    asked = settings.model_copy(update={"summary_weekday": 2, "summary_hour": 9, "time_zone": "Europe/Berlin"})
    [job] = [job for job in jobs_of(asked) if job.name == "summary"]
    assert (job.schedule, job.catch_up) == (Daily(9, asked.zone, 2), True)
    assert [job.schedule for job in jobs_of(settings) if job.name == "summary"] == [Daily(6, settings.zone, 0)]


@pytest.mark.usefixtures("data")
def test_the_first_run_makes_the_last_week_alone(
    runner_of: Make, weekly: list[Job], writer: Engine, time: Time
) -> None:
    """The time is noon of Monday 1 April 2024."""
    runner = runner_of(weekly)
    assert [turn(runner), turn(runner)] == [1, 0]
    assert made(writer) == [("2024-W13", 1, 7)]


@pytest.mark.check(38)
@pytest.mark.usefixtures("data")
def test_of_two_processes_one_makes_each_weeks_summary(
    runner_of: Make, weekly: list[Job], writer: Engine, time: Time
) -> None:
    one, other = runner_of(weekly), runner_of(weekly, "two:2")
    for _ in range(3 * 7 * 4):
        turn(one)
        turn(other)
        time.passes(6 * 3600)
    assert made(writer) == [(f"2024-W{week}", 1, 7) for week in (13, 14, 15, 16)]


@pytest.mark.check(38)
@pytest.mark.usefixtures("data")
def test_weeks_in_which_nothing_ran_are_made_one_by_one(
    runner_of: Make, weekly: list[Job], settings: Settings, writer: Engine, time: Time
) -> None:
    turn(runner_of(weekly))
    time.passes(22 * 24 * 3600)
    runner = runner_of(weekly, "two:2")
    assert [turn(runner) for _ in range(4)] == [1, 1, 1, 0]
    assert made(writer) == [(f"2024-W{week}", 1, 7) for week in (13, 14, 15, 16)]
    assert {error for *_, error in history(settings.database_url)} == {None}


@pytest.mark.check(38)
@pytest.mark.usefixtures("data")
def test_a_slot_that_runs_twice_makes_one_summary(settings: Settings, reader: Engine, writer: Engine) -> None:
    slot = at(8, 6)
    counts = [summarise_slot(reader, writer, settings, now, slot) for now in (at(8, 6), at(8, 7))]
    assert (counts, made(writer)) == ([1, 0], [("2024-W14", 1, 7)])


@pytest.mark.usefixtures("data")
def test_a_summary_made_by_hand_counts_from_its_slot_on_and_not_before(
    settings: Settings, reader: Engine, writer: Engine
) -> None:
    summarise(reader, writer, settings, at(6, 12), Order("2024-W14"))
    assert made(writer) == [("2024-W14", 1, 5)]
    assert summarise_slot(reader, writer, settings, at(8, 6), at(8, 6)) == 1
    summarise(reader, writer, settings, at(16, 12), Order("2024-W15"))
    assert summarise_slot(reader, writer, settings, at(17, 6), at(15, 6)) == 0
    assert made(writer) == [("2024-W14", 1, 5), ("2024-W14", 2, 7), ("2024-W15", 1, 7)]


def test_without_data_none_is_made(runner_of: Make, weekly: list[Job], writer: Engine, settings: Settings) -> None:
    assert turn(runner_of(weekly)) == 1
    assert made(writer) == []
    assert history(settings.database_url) == [("summary", "06:00:00", 1, None)]


@pytest.mark.usefixtures("data")
def test_a_week_before_the_data_is_passed_over(settings: Settings, reader: Engine, writer: Engine) -> None:
    slot = at(1, 6, month=1)
    assert summarise_slot(reader, writer, settings, slot + 2 * DAY, slot) == 0
    assert made(writer) == []


def test_a_threshold_of_what_is_no_metric_is_an_error_for_a_summary_as_for_a_page(
    reader: Engine, writer: Engine, settings: Settings
) -> None:
    wrong = settings.model_copy(update={"thresholds": {"backlogs": Threshold(warn=1, alert=2)}})
    with pytest.raises(ValueError, match="no metric is called backlogs"):
        summarise(reader, writer, wrong, at(8, 9), Order())
