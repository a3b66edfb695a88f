import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, text

from dashapp.jobs.runner import Job, Runner, Shift
from dashapp.jobs.schedule import Daily, Every
from dashapp.settings import Settings
from dashapp.store.claims import GIVEN_UP, finish, longer, renew
from dashapp.store.operations import job_run
from tests.jobs.conftest import LEASE, NOON, Done, Time, history, turn

Make = Callable[..., Runner]


def minutely(work: Done) -> list[Job]:
    return [Job("tidy", Every(60), work)]


def watched(runner: Runner, time: Time, seconds: float = LEASE) -> int:
    """Have a runner look every second for so long, and do what it gets; how many runs that were."""
    done = 0
    for _ in range(int(seconds)):
        time.passes(1)
        done += turn(runner)
    return done


@pytest.mark.check(38)
def test_of_two_processes_one_runs_a_slot(runner_of: Make, settings: Settings, time: Time) -> None:
    work = Done()
    one, other = runner_of(minutely(work)), runner_of(minutely(work), "two:2")
    assert [turn(one), turn(other)] == [1, 0]
    time.passes(60)
    assert [turn(other), turn(one)] == [1, 0]
    assert history(settings.database_url) == [("tidy", "12:00:00", 1, None), ("tidy", "12:01:00", 1, None)]


@pytest.mark.check(33, 38)
def test_two_processes_that_looked_at_the_same_time_do_not_both_get_the_slot(runner_of: Make) -> None:
    one, other = runner_of(minutely(Done())), runner_of(minutely(Done()), "two:2")
    with one.reader.connect() as here, other.reader.connect() as there:
        wanted, also_wanted = one._wanted(here), other._wanted(there)
    assert [one._claim(*each) for each in wanted] == [True]
    assert [other._claim(*each) for each in also_wanted] == [False]


def test_a_run_leaves_its_counts_and_how_long_it_took(runner_of: Make, writer: Engine, time: Time) -> None:
    turn(runner_of(minutely(Done(also=lambda _: time.passes(2.5)))))
    with writer.connect() as connection:
        row = connection.execute(select(job_run)).one()
    assert (json.loads(row.result), row.seconds, row.error) == ({"times": 1}, 2.5, None)
    assert (row.runner, row.begun_at, row.ended_at) == ("one:1", NOON, NOON + timedelta(seconds=2.5))


def test_a_job_that_raises_has_its_kind_of_failure_in_the_history_and_runs_again(
    runner_of: Make, settings: Settings, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Shift) -> None:
        raise ValueError("someone@example.org")

    runner = runner_of(minutely(Done(also=fail)))
    assert turn(runner) == 1
    time.passes(60)
    assert turn(runner) == 1
    assert history(settings.database_url) == [
        ("tidy", "12:00:00", 1, "ValueError"),
        ("tidy", "12:01:00", 1, "ValueError"),
    ]
    assert "tidy failed" in caplog.text


def test_a_job_longer_than_its_interval_leaves_slots_out_and_never_overlaps(
    runner_of: Make, settings: Settings, time: Time
) -> None:
    other = runner_of(minutely(Done()), "two:2")
    seen_meanwhile = []

    def long(_: Shift) -> None:
        time.passes(150)
        seen_meanwhile.append(turn(other))

    one = runner_of(minutely(Done(also=long)))
    assert turn(one) == 1
    assert seen_meanwhile == [0]
    assert turn(other) == 1
    assert [slot for _, slot, *_ in history(settings.database_url)] == ["12:00:00", "12:02:00"]


def test_a_run_whose_process_is_gone_is_taken_over_when_its_lease_has_not_moved(
    runner_of: Make, settings: Settings, time: Time
) -> None:
    work = Done()
    gone, other = runner_of(minutely(work)), runner_of(minutely(work), "two:2")
    assert len(gone.claimed()) == 1  # and then it is killed
    assert watched(other, time, LEASE) == 0
    assert watched(other, time, 1) == 1
    assert history(settings.database_url) == [("tidy", "12:00:00", 2, None)]


def test_a_run_whose_lease_is_renewed_is_left_alone(runner_of: Make, time: Time) -> None:
    alive, other = runner_of(minutely(Done())), runner_of(minutely(Done()), "two:2")
    [(_, run)] = alive.claimed()
    for _ in range(3):
        assert watched(other, time, LEASE / 2) == 0
        with alive.writer.begin() as connection:
            assert renew(connection, run, longer(time.wall, LEASE))


@pytest.mark.parametrize("hours", [-5, 5], ids=["back", "forward"])
def test_setting_the_clock_takes_no_run_from_a_process_that_lives(runner_of: Make, time: Time, hours: int) -> None:
    alive, other = runner_of(minutely(Done())), runner_of(minutely(Done()), "two:2")
    assert len(alive.claimed()) == 1
    assert watched(other, time, 1) == 0
    time.wall += timedelta(hours=hours)
    assert watched(other, time, LEASE - 1) == 0


@pytest.mark.check(38)
def test_after_the_clock_went_back_runs_go_on(runner_of: Make, settings: Settings, time: Time) -> None:
    runner = runner_of(minutely(Done()))
    turn(runner)
    time.wall -= timedelta(hours=1)
    assert watched(runner, time, 121) == 3
    assert [slot for _, slot, *_ in history(settings.database_url)] == ["12:00:00", "12:01:00", "12:02:00", "12:03:00"]


def test_time_in_which_the_store_was_gone_does_not_make_a_run_lost(
    runner_of: Make, writer: Engine, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    alive, other = runner_of(minutely(Done())), runner_of(minutely(Done()), "two:2")
    assert len(alive.claimed()) == 1
    assert watched(other, time, LEASE - 1) == 0
    with writer.begin() as connection:
        connection.execute(text("ALTER TABLE job_run RENAME TO elsewhere"))
    assert watched(other, time, 60) == 0
    assert other.trouble in ("no such table: job_run", "UndefinedTable")
    with writer.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO job_run"))
    assert watched(other, time, LEASE) == 0
    assert other.trouble is None
    assert caplog.text.count("no job can be claimed") == 1


def test_a_process_that_was_asleep_takes_nothing_over_on_what_it_saw_before(runner_of: Make, time: Time) -> None:
    alive, other = runner_of(minutely(Done())), runner_of(minutely(Done()), "two:2")
    assert len(alive.claimed()) == 1
    assert turn(other) == 0
    time.passes(3600)
    assert turn(other) == 0


def test_nothing_is_taken_over_while_somebody_else_holds_the_store(
    runner_of: Make, writer: Engine, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever holds it may have kept the lease from being renewed."""
    alive, other = runner_of(minutely(Done())), runner_of(minutely(Done()), "two:2")
    assert len(alive.claimed()) == 1
    assert watched(other, time, LEASE) == 0
    with writer.begin():
        assert watched(other, time, 1) == 0
    assert other.trouble in ("database is locked", "LockNotAvailable")
    assert watched(other, time, LEASE) == 0


def test_a_process_that_was_thought_lost_stops_and_its_result_does_not_count(
    runner_of: Make, settings: Settings, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    other = runner_of(minutely(Done()), "two:2")
    slow = runner_of(minutely(Done(also=lambda _: watched(other, time, LEASE + 1))))
    assert turn(slow) == 1
    assert history(settings.database_url) == [("tidy", "12:00:00", 2, None)]
    with other.reader.connect() as connection:
        assert connection.scalar(select(job_run.c.runner)) == "two:2"


def test_a_slot_is_given_up_after_three_processes_were_lost_with_it(
    runner_of: Make, settings: Settings, time: Time
) -> None:
    for number in range(3):
        runner = runner_of(minutely(Done()), f"gone:{number}")
        while not runner.claimed():
            time.passes(1)
    last = runner_of(minutely(Done()), "last:1")
    assert watched(last, time, LEASE + 2) == 1
    slots = history(settings.database_url)
    assert slots[0] == ("tidy", "12:00:00", 3, GIVEN_UP)
    assert slots[1][2:] == (1, None)


def test_a_process_that_must_end_gives_its_run_back_and_another_goes_on_at_once(
    runner_of: Make, settings: Settings
) -> None:
    def stop(shift: Shift) -> None:
        one.stopping.set()
        shift.check()

    one, other = runner_of(minutely(Done(also=stop))), runner_of(minutely(Done()), "two:2")
    assert [turn(one), turn(one), turn(other)] == [1, 0, 1]
    assert history(settings.database_url) == [("tidy", "12:00:00", 1, None)]


def test_a_slot_in_which_nothing_is_needed_leaves_no_run(runner_of: Make, settings: Settings, time: Time) -> None:
    needed = [False]
    runner = runner_of([Job("tidy", Every(60), Done(), needed=lambda _: needed[0])])
    assert turn(runner) == 0
    needed[0] = True
    time.passes(60)
    assert turn(runner) == 1
    assert [slot for _, slot, *_ in history(settings.database_url)] == ["12:01:00"]


def test_a_claim_that_fails_leaves_those_before_it_with_the_process(
    runner_of: Make, writer: Engine, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    """Between the two claims somebody begins to write, and goes on for longer than a claim waits."""
    first, second = Job("first", Every(60), Done()), Job("second", Every(60), Done())
    runner = runner_of([first, second])
    held = writer.connect()
    claim_one = runner._claim

    def claim_and_hold(*each: Any) -> bool:
        if each[0] is second:
            held.begin()
        return claim_one(*each)

    runner._claim = claim_and_hold  # type: ignore[method-assign]
    assert [job.name for job, _ in runner.claimed()] == ["first"]
    held.close()


def test_what_fails_on_its_day_is_tried_again_and_three_times_in_all(
    runner_of: Make, settings: Settings, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Shift) -> None:
        raise OSError

    runner = runner_of([Job("copy", Daily(3, settings.zone), Done(also=fail))])
    assert turn(runner) == 1
    time.passes(599)
    assert turn(runner) == 0
    time.passes(1)
    assert turn(runner) == 1
    time.passes(600)
    assert [turn(runner), turn(runner)] == [1, 0]
    time.passes(3600)
    assert turn(runner) == 0
    assert history(settings.database_url) == [("copy", "03:00:00", 3, "OSError")]


def test_what_failed_once_and_then_went_well_has_no_error(
    runner_of: Make, settings: Settings, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    troubles: list[Exception] = [OSError()]

    def fail_once(_: Shift) -> None:
        if troubles:
            raise troubles.pop()

    runner = runner_of([Job("copy", Daily(3, settings.zone), Done(also=fail_once))])
    turn(runner)
    time.passes(600)
    turn(runner)
    assert history(settings.database_url) == [("copy", "03:00:00", 2, None)]


def test_a_clock_that_was_years_ahead_once_keeps_no_day_from_its_run(
    runner_of: Make, settings: Settings, time: Time
) -> None:
    runner = runner_of([Job("copy", Daily(3, settings.zone), Done())])
    time.wall += timedelta(days=2000)
    assert turn(runner) == 1
    time.wall -= timedelta(days=2000)
    assert [turn(runner), turn(runner)] == [1, 0]
    time.passes(24 * 3600)
    assert [turn(runner), turn(runner)] == [1, 0]


@pytest.mark.check(35)
@pytest.mark.sqlite_only
def test_a_disk_that_is_full_fails_the_run_and_says_so(
    runner_of: Make, settings: Settings, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    def fill(shift: Shift) -> None:
        with shift.writer.begin() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages[0]}")
            connection.execute(text("CREATE TABLE large AS SELECT zeroblob(1000000) AS zeros"))

    pages = [1]  # SQLite takes the number of pages that there are already
    runner = runner_of(minutely(Done(also=fill)))
    assert turn(runner) == 1
    pages[0] = 1_000_000
    time.passes(60)
    assert turn(runner) == 1
    assert history(settings.database_url) == [
        ("tidy", "12:00:00", 1, "database or disk is full"),
        ("tidy", "12:01:00", 1, None),
    ]


@pytest.mark.check(35)
def test_the_end_of_a_run_is_written_as_soon_as_the_store_can_be_written_to(
    runner_of: Make, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    gone = [True, False]

    def write(connection: Connection) -> bool:
        if gone.pop(0):
            connection.execute(text("SELECT * FROM nowhere"))
        return finish(connection, run, NOON, 1.0, {"n": 1}, None)

    runner = runner_of(minutely(Done()))
    [(_, run)] = runner.claimed()
    runner.settings = settings.model_copy(update={"lease_seconds": 0.01})
    runner._say(write)
    assert re.search("the end of a run could not be written: (no such table: nowhere|UndefinedTable)", caplog.text)
    with runner.reader.connect() as connection:
        assert connection.scalar(select(job_run.c.result)) == '{"n": 1}'
