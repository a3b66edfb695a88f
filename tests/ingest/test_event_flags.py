import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from dashapp.domain.messages import FlagRow
from dashapp.store.schema import coverage, dirty_day, flag
from dashapp.store.writes import flag_row, put_flags

NOW = datetime(2024, 3, 30, 12, 7, tzinfo=UTC)
FLAG = {"message_type": "Flag", "id": "F1", "category": "spam", "severity": "high", "routing": "human_review"}
DECIDED = {"message_type": "FlagDecided", "flag_id": "F1", "label": "confirmed"}


def new(count: int) -> dict[str, Any]:
    return {"new": count, "seen": 0, "refused": []}


def seen(count: int) -> dict[str, Any]:
    return {"new": 0, "seen": count, "refused": []}


def test_a_flag_is_raised_and_decided(take: Any, rows: Any) -> None:
    raised = {**FLAG, "at": "2024-03-29T22:00:00Z", "score": 0.5, "region": "EU"}
    assert take(raised) == new(1)
    assert take({**DECIDED, "decision_id": "D1", "reviewer_id": "V", "at": "2024-03-30T10:30:00Z"}) == new(1)
    held = ("flagged_day", "flagged_at", "score", "region", "decided_at", "decided_day", "hours_to_decision")
    assert rows(flag, *held) == [
        (
            date(2024, 3, 29),
            datetime(2024, 3, 29, 22, tzinfo=UTC),
            0.5,
            "EU",
            datetime(2024, 3, 30, 10, 30, tzinfo=UTC),
            date(2024, 3, 30),
            12.5,
        )
    ]
    assert rows(flag, "label", "decision_id", "reviewer_id") == [("confirmed", "D1", "V")]
    assert rows(dirty_day) == [("events", date(2024, 3, 29)), ("events", date(2024, 3, 30))]
    assert rows(coverage) == [("events", "flags", date(2024, 3, 29)), ("events", "flags", date(2024, 3, 30))]


def test_flags_sent_again_are_seen_also_after_another_reviewer_decided_them(take: Any) -> None:
    raised = {**FLAG, "reviewer_id": "V1"}
    take(raised)
    assert take(raised, raised, now=NOW + timedelta(hours=1)) == seen(2)
    assert take({**raised, "reviewer_id": "V2"})["refused"][0]["field"] == "reviewer_id"
    decided = {**DECIDED, "reviewer_id": "V2"}
    assert take(decided, decided) == {"new": 1, "seen": 1, "refused": []}
    assert take(raised, decided, now=NOW + timedelta(hours=1)) == seen(2)


def test_a_batch_may_hold_more_events_than_a_statement_values(take: Any) -> None:
    flags = [{"message": json.dumps({**FLAG, "id": f"F{number}"})} for number in range(18_000)]
    records = [{"logEvents": flags[at : at + 300]} for at in range(0, len(flags), 300)]
    assert take(*records) == new(18_000)
    assert take(*records) == seen(18_000)
    reviewed = {"message_type": "FlagDecided", "flag_id": "none", "label": "confirmed"}
    unknown = [{"message": json.dumps({**reviewed, "id": f"E{number}"})} for number in range(18_000)]
    answer = take(*({"events": unknown[at : at + 300]} for at in range(0, len(unknown), 300)))
    assert len(answer["refused"]) == 18_000


def test_a_flag_sent_again_with_another_value_is_a_conflict(take: Any, rows: Any) -> None:
    take({**FLAG, "at": "2024-03-29T22:00:00Z"})
    refused = take({**FLAG, "severity": "low"}, {**FLAG, "at": "2024-03-28T22:00:00Z"})["refused"]
    assert [one["field"] for one in refused] == ["severity", "at"]
    assert rows(flag, "severity", "flagged_day") == [("high", date(2024, 3, 29))]


@pytest.mark.parametrize(
    ("decided", "field", "reason"),
    [
        ({"flag_id": "F9"}, "flag_id", "is not known; send the flag first"),
        ({"origin": "other"}, "flag_id", "is not known; send the flag first"),
        ({"at": "2024-03-29T21:59:59Z"}, "at", "lies before the flag was raised"),
    ],
)
def test_a_decision_on_a_flag_that_cannot_be_is_refused(take: Any, decided: Any, field: str, reason: str) -> None:
    take({**FLAG, "at": "2024-03-29T22:00:00Z"})
    assert take({**DECIDED, **decided})["refused"] == [{"line": 1, "field": field, "reason": reason}]


def test_hours_to_decision_of_a_flag_with_a_day_only_begin_with_its_day(take: Any, rows: Any, writer: Engine) -> None:
    zone, day = ZoneInfo("Europe/Berlin"), date(2024, 3, 30)
    known = {"flag_id": "F1", "flagged_day": day, "category": "spam", "severity": "high", "routing": "human_review"}
    with writer.begin() as connection:
        put_flags(connection, [flag_row("events", FlagRow.model_validate(known), zone)])
    refusal = {"line": 1, "field": "at", "reason": "lies before the flag was raised"}
    assert take({**DECIDED, "at": "2024-03-29T22:59:59Z"}, zone=zone)["refused"] == [refusal]
    assert take({**DECIDED, "at": "2024-03-30T11:30:00Z"}, zone=zone) == new(1)
    assert rows(flag, "flagged_at", "decided_day", "hours_to_decision") == [(None, day, 12.5)]


def test_a_second_decision_on_a_flag_fills_gaps_and_takes_nothing_back(take: Any, rows: Any) -> None:
    take({**FLAG, "at": "2024-03-29T22:00:00Z"}, {**DECIDED, "label": None, "at": "2024-03-30T10:00:00Z"})
    assert take(DECIDED) == new(1)
    assert take({**DECIDED, "label": "rejected"})["refused"][0]["field"] == "label"
    assert take({**DECIDED, "at": "2024-03-30T11:00:00Z"})["refused"][0]["field"] == "at"
    assert rows(flag, "label", "decided_at") == [("confirmed", datetime(2024, 3, 30, 10, tzinfo=UTC))]
