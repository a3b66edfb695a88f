from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from dashapp.store.moderation import decision, dirty_report_day, event_bin, event_seen, ingest_count, report
from dashapp.store.schema import coverage, flag, origin
from dashapp.store.version import version, versions

NOW = datetime(2024, 3, 30, 12, 7, tzinfo=UTC)
CREATED = {"message_type": "ModerationReport", "media_type": "image", "event": "created", "violation": "sensitive"}
REVIEWED = {**CREATED, "event": "reviewed", "decision_action": "marked_sensitive"}
DECISION = {
    "message_type": "ModerationDecision",
    "media_type": "image",
    "action": "marked_sensitive",
    "affected_records": 1,
}
FLAG = {"message_type": "Flag", "id": "F1", "category": "spam", "severity": "high", "routing": "human_review"}
DECIDED = {"message_type": "FlagDecided", "flag_id": "F1", "label": "confirmed"}


def new(count: int) -> dict[str, Any]:
    return {"new": count, "seen": 0, "refused": []}


def seen(count: int) -> dict[str, Any]:
    return {"new": 0, "seen": count, "refused": []}


def test_reports_and_decisions_are_counted_in_their_five_minutes(take: Any, rows: Any) -> None:
    bulk = {**DECISION, "affected_records": 40, "at": "2024-03-30T12:04:59.999999Z"}
    assert take(CREATED, CREATED, REVIEWED, DECISION, {**DECISION, "affected_records": 0}, bulk) == new(6)
    five_past = datetime(2024, 3, 30, 12, 5, tzinfo=UTC)
    none, act = "(none)", "marked_sensitive"
    assert rows(event_bin) == [
        ("events", five_past - timedelta(minutes=5), "decision", "image", none, none, act, "bulk", 1, 40),
        ("events", five_past, "decision", "image", none, none, act, "bulk", 1, 0),
        ("events", five_past, "decision", "image", none, none, act, "single", 1, 1),
        ("events", five_past, "report", "image", "created", "sensitive", none, none, 2, 0),
        ("events", five_past, "report", "image", "reviewed", "sensitive", act, none, 1, 0),
    ]


def test_later_batches_add_to_the_same_counts(take: Any, rows: Any) -> None:
    take({**DECISION, "affected_records": 3})
    take({**DECISION, "affected_records": 4}, {**DECISION, "affected_records": 5})
    assert rows(event_bin, "events", "affected") == [(3, 12)]


def test_an_hour_is_that_of_utc_whatever_the_sender_writes(take: Any, rows: Any) -> None:
    take({**CREATED, "at": "2024-03-30T03:07:00+05:30"})
    assert rows(event_bin, "bin") == [(datetime(2024, 3, 29, 21, 35, tzinfo=UTC),)]


def test_an_event_with_an_id_counts_once_however_often_it_comes(take: Any, rows: Any) -> None:
    event = {**CREATED, "id": "E1"}
    assert take(event, event, {**CREATED, "id": "E2"}) == {"new": 2, "seen": 1, "refused": []}
    assert take(event, {**CREATED, "id": "E3"}) == {"new": 1, "seen": 1, "refused": []}
    assert rows(event_bin, "events") == [(3,)]
    assert rows(event_seen, "event_id", "day") == [(name, date(2024, 3, 30)) for name in ("E1", "E2", "E3")]


def test_two_origins_may_use_the_same_id(take: Any) -> None:
    assert take({**CREATED, "id": "E1"}, {**CREATED, "id": "E1", "origin": "other"}) == new(2)


def test_ids_are_forgotten_after_some_days(take: Any, rows: Any) -> None:
    event = {**CREATED, "id": "E1"}
    take(event)
    assert take(event, now=NOW + timedelta(days=30)) == seen(1)
    assert take(event, now=NOW + timedelta(days=31)) == new(1)
    assert rows(event_seen, "day") == [(date(2024, 4, 30),)]


def test_a_refused_event_may_come_again_under_its_id(take: Any, rows: Any) -> None:
    closing = {**REVIEWED, "id": "E1", "report_id": "R1"}
    reason = "is not known; send the created report first"
    assert take(closing, closing)["refused"] == [
        {"line": 1, "field": "report_id", "reason": reason},
        {"line": 2, "field": "report_id", "reason": reason},
    ]
    assert rows(event_bin) == rows(event_seen) == []
    take({**CREATED, "report_id": "R1"})
    assert take(closing) == new(1)


def test_a_report_is_kept_and_closed(take: Any, rows: Any) -> None:
    item = {"item_id": "I1", "creator": "C", "source": "S", "provider": "P"}
    take({**CREATED, **item, "report_id": "R1", "at": "2024-03-28T10:00:00Z"})
    held = ("media_type", "violation", "item_id", "creator", "source", "provider", "created_day", "action")
    assert rows(report, *held) == [("image", "sensitive", "I1", "C", "S", "P", date(2024, 3, 28), None)]
    assert take({**REVIEWED, "report_id": "R1", "decision_id": "D1", "at": "2024-03-30T10:00:00Z"}) == new(1)
    assert rows(report, "action", "decided_at", "decision_id") == [
        ("marked_sensitive", datetime(2024, 3, 30, 10, tzinfo=UTC), "D1")
    ]
    assert rows(dirty_report_day) == [("events", date(2024, 3, 28))]


def test_a_report_may_be_made_and_closed_in_one_batch_in_any_order(take: Any) -> None:
    assert take({**REVIEWED, "report_id": "R1"}, {**CREATED, "report_id": "R1"}) == new(2)


def test_a_report_sent_again_changes_nothing(take: Any, rows: Any) -> None:
    made, closed = {**CREATED, "report_id": "R1"}, {**REVIEWED, "report_id": "R1"}
    take(made, closed)
    later = NOW + timedelta(hours=1)
    assert take(made, closed, now=later) == seen(2)
    assert rows(event_bin, "event", "events") == [("created", 1), ("reviewed", 1)]
    assert rows(report, "created_at", "decided_at") == [(NOW, NOW)]


def test_a_report_that_a_resend_tells_more_of_is_counted_live_once(take: Any, rows: Any) -> None:
    made, closed = {**CREATED, "report_id": "R1"}, {**REVIEWED, "report_id": "R1"}
    assert take(made, closed) == new(2)
    assert take({**made, "creator": "C"}, {**closed, "id": "E9", "decision_id": "D1"}) == new(2)
    assert rows(event_bin, "event", "events") == [("created", 1), ("reviewed", 1)]
    assert rows(report, "creator", "decision_id") == [("C", "D1")]


def test_a_report_told_of_twice_in_one_batch_is_counted_live_once(take: Any, rows: Any) -> None:
    made, closed = {**CREATED, "report_id": "R1"}, {**REVIEWED, "report_id": "R1"}
    assert take(made, {**made, "creator": "C"}, closed, {**closed, "decision_id": "D1"}) == new(4)
    assert rows(event_bin, "event", "events") == [("created", 1), ("reviewed", 1)]


def test_a_decision_that_a_resend_tells_more_of_is_counted_live_once(take: Any, rows: Any) -> None:
    sent = {**DECISION, "decision_id": "D1", "affected_records": 10}
    assert take({**sent, "id": "E1"}) == new(1)
    assert take({**sent, "id": "E2", "automated": True}) == new(1)
    assert rows(event_bin, "events", "affected") == [(1, 10)]
    assert rows(decision, "automated") == [(True,)]


def test_a_report_closed_with_another_action_is_a_conflict(take: Any, rows: Any) -> None:
    take({**CREATED, "report_id": "R1"}, {**REVIEWED, "report_id": "R1"})
    other = {**REVIEWED, "report_id": "R1", "decision_action": "rejected_reports"}
    refusal = {"line": 1, "field": "decision_action", "reason": "is not what is stored"}
    assert take(other) == {"new": 0, "seen": 0, "refused": [refusal]}
    assert rows(report, "action") == [("marked_sensitive",)]


def test_a_report_made_anew_with_another_violation_is_a_conflict(take: Any) -> None:
    made = {**CREATED, "report_id": "R1", "at": "2024-03-28T10:00:00Z"}
    take(made)
    assert take({**made, "violation": "other"})["refused"][0]["field"] == "violation"
    assert take({**made, "at": "2024-03-28T10:00:01Z"})["refused"][0]["field"] == "at"


def test_a_decision_before_its_report_is_refused_unless_only_the_clocks_differ(take: Any, rows: Any) -> None:
    ahead = (NOW + timedelta(minutes=3)).isoformat()
    take({**CREATED, "report_id": "R1", "at": ahead}, {**CREATED, "report_id": "R2", "at": ahead})
    early = {**REVIEWED, "report_id": "R1", "at": NOW.isoformat()}
    assert take(early)["refused"] == [{"line": 1, "field": "at", "reason": "lies before the report was made"}]
    assert take({**REVIEWED, "report_id": "R2"}) == new(1)
    assert rows(report, "report_id", "decided_at") == [("R1", None), ("R2", NOW + timedelta(minutes=3))]


def test_a_decision_is_kept(take: Any, rows: Any) -> None:
    sent = {**DECISION, "decision_id": "D1", "affected_records": 7, "automated": True, "at": "2024-03-29T23:30:00Z"}
    assert take(sent, zone=ZoneInfo("Europe/Berlin")) == new(1)
    assert rows(decision, "decision_id", "decided_day", "action", "affected_records", "automated") == [
        ("D1", date(2024, 3, 30), "marked_sensitive", 7, True)
    ]
    assert rows(dirty_report_day) == [("events", date(2024, 3, 30))]
    assert take(sent, zone=ZoneInfo("Europe/Berlin")) == seen(1)
    other = take({**sent, "affected_records": 8}, zone=ZoneInfo("Europe/Berlin"))
    assert [one["field"] for one in other["refused"]] == ["affected_records"]


def test_an_origin_that_sends_reports_and_decisions_tells_of_both_on_every_day(take: Any, rows: Any) -> None:
    take({**CREATED, "report_id": "R1", "at": "2024-03-27T10:00:00Z"})
    take({**DECISION, "decision_id": "D1", "at": "2024-03-28T10:00:00Z"})
    take({**CREATED, "report_id": "R2", "at": "2024-03-29T10:00:00Z"})
    assert rows(coverage) == [
        ("events", "decisions", date(2024, 3, 28)),
        ("events", "decisions", date(2024, 3, 29)),
        ("events", "reports", date(2024, 3, 27)),
        ("events", "reports", date(2024, 3, 28)),
        ("events", "reports", date(2024, 3, 29)),
    ]


def test_events_without_an_id_of_their_own_are_counted_live_only(take: Any, rows: Any) -> None:
    take(CREATED, DECISION)
    assert rows(report) == rows(decision) == rows(coverage) == []


def test_origins_are_noted_and_the_demo_stays_the_demo(take: Any, rows: Any) -> None:
    take({**CREATED, "origin": "demo"}, {**CREATED, "origin": "elsewhere"}, CREATED, origin="named")
    take({**CREATED, "origin": "demo"}, now=NOW + timedelta(minutes=1))
    assert rows(origin) == [
        ("demo", "demo", NOW + timedelta(minutes=1)),
        ("elsewhere", "events", NOW),
        ("named", "events", NOW),
    ]


def test_live_counts_have_a_version_of_their_own(take: Any, writer: Engine) -> None:
    take(CREATED)
    with writer.connect() as connection:
        held = version(connection), versions(connection).live
    take({**CREATED, "id": "E1"})
    take({**CREATED, "id": "E1"}, FLAG)
    with writer.connect() as connection:
        assert versions(connection).live == held[1] + 1 == 2


def test_what_became_of_lines_is_counted_by_origin_and_day(take: Any, rows: Any) -> None:
    take(
        {**CREATED, "id": "E1"}, {**CREATED, "id": "E1"}, FLAG, b"{", {**CREATED, "violation": "mature", "origin": "o"}
    )
    take(CREATED)
    day = date(2024, 3, 30)
    assert rows(ingest_count) == [
        ("(none)", day, "refused", 1),
        ("events", day, "new", 3),
        ("events", day, "seen", 1),
        ("o", day, "refused", 1),
    ]


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (None, []),
        ("2024-03-30T12:08:00Z", ["timed"]),
        ("2024-03-30T12:08:01Z", ["ahead", "timed"]),
        ("2024-03-30T12:12:01Z", ["ahead", "timed"]),  # refused: it lies in the future
        ("2024-03-30T11:07:00Z", ["timed"]),
        ("2024-03-30T11:06:59Z", ["late", "timed"]),
    ],
)
def test_of_events_that_come_directly_those_are_counted_whose_clock_differs(
    take: Any, rows: Any, at: str | None, words: list[str]
) -> None:
    take({**CREATED, **({"at": at} if at else {})}, direct=True)
    outcomes = rows(ingest_count, "outcome", "count")
    assert [(word, count) for word, count in outcomes if word not in ("new", "refused")] == [
        (word, 1) for word in words
    ]


def test_events_out_of_a_file_tell_nothing_of_clocks(take: Any, rows: Any) -> None:
    take({**CREATED, "at": "2024-03-29T12:00:00Z"})
    assert rows(ingest_count, "outcome") == [("new",)]


def test_good_lines_of_a_batch_are_kept_beside_bad_ones(take: Any, rows: Any) -> None:
    answer = take(FLAG, b"not json", {**FLAG, "id": "F2", "severity": "hgih"}, {**FLAG, "id": "F3"})
    assert answer == {
        "new": 2,
        "seen": 0,
        "refused": [
            {"line": 2, "field": None, "reason": "is not JSON"},
            {"line": 3, "field": "severity", "reason": "is not one of low, medium, high, critical"},
        ],
    }
    assert rows(flag, "flag_id") == [("F1",), ("F3",)]


def test_many_flags_with_one_already_there(take: Any, rows: Any) -> None:
    take({**FLAG, "id": "F700"})
    assert take(*({**FLAG, "id": f"F{number}"} for number in range(1200))) == {"new": 1199, "seen": 1, "refused": []}


@pytest.mark.parametrize(("field", "other"), [("media_type", "audio"), ("violation", "other")])
def test_a_report_is_reviewed_as_what_it_was_made(take: Any, rows: Any, field: str, other: str) -> None:
    made = {**CREATED, "report_id": "R1"}
    answer = take(made, {**REVIEWED, "report_id": "R1", field: other})
    assert [(refused["line"], refused["field"]) for refused in answer["refused"]] == [(2, field)]
    assert rows(event_bin, "event", "events") == [("created", 1)]
