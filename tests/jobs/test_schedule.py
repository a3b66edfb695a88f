from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashapp.jobs.schedule import Daily, Every, due
from dashapp.store.claims import Claim

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def ended(slot: datetime, *, begun: datetime | None = None, seconds: float = 0) -> Claim:
    begun = begun or slot
    end = begun + timedelta(seconds=seconds)
    return Claim("job", slot, 1, "one:1", begun, begun, end, seconds)


def run_due(
    schedule: Every | Daily, last: Claim | None, now: datetime, *, catch_up: bool = False, rest: float = 0
) -> str:
    slot = due(schedule, last, now, catch_up=catch_up, rest=rest)
    return f"{slot:%d %H:%M:%S}" if slot else ""


def test_slots_of_seconds_lie_on_whole_multiples_whoever_computes_them() -> None:
    every = Every(300)
    assert every.newest(NOON + timedelta(seconds=299.9)) == NOON
    assert every.newest(NOON + timedelta(seconds=300)) == NOON + timedelta(seconds=300)
    assert every.after(NOON) == NOON + timedelta(seconds=300)


@pytest.mark.check(38)
@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2024-03-30T01:59", "2024-03-29T02:00"),
        ("2024-03-30T02:00", "2024-03-30T02:00"),
        ("2024-03-31T00:59", "2024-03-30T02:00"),
        ("2024-03-31T01:00", "2024-03-31T01:00"),  # there is no three o'clock before that, and no second one after
        ("2024-03-31T23:00", "2024-03-31T01:00"),
        ("2024-04-01T01:00", "2024-04-01T01:00"),
        ("2024-10-27T01:59", "2024-10-26T01:00"),
        ("2024-10-27T02:00", "2024-10-27T02:00"),
    ],
)
def test_three_o_clock_comes_once_a_day_also_when_the_clocks_change(now: str, slot: str) -> None:
    nightly = Daily(3, BERLIN)
    assert nightly.newest(datetime.fromisoformat(f"{now}Z")) == datetime.fromisoformat(f"{slot}Z")


@pytest.mark.parametrize(
    ("year", "month", "day", "slots"),
    [(2024, 3, 30, ["30 01:30", "31 01:30", "01 00:30"]), (2024, 10, 26, ["26 00:30", "27 00:30", "28 01:30"])],
    ids=["spring", "autumn"],
)
def test_an_hour_that_is_left_out_or_repeated_has_one_slot(year: int, month: int, day: int, slots: list[str]) -> None:
    """Half past two does not exist on 31 March 2024 and comes twice on 27 October."""
    half_past = Daily(2, BERLIN)
    slot = half_past.newest(datetime(year, month, day, 12, tzinfo=UTC))
    found = [slot, half_past.after(slot), half_past.after(half_past.after(slot))]
    assert [f"{one + timedelta(minutes=30):%d %H:%M}" for one in found] == slots
    hours = [slot + timedelta(minutes=30 * number) for number in range(4 * 48)]
    assert {half_past.newest(now) for now in hours} >= set(found)
    assert len({half_past.newest(now).astimezone(BERLIN).date() for now in hours}) == len(
        {half_past.newest(now) for now in hours}
    )


def test_a_weekly_job_is_due_on_its_weekday() -> None:
    mondays = Daily(6, BERLIN, weekday=0)
    assert mondays.newest(NOON) == datetime(2024, 4, 1, 4, tzinfo=UTC)
    assert mondays.newest(NOON - DAY) == datetime(2024, 3, 25, 5, tzinfo=UTC)
    assert mondays.after(datetime(2024, 3, 25, 5, tzinfo=UTC)) == datetime(2024, 4, 1, 4, tzinfo=UTC)


def test_a_job_that_never_ran_is_due_at_once() -> None:
    assert run_due(Every(60), None, NOON + timedelta(seconds=7)) == "01 12:00:00"


def test_a_slot_that_has_run_is_not_due_again() -> None:
    assert run_due(Every(60), ended(NOON), NOON + timedelta(seconds=59)) == ""
    assert run_due(Every(60), ended(NOON), NOON + timedelta(seconds=60)) == "01 12:01:00"


@pytest.mark.check(38)
def test_of_missed_slots_only_the_newest_is_due() -> None:
    assert run_due(Every(60), ended(NOON), NOON + timedelta(seconds=185)) == "01 12:03:00"


def test_a_job_that_catches_up_is_due_for_each_missed_slot() -> None:
    daily = Daily(3, ZoneInfo("UTC"))
    last = ended(datetime(2024, 3, 28, 3, tzinfo=UTC))
    assert run_due(daily, last, NOON, catch_up=True) == "29 03:00:00"


def test_after_a_long_run_the_job_rests_a_multiple_of_it() -> None:
    last = ended(NOON, seconds=4)
    assert run_due(Every(5), last, NOON + timedelta(seconds=43), rest=10) == ""
    assert run_due(Every(5), last, NOON + timedelta(seconds=44), rest=10) == "01 12:00:40"


def test_no_job_rests_for_more_than_ten_minutes() -> None:
    last = ended(NOON, seconds=3600)
    assert run_due(Every(60), last, NOON + timedelta(seconds=3600 + 600), rest=10) == "01 13:10:00"


def test_when_the_clock_went_back_a_job_of_seconds_goes_on_at_its_pace() -> None:
    back = NOON - timedelta(hours=1)
    assert run_due(Every(60), ended(NOON), back) == "01 12:01:00"
    first = ended(NOON + timedelta(seconds=60), begun=back)
    assert run_due(Every(60), first, back + timedelta(seconds=59)) == ""
    assert run_due(Every(60), first, back + timedelta(seconds=60)) == "01 12:02:00"


@pytest.mark.check(38)
def test_when_the_clock_went_back_a_daily_job_does_not_run_twice() -> None:
    daily = Daily(3, ZoneInfo("UTC"))
    assert run_due(daily, ended(datetime(2024, 4, 1, 3, tzinfo=UTC)), datetime(2024, 4, 1, 1, tzinfo=UTC)) == ""


def test_a_weekly_slot_follows_on_the_weekday_that_is_set_though_the_last_was_on_another() -> None:
    monday, wednesday = Daily(6, BERLIN, 0), Daily(6, BERLIN, 2)
    last = ended(datetime(2024, 3, 25, 5, tzinfo=UTC))
    assert run_due(wednesday, last, datetime(2024, 4, 4, tzinfo=UTC), catch_up=True) == "27 05:00:00"
    assert run_due(monday, last, datetime(2024, 4, 4, tzinfo=UTC), catch_up=True) == "01 04:00:00"
    assert run_due(monday, last, datetime(2024, 4, 1, 3, 59, tzinfo=UTC), catch_up=True) == ""
