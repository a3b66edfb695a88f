import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashapp.ingest.wire import Batch, Receipt, read

NOW = datetime(2024, 3, 30, 12, 7, tzinfo=UTC)
CREATED = {"message_type": "ModerationReport", "media_type": "image", "event": "created", "violation": "sensitive"}
DECISION = {"message_type": "ModerationDecision", "media_type": "image", "action": "rejected_reports"}
FLAG = {"message_type": "Flag", "id": "F1", "category": "spam", "severity": "high", "routing": "allow"}
ACTIONS = (
    "marked_sensitive, deindexed_sensitive, deindexed_copyright, reversed_mark_sensitive, reversed_deindex, "
    "rejected_reports, deduplicated_reports"
)
TYPES = "ModerationReport, ModerationDecision, Flag, FlagDecided"


def reading(*lines: bytes, zone: str = "UTC") -> Batch:
    return read(enumerate(lines, 1), Receipt(NOW, ZoneInfo(zone)))


def refusal(line: Any) -> tuple[str | None, str]:
    batch = reading(line if isinstance(line, bytes) else json.dumps(line).encode())
    assert batch.arrivals == []
    [refused] = batch.refused
    assert refused.line == 1
    return refused.field, refused.reason


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        (b"{", None, "is not JSON"),
        (b"hello", None, "is not JSON"),
        (b'{"message_type":"Flag"} {"message_type":"Flag"}', None, "is not JSON"),
        (b"[]", None, "is not a JSON object"),
        (b"null", None, "is not a JSON object"),
        (b'"text"', None, "is not a JSON object"),
        (b"\xff\xfe{\x00", None, "is not UTF-8"),
        (json.dumps(CREATED).encode().replace(b"image", b"im\xe9ge"), None, "is not UTF-8"),
        (json.dumps(CREATED).encode("utf-16"), None, "is not UTF-8"),
        (b"[" * 60_000, None, "is nested too deeply"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, None, "is nested too deeply"),
        (b'{"message_type":"Flag","id":"' + b"x" * 70_000 + b'"}', None, "is longer than 64 kB"),
        ({}, "message_type", "is missing"),
        ({**CREATED, "message_type": "Report"}, "message_type", f"is not one of {TYPES}"),
        ({**CREATED, "message_type": 7}, "message_type", f"is not one of {TYPES}"),
        ({**CREATED, "message_type": None}, "message_type", f"is not one of {TYPES}"),
        ({**CREATED, "message_type": {}}, "message_type", f"is not one of {TYPES}"),
        ({**CREATED, "violation": "mature"}, "violation", "is not one of sensitive, copyright, other"),
        ({**CREATED, "event": "closed"}, "event", "is not one of created, reviewed"),
        ({"message_type": "ModerationReport", "event": "created"}, "media_type", "is missing"),
        ({**CREATED, "media_type": ""}, "media_type", "is empty"),
        ({**CREATED, "media_type": 5}, "media_type", "is not text"),
        ({**CREATED, "media_type": "a\nb"}, "media_type", "holds a control character"),
        ({**CREATED, "media_type": "x" * 201}, "media_type", "is longer than 200 characters"),
        ({**CREATED, "media_type": "🙂" * 151}, "media_type", "is longer than 600 bytes"),
        ({**CREATED, "media_type": "a\0b"}, "media_type", "holds a control character"),
        ({**CREATED, "note": "x"}, "note", "is not a field of this message"),
        ({**CREATED, "x" * 500: 1}, "x" * 79 + "…", "is not a field of this message"),
        (
            {**CREATED, "decision_action": "rejected_reports"},
            "decision_action",
            "belongs to a reviewed report, not to a created one",
        ),
        ({**CREATED, "decision_id": "D"}, "decision_id", "belongs to a reviewed report, not to a created one"),
        (
            {**CREATED, "event": "reviewed", "report_id": "R"},
            "decision_action",
            "is missing: it says how the report that report_id names was decided",
        ),
        ({**DECISION, "affected_records": 1, "action": "dededuplicated_reports"}, "action", f"is not one of {ACTIONS}"),
        ({**DECISION, "affected_records": -1}, "affected_records", "is less than 0"),
        ({**DECISION, "affected_records": 10**10}, "affected_records", "is more than 1e+09"),
        ({**DECISION, "affected_records": 1.5}, "affected_records", "is not a whole number"),
        ({**DECISION, "affected_records": None}, "affected_records", "is not a whole number"),
        ({**DECISION, "affected_records": True}, "affected_records", "is not a whole number"),
        ({**DECISION, "affected_records": "7"}, "affected_records", "is not a whole number"),
        ({**DECISION, "affected_records": 7.0}, "affected_records", "is not a whole number"),
        ({**DECISION, "affected_records": 1, "automated": 1}, "automated", "is not true or false"),
        ({**DECISION, "affected_records": 1, "automated": "true"}, "automated", "is not true or false"),
        ({**FLAG, "score": True}, "score", "is not a number"),
        ({**FLAG, "score": "0.5"}, "score", "is not a number"),
        ({**FLAG, "coordinated": 0}, "coordinated", "is not true or false"),
        (
            {**FLAG, "target_created_at": 1711800000},
            "target_created_at",
            "is not a moment such as 2024-03-30T12:00:00Z",
        ),
        (b'{"message_type":"ModerationDecision","affected_records":' + b"9" * 5000 + b"}", None, "is not JSON"),
        ({**FLAG, "score": 2}, "score", "is more than 1"),
        ({**FLAG, "score": float("nan")}, "score", "is not a finite number"),
        ({**FLAG, "coordinated": "perhaps"}, "coordinated", "is not true or false"),
        ({**CREATED, "at": "2024-03-30T12:12:00.000001Z"}, "at", "lies in the future"),
        ({**CREATED, "at": "9999-12-31T23:59:59-14:00"}, "at", "lies in the future"),
        ({**CREATED, "at": "1969-12-31T23:59:59Z"}, "at", "lies before 1970"),
        ({**CREATED, "at": "0001-01-01T00:00:00+14:00"}, "at", "lies before 1970"),
        ({**CREATED, "at": "2024-03-30T12:00:00"}, "at", "has no time zone"),
        ({**CREATED, "at": "yesterday"}, "at", "is not a moment such as 2024-03-30T12:00:00Z"),
        ({**CREATED, "at": 1711800000}, "at", "is not a moment such as 2024-03-30T12:00:00Z"),
        ({**CREATED, "at": 10**300}, "at", "is not a moment such as 2024-03-30T12:00:00Z"),
        ({**FLAG, "target_created_at": "0001-01-01T00:00:00+14:00"}, "target_created_at", "lies before 1970"),
        ({**FLAG, "target_created_at": "9999-12-31T23:59:59-14:00"}, "target_created_at", "lies in the future"),
    ],
)
def test_a_bad_line_is_refused_with_field_and_reason(line: Any, field: str | None, reason: str) -> None:
    assert refusal(line) == (field, reason)


def test_a_score_may_be_a_whole_number() -> None:
    [arrival] = reading(json.dumps({**FLAG, "score": 1}).encode()).arrivals
    assert vars(arrival.message)["score"] == 1.0


def test_the_clock_of_a_sender_may_be_five_minutes_ahead() -> None:
    [arrival] = reading(json.dumps({**CREATED, "at": "2024-03-30T12:12:00Z"}).encode()).arrivals
    assert arrival.at == NOW + timedelta(minutes=5)


def test_a_day_is_not_before_1970_in_any_zone() -> None:
    line = json.dumps({**CREATED, "at": "1970-01-01T02:00:00Z"}).encode()
    assert len(reading(line).arrivals) == 1
    assert reading(line, zone="America/New_York").refused[0].reason == "lies before 1970"


def test_empty_lines_are_passed_over_and_counted() -> None:
    batch = reading(b"", b"  \r", b"{", b"\t", json.dumps(CREATED).encode() + b"\r")
    assert [refused.line for refused in batch.refused] == [3]
    assert [arrival.line for arrival in batch.arrivals] == [5]


@pytest.mark.parametrize(
    "record",
    [
        {"message": json.dumps(CREATED), "timestamp": 1711713600000},
        {"log": json.dumps(CREATED) + "\n", "stream": "stdout", "time": "2024-03-29T12:00:00.000000001Z"},
        {"events": [{"message": json.dumps(CREATED), "timestamp": 1711713600000, "eventId": "1"}]},
        {
            "messageType": "DATA_MESSAGE",
            "logEvents": [{"id": "1", "timestamp": 1711713600000, "message": json.dumps(CREATED)}],
        },
    ],
)
def test_a_log_record_is_unwrapped_and_gives_its_time(record: Any) -> None:
    [arrival] = reading(json.dumps(record).encode()).arrivals
    assert arrival.message.media_type == "image"
    assert (arrival.at, arrival.stamped) == (datetime(2024, 3, 29, 12, tzinfo=UTC), False)


def test_the_time_of_an_event_goes_before_that_of_its_log_record() -> None:
    record = {"message": json.dumps({**CREATED, "at": "2024-03-01T00:00:00Z"}), "timestamp": 1711713600000}
    [arrival] = reading(json.dumps(record).encode()).arrivals
    assert arrival.at == datetime(2024, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("time", ["soon", None, {}, 10**40, float("inf"), [1]])
def test_a_log_record_without_a_time_that_can_be_read_is_of_its_receipt(time: Any) -> None:
    for record in ({"message": json.dumps(CREATED), "timestamp": time}, {"log": json.dumps(CREATED), "time": time}):
        [arrival] = reading(json.dumps(record).encode()).arrivals
        assert (arrival.at, arrival.stamped) == (NOW, True)


@pytest.mark.parametrize(
    ("record", "field", "reason"),
    [
        ({"log": "GET / 200\n"}, None, "is not JSON"),
        ({"message": json.dumps({"level": "info"})}, "message_type", "is missing"),
        ({"message": json.dumps({"message": json.dumps(CREATED)})}, "message_type", "is missing"),
        ({"message": {"level": "info"}}, "message_type", "is missing"),
        ({"events": []}, "message_type", "is missing"),
        ({"events": [1, None]}, "message_type", "is missing"),
    ],
)
def test_other_log_lines_are_refused(record: Any, field: str | None, reason: str) -> None:
    assert refusal(record) == (field, reason)


def test_a_record_of_many_events_is_one_line() -> None:
    events = [{"message": json.dumps(one)} for one in (CREATED, {}, CREATED)]
    batch = reading(b"", json.dumps({"logEvents": events}).encode())
    assert [arrival.line for arrival in batch.arrivals] == [2, 2]
    assert [refused.line for refused in batch.refused] == [2]
