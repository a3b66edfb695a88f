"""Live counts against plain loops over the events."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert

from dashapp.domain.ask import Ask, Grain, Window, stretch_of, to_filters
from dashapp.domain.live import within
from dashapp.domain.vocabulary import CONFIRMING, NOT_GIVEN, Action, Dim, Event, Feed, Severity, Violation
from dashapp.metrics import METRICS, Desk, Measurement, Point, Policy, measure
from dashapp.store.moderation import event_bin
from dashapp.store.writes import put_origin

ZONE = ZoneInfo("Asia/Kolkata")
POLICY = Policy(ZONE, dict.fromkeys(Severity, 24.0))
NOW = datetime(2024, 3, 30, 12, 7, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

Sent = Mapping[str, Any]

REPORTS = ("origin", "media_type", "event", "violation", "decision_action")
RULINGS = ("origin", "media_type", "action", "action_type", "scope")

TWINS: dict[str, tuple[str, tuple[str, ...], Any]] = {
    "live_reports": ("report", REPORTS, lambda _: 1),
    "live_created": ("report", REPORTS, lambda sent: sent["event"] == "created"),
    "live_reviewed": ("report", REPORTS, lambda sent: sent["event"] == "reviewed"),
    "live_confirmed": ("report", REPORTS, lambda sent: sent["decision_action"] in CONFIRMING),
    "live_rejected": ("report", REPORTS, lambda sent: sent["decision_action"] == "rejected_reports"),
    "live_deduplicated": ("report", REPORTS, lambda sent: sent["decision_action"] == "deduplicated_reports"),
    "live_decisions": ("decision", RULINGS, lambda _: 1),
    "live_affected_records": ("decision", RULINGS, lambda sent: sent["affected"]),
}
"""By metric: the kind of event, its dimensions, and what an event adds."""


@st.composite
def events(draw: st.DrawFn) -> Sent:
    minutes = draw(st.integers(0, 60 * 30))
    sent = {"origin": draw(st.sampled_from(["a", "b"])), "media_type": draw(st.sampled_from(["image", "audio"]))}
    sent = {**sent, "at": NOW - minutes * MINUTE}
    action = draw(st.sampled_from(Action))
    if draw(st.booleans()):
        affected = draw(st.integers(0, 3))
        kind = "reversed_decision" if action.startswith("reversed") else "decision"
        scope = "single" if affected == 1 else "bulk"
        return {**sent, "kind": "decision", "action": action, "action_type": kind, "scope": scope, "affected": affected}
    event = draw(st.sampled_from(Event))
    decided = action if event is Event.REVIEWED else NOT_GIVEN
    violation = draw(st.sampled_from(Violation))
    return {**sent, "kind": "report", "event": event, "violation": violation, "decision_action": decided}


def put(connection: Connection, sent: Sequence[Sent]) -> None:
    """Store events as their counts by five minutes."""
    bins: Counter[tuple[Any, ...]] = Counter()
    affected: Counter[tuple[Any, ...]] = Counter()
    for one in sent:
        start = one["at"].replace(minute=one["at"].minute // 5 * 5, second=0, microsecond=0)
        dims = [one.get(name, NOT_GIVEN) for name in ("event", "violation")]
        action = one.get("action", one.get("decision_action"))
        key = (one["origin"], start, one["kind"], one["media_type"], *dims, action, one.get("scope", NOT_GIVEN))
        bins[key] += 1
        affected[key] += one.get("affected", 0)
    names = ("origin", "bin", "message_type", "media_type", "event", "violation", "action", "scope")
    rows = [
        {**dict(zip(names, key, strict=True)), "events": count, "affected": affected[key]}
        for key, count in bins.items()
    ]
    for origin in ("a", "b"):
        put_origin(connection, origin, "events", NOW)
    if rows:
        connection.execute(insert(event_bin), rows)


def expected(metric: str, sent: Sequence[Sent], ask: Ask) -> dict[tuple[object, ...], int]:
    """What events add to each bucket and group, only where they add something."""
    kind, _, value = TWINS[metric]
    sums: Counter[tuple[object, ...]] = Counter()
    for one in sent:
        kept = all(one.get(dim) in values for dim, values in ask.filters if one["kind"] == kind)
        if one["kind"] == kind and kept:
            bucket = bucket_of(one["at"], ask)
            if bucket is not None:
                sums[bucket, *(str(one[dim]) for dim in ask.by)] += int(value(one))
    return {key: count for key, count in sums.items() if count}


def bucket_of(at: datetime, ask: Ask) -> date | None:
    if ask.stretch is None:
        day = at.astimezone(ZONE).date()
        return day if ask.window.since <= day <= ask.window.until else None
    return next((b for b in ask.stretch.buckets if b <= at < b + ask.stretch.step), None)


def found(answer: Measurement) -> dict[tuple[object, ...], float]:
    assert answer.error is None
    return {(point.bucket, *point.groups): point.value for point in answer.points if point.value}


def test_every_live_metric_has_a_twin() -> None:
    assert set(TWINS) == {key for key, metric in METRICS.items() if metric.feed is Feed.LIVE}


@given(
    st.lists(events(), max_size=12),
    st.sampled_from([Grain.FIVE_MINUTES, Grain.HOUR, Grain.DAY]),
    st.integers(1, 60 * 30),
    st.data(),
)
def test_live_counts_are_what_plain_loops_over_the_events_say(
    engine: Engine, sent: list[Sent], grain: Grain, minutes: int, data: st.DataObject
) -> None:
    with engine.connect() as connection:
        put(connection, sent)
        desk = Desk(connection, NOW, POLICY)
        for metric, (_, dims, _) in TWINS.items():
            by = tuple(Dim(dim) for dim in data.draw(st.lists(st.sampled_from(dims), max_size=2, unique=True)))
            filters = to_filters(data.draw(st.sampled_from([{}, {Dim.MEDIA_TYPE: ["image"]}, {Dim.ORIGIN: ["a"]}])))
            if grain is Grain.DAY:
                ask = Ask(Window.ending(NOW.astimezone(ZONE).date(), 1 + minutes % 3), grain, by, filters)
            else:
                ask = within(stretch_of(NOW - minutes * MINUTE, NOW, grain, ZONE), grain, by, filters)
            answer = measure(desk, METRICS[metric], ask)
            assert found(answer) == expected(metric, sent, ask)
            assert answer.total is not None
            assert (answer.total.value or 0) == sum(expected(metric, sent, ask).values())
        connection.rollback()


@pytest.fixture
def connection(engine: Engine) -> Any:
    with engine.connect() as opened:
        yield opened
        opened.rollback()


def report(minutes_ago: float, **given: Any) -> Sent:
    at = NOW - minutes_ago * MINUTE
    made = {"origin": "a", "media_type": "image", "kind": "report", "event": "created", "violation": "other"}
    return {**made, "at": at, "decision_action": NOT_GIVEN, **given}


def clock(point: Point) -> str:
    assert isinstance(point.bucket, datetime)
    return f"{point.bucket.astimezone(ZONE):%H:%M}"


def asked(hours: int, *by: Dim) -> Ask:
    return within(stretch_of(NOW - timedelta(hours=hours), NOW, Grain.HOUR, ZONE), Grain.HOUR, by, ())


def test_a_quiet_hour_after_the_first_event_counts_0_and_an_hour_before_it_has_no_point(connection: Connection) -> None:
    put(connection, [report(130), report(1)])
    answer = measure(Desk(connection, NOW, POLICY), METRICS["live_reports"], asked(5))
    assert [(clock(point), point.value, point.provisional) for point in answer.points] == [
        ("15:00", 1, False),
        ("16:00", 0, False),
        ("17:00", 1, True),
    ]


def test_buckets_that_have_not_begun_have_no_point(connection: Connection) -> None:
    put(connection, [report(1)])
    ask = within(stretch_of(NOW, NOW + timedelta(hours=5), Grain.HOUR, ZONE), Grain.HOUR, (), ())
    answer = measure(Desk(connection, NOW, POLICY), METRICS["live_reports"], ask)
    assert [(clock(point), point.value) for point in answer.points] == [("17:00", 1)]


def test_a_quiet_stretch_counts_0_also_where_it_is_split(connection: Connection) -> None:
    put(connection, [report(60 * 24)])
    answer = measure(Desk(connection, NOW, POLICY), METRICS["live_reports"], asked(3, Dim.VIOLATION))
    assert (answer.points, answer.total and answer.total.value) == ((), 0)


def test_reports_by_the_hour_are_those_that_came_in_and_by_event_also_those_reviewed(connection: Connection) -> None:
    put(connection, [report(5), report(4, event="reviewed", decision_action="rejected_reports")])
    desk = Desk(connection, NOW, POLICY)
    came_in, by_event = (measure(desk, METRICS["reports"], asked(1, *by)) for by in ((), (Dim.EVENT,)))
    assert (came_in.metric.key, came_in.total and came_in.total.value) == ("live_created", 1)
    assert (by_event.metric.key, by_event.total and by_event.total.value) == ("live_reports", 2)
    assert measure(desk, METRICS["decisions"], asked(1)).metric.key == "live_decisions"


def test_where_no_event_ever_came_in_there_is_no_data(connection: Connection) -> None:
    put(connection, [])
    answer = measure(Desk(connection, NOW, POLICY), METRICS["live_decisions"], asked(5))
    assert (answer.points, answer.total and answer.total.value) == ((), None)


def test_what_is_counted_by_day_is_not_asked_by_the_hour(connection: Connection) -> None:
    answer = measure(Desk(connection, NOW, POLICY), METRICS["flags"], asked(5))
    assert answer.refused
    assert answer.error == "Flags is counted by day, week or month, not by hour."


def test_a_question_by_what_a_live_count_does_not_know_is_refused(connection: Connection) -> None:
    answer = measure(Desk(connection, NOW, POLICY), METRICS["live_decisions"], asked(5, Dim.VIOLATION))
    assert answer.error == "Decisions, live is not kept by violation."
