import logging
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from dashapp.domain.threshold import Threshold
from dashapp.jobs.runner import Job
from dashapp.jobs.tasks import jobs_of
from dashapp.settings import Settings
from dashapp.store.orders import Wanted, get_order, put_order
from dashapp.store.summaries import list_summaries
from dashapp.summary.ordered import make_next
from tests.flagged import a_flag_a_day
from tests.jobs.conftest import NOON, Time, history, turn
from tests.jobs.test_runner import Make

DAY = timedelta(days=1)


@pytest.fixture
def data(writer: Engine, settings: Settings) -> None:
    """A flag on every day of March 2024."""
    days = [date(2024, 3, 1) + place * DAY for place in range(31)]
    a_flag_a_day(writer, settings, days)


@pytest.fixture
def orders(settings: Settings) -> list[Job]:
    return [job for job in jobs_of(settings) if job.name == "orders"]


def put(writer: Engine, week: str | None, at: datetime = NOON) -> int:
    with writer.begin() as connection:
        return put_order(connection, week, "", "page", at)


def get(writer: Engine, number: int) -> Wanted:
    with writer.connect() as connection:
        found = get_order(connection, number)
    assert found
    return found


def test_nothing_runs_while_nothing_is_wanted(runner_of: Make, orders: list[Job]) -> None:
    assert turn(runner_of(orders)) == 0


@pytest.mark.usefixtures("data")
def test_an_order_is_made_within_seconds_and_says_what_was_made(
    runner_of: Make, orders: list[Job], writer: Engine, time: Time
) -> None:
    one, other = put(writer, None), put(writer, "2024-W10")
    runner = runner_of(orders)
    assert turn(runner) == 1
    assert (get(writer, one).made, get(writer, one).version, get(writer, other).ended_at) == ("2024-W13", 1, None)
    time.passes(3)
    assert turn(runner) == 1
    assert (get(writer, other).made, get(writer, other).step) == ("2024-W10", "writing")
    with writer.connect() as connection:
        assert [(kept.week, kept.made_by) for kept in list_summaries(connection)] == [
            ("2024-W13", "page"),
            ("2024-W10", "page"),
        ]


@pytest.mark.usefixtures("data")
def test_of_a_week_that_has_no_summary_the_order_says_why(reader: Engine, writer: Engine, settings: Settings) -> None:
    number = put(writer, "2024-W14")
    assert make_next(reader, writer, settings, NOON) == {"made": 0, "failed": 1, "late": 0}
    assert get(writer, number).error == "no day of 2024-W14 is over yet"


@pytest.mark.usefixtures("data")
def test_of_a_fault_of_ours_the_order_says_little_and_the_log_the_rest(
    reader: Engine, writer: Engine, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = settings.model_copy(update={"thresholds": {"backlogs": Threshold(warn=1, alert=2)}})
    number = put(writer, "2024-W13")
    with caplog.at_level(logging.ERROR):
        make_next(reader, writer, wrong, NOON)
    assert get(writer, number).error == "it could not be made; the log says why"
    assert "no metric is called backlogs" in caplog.text


def test_one_that_waited_for_more_than_a_day_is_not_made_any_more(
    reader: Engine, writer: Engine, settings: Settings
) -> None:
    number = put(writer, None, NOON - 25 * timedelta(hours=1))
    assert make_next(reader, writer, settings, NOON) == {"made": 0, "failed": 0, "late": 1}
    assert get(writer, number).error == "nothing made it within a day"


@pytest.mark.usefixtures("data")
def test_one_whose_process_has_to_stop_stays_open_and_is_made_by_the_next(
    runner_of: Make, orders: list[Job], writer: Engine, settings: Settings, time: Time
) -> None:
    number = put(writer, "2024-W13")
    one, two = runner_of(orders), runner_of(orders, "two:2")
    [(job, run)] = one.claimed()
    one.stopping.set()
    one.run(job, run)
    assert get(writer, number).ended_at is None
    assert turn(two) == 1
    assert get(writer, number).made == "2024-W13"
    assert [error for *_, error in history(settings.database_url)] == [None]
