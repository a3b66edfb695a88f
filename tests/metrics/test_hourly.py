"""Hours are judged where there are enough flags, so that an attack of today is found before the day is over."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import Engine, select

from dashapp.domain.ask import Window
from dashapp.domain.messages import FlagRow
from dashapp.domain.vocabulary import IncidentKind
from dashapp.metrics.hourly import hours_of
from dashapp.settings import Settings
from dashapp.store.schema import cube_hour
from dashapp.store.writes import flag_row, put_coverage, put_flags, put_origin
from tests.weeks import LAST, NOW, Look, found, put_days, rolled_up

TODAY = LAST + timedelta(days=1)
"""NOW is at its noon."""


def put_hours(writer: Engine, settings: Settings, hours: dict[datetime, int]) -> None:
    """So many flags of spam in each of these hours, which cover their days."""
    rows = [
        FlagRow.model_validate(
            {"flag_id": f"{hour} {number}", "flagged_at": hour + timedelta(minutes=number % 60), "category": "spam"}
            | {"flagged_day": hour.date(), "severity": "low", "routing": "allow"}
        )
        for hour, count in hours.items()
        for number in range(count)
    ]
    with writer.begin() as connection:
        put_origin(connection, "ops", "events", NOW)
        put_coverage(connection, "ops", {hour.date() for hour in hours})
        put_flags(connection, [flag_row("ops", row, settings.zone) for row in rows])


def five_weeks(changed: dict[datetime, int] | None = None) -> dict[datetime, int]:
    """Eight flags an hour, give or take, up to NOW."""
    first = datetime(2024, 2, 26, tzinfo=UTC)
    hours = [first + timedelta(hours=number) for number in range(int((NOW - first) / timedelta(hours=1)))]
    counts = np.random.default_rng(3).poisson(8, len(hours)).tolist()
    return dict(zip(hours, counts, strict=True)) | (changed or {})


def test_an_attack_of_this_morning_is_found_though_the_day_is_still_low(
    writer: Engine, look: Look, settings: Settings
) -> None:
    attacked = NOW - timedelta(hours=2)
    put_hours(writer, settings, five_weeks({attacked: 45}))
    rolled_up(writer)
    look()
    [one] = found(writer)
    assert (one.seen.series, one.seen.since, one.ended_at) == ("category=spam", TODAY, None)
    assert one.seen.observed is not None
    assert one.seen.observed < 192  # of a whole usual day
    [hour] = (one.seen.evidence or {})["hours"]
    assert (hour["hour"], hour["observed"]) == (attacked.isoformat(), 45)
    assert hour["expected"] == pytest.approx(8, rel=0.25)


def test_quiet_hours_are_no_incident(writer: Engine, look: Look, settings: Settings) -> None:
    put_hours(writer, settings, five_weeks())
    rolled_up(writer)
    look()
    assert found(writer) == []


def test_what_an_hour_has_shown_stays_when_only_its_day_is_looked_at(
    writer: Engine, look: Look, settings: Settings
) -> None:
    put_hours(writer, settings, five_weeks({NOW - timedelta(hours=2): 45}))
    rolled_up(writer)
    look()
    [before] = found(writer)
    later = dict.fromkeys(Window(TODAY + timedelta(days=1), TODAY + timedelta(days=9)), 190)
    put_days(writer, settings, {TODAY: 80, **later}, after=1000)
    rolled_up(writer)
    look(NOW + timedelta(days=9))
    assert [(one.id, one.seen.since, one.seen.kind) for one in found(writer)] == [(before.id, TODAY, before.seen.kind)]
    assert before.seen.kind in set(IncidentKind)


def test_what_an_hour_has_shown_stays_part_of_the_incident_that_goes_on_within_the_week(
    writer: Engine, look: Look, settings: Settings
) -> None:
    put_hours(writer, settings, five_weeks({NOW - timedelta(hours=2): 45}))
    rolled_up(writer)
    look()
    [before] = found(writer)
    later = dict.fromkeys(Window(TODAY + timedelta(days=1), TODAY + timedelta(days=14)), 190)
    again = TODAY + timedelta(days=5)
    put_days(writer, settings, {**later, TODAY: 80, again: 700}, after=1000)
    rolled_up(writer)
    for back in (5, 14):
        look(NOW + timedelta(days=back))
        [one] = found(writer)
        assert (one.id, one.seen.since, one.seen.until) == (before.id, TODAY, again)
        assert [hour["observed"] for hour in (one.seen.evidence or {})["hours"]] == [45]


def test_flags_without_a_moment_have_no_hours(writer: Engine, look: Look, settings: Settings) -> None:
    put_days(writer, settings, dict.fromkeys(Window(LAST - timedelta(days=30), LAST), 150))
    rolled_up(writer)
    look()
    with writer.connect() as connection:
        assert connection.execute(select(cube_hour)).all() == []
    assert found(writer) == []


@pytest.mark.parametrize(("day", "hours"), [(date(2024, 3, 31), 23), (date(2024, 10, 27), 25), (date(2024, 3, 30), 24)])
def test_a_day_has_the_hours_that_its_clock_gives_it(day: date, hours: int) -> None:
    counted: list[Any] = hours_of(day, day, ZoneInfo("Europe/Berlin"), datetime(2025, 1, 1, tzinfo=UTC))
    assert len(counted) == hours


def test_hours_are_those_of_utc_where_the_clock_lies_half_an_hour_beside_them() -> None:
    day = date(2024, 3, 30)
    counted = hours_of(day, day, ZoneInfo("Asia/Kolkata"), datetime(2025, 1, 1, tzinfo=UTC))
    assert (counted[0], counted[-1]) == (datetime(2024, 3, 29, 19, tzinfo=UTC), datetime(2024, 3, 30, 18, tzinfo=UTC))


def test_hours_to_come_are_none(settings: Settings) -> None:
    counted = hours_of(TODAY, TODAY, ZoneInfo("UTC"), NOW + timedelta(minutes=20))
    assert (len(counted), counted[-1]) == (13, NOW)


def test_days_of_flags_without_moments_are_no_days_of_empty_hours(
    writer: Engine, look: Look, settings: Settings
) -> None:
    hours = five_weeks()
    begins = LAST - timedelta(days=2)
    put_hours(writer, settings, {hour: count for hour, count in hours.items() if hour.date() >= begins})
    put_days(writer, settings, dict.fromkeys(Window(date(2024, 2, 26), begins - timedelta(days=1)), 190))
    rolled_up(writer)
    look()
    assert found(writer) == []
