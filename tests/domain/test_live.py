from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashapp.domain.ask import STEPS, Grain, stretch_of
from dashapp.domain.live import LiveView, asked_within, query_within
from dashapp.domain.vocabulary import Dim

BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
NOW = datetime(2024, 3, 30, 12, 7, 30, tzinfo=UTC)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 # the bounds of aware ones are naive


@given(
    moments, st.timedeltas(timedelta(seconds=1), timedelta(days=2)), st.sampled_from([Grain.FIVE_MINUTES, Grain.HOUR])
)
def test_a_stretch_holds_what_it_was_asked_for_in_whole_buckets(
    begin: datetime, length: timedelta, grain: Grain
) -> None:
    for zone in (BERLIN, KOLKATA):
        found = stretch_of(begin, begin + length, grain, zone)
        assert found.since <= begin < found.since + STEPS[grain]
        assert found.until - STEPS[grain] < begin + length <= found.until
        assert found.buckets[0] == found.since
        assert found.buckets[-1] + STEPS[grain] == found.until
        assert all(bucket.minute % 5 == bucket.second == bucket.microsecond == 0 for bucket in found.buckets)
        assert grain is Grain.FIVE_MINUTES or {bucket.astimezone(zone).minute for bucket in found.buckets} == {0}
        assert found.bucket(begin) == found.since
        assert found.previous.until == found.since


def test_the_hour_that_clocks_go_through_twice_is_two_buckets() -> None:
    begin, end = datetime(2024, 10, 27, 0, tzinfo=UTC), datetime(2024, 10, 27, 2, tzinfo=UTC)
    found = stretch_of(begin, end, Grain.HOUR, BERLIN)
    assert [bucket.astimezone(BERLIN).isoformat() for bucket in found.buckets] == [
        "2024-10-27T02:00:00+02:00",
        "2024-10-27T02:00:00+01:00",
    ]
    assert found.bucket(datetime(2024, 10, 27, 1, 30, tzinfo=UTC)) == datetime(2024, 10, 27, 1, tzinfo=UTC)


def test_hours_begin_when_clocks_of_the_zone_say_so() -> None:
    found = stretch_of(NOW, NOW + timedelta(hours=1), Grain.HOUR, KOLKATA)
    assert [f"{bucket.astimezone(KOLKATA):%H:%M}" for bucket in found.buckets] == ["17:00", "18:00"]


def test_a_live_view_is_about_the_last_hours_until_now() -> None:
    asked = LiveView.parse("last=1h&media_type=image").ask(NOW, BERLIN)
    assert asked.stretch is not None
    assert asked.stretch.since == datetime(2024, 3, 30, 11, 10, tzinfo=UTC)
    assert asked.stretch.until == datetime(2024, 3, 30, 12, 10, tzinfo=UTC)
    assert len(asked.stretch.buckets) == 12
    assert asked.filters == ((Dim.MEDIA_TYPE, ("image",)),)


def test_by_day_a_live_view_is_about_whole_days() -> None:
    asked = LiveView.parse("last=7d&bin=day").ask(NOW, BERLIN)
    assert (asked.stretch, asked.grain) == (None, Grain.DAY)
    assert (asked.window.since.isoformat(), asked.window.until.isoformat()) == ("2024-03-24", "2024-03-30")


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("last=0h", "last: '0h' is not a number of hours or days such as 3h or 7d, up to 84d"),
        ("last=85d", "last: '85d' is not a number of hours or days such as 3h or 7d, up to 84d"),
        ("bin=minute", "bin: 'minute' is not one of 5min, hour, day"),
        ("last=30d", "bin: 720 h are too many buckets of 5 minutes, so they are shown by hour"),
        ("event=deleted", "event: 'deleted' is not one of created, reviewed"),
    ],
)
def test_what_a_live_address_cannot_say_is_named(query: str, problem: str) -> None:
    assert LiveView.parse(query).problems == (problem,)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"since": "yesterday"}, "since: 'yesterday' is not a moment such as 2024-03-30T14:05:00Z"),
        ({"since": "2024-03-30T10:00:00"}, "since: '2024-03-30T10:00:00' has no offset such as Z or +01:00"),
        ({"since": "2024-03-30T13:00:00Z"}, "until: is not within 2016 buckets of 5min after since"),
        ({"since": "2024-03-01"}, "until: is not within 2016 buckets of 5min after since"),
        ({"colour": "red"}, "colour: not a known filter"),
        ({"range": "7d"}, "range: is about days; since and until take moments"),
        ({"until": "9999-12-31"}, "until: '9999-12-31' is not between 1970 and 2199"),
        ({"until": "9999-12-31T23:59:59-14:00"}, "until: '9999-12-31T23:59:59-14:00' is not between 1970 and 2199"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "since: '0001-01-01T00:00:00+14:00' is not between 1970 and 2199"),
    ],
)
def test_what_a_question_about_moments_cannot_say_is_named(query: dict[str, str], problem: str) -> None:
    _, problems = asked_within([("grain", "5min"), *query.items()], NOW, BERLIN)
    assert problems == [problem]


def test_a_day_as_the_end_of_a_question_is_meant_to_its_end() -> None:
    asked, problems = asked_within([("grain", "hour"), ("since", "2024-03-30"), ("until", "2024-03-30")], NOW, BERLIN)
    assert problems == []
    assert asked.stretch is not None
    assert len(asked.stretch.buckets) == 24
    assert asked.window.length == 1


def test_the_query_of_a_question_about_moments_gives_the_question_back() -> None:
    asked = LiveView.parse("last=3h&media_type=image").ask(NOW, BERLIN, (Dim.VIOLATION,))
    pairs = [(key, value) for key, _, value in (pair.partition("=") for pair in query_within(asked).split("&"))]
    pairs = [(key, value.replace("%3A", ":").replace("%2B", "+")) for key, value in pairs]
    assert asked_within(pairs, NOW + timedelta(days=9), BERLIN) == (asked, [])
