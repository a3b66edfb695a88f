import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dashapp.domain.emit import decided, emit
from dashapp.domain.events import Flag, ModerationDecision, ModerationReport

AT = datetime(2024, 3, 30, 12, tzinfo=UTC)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """The messages that were logged, as objects."""
    caplog.set_level("INFO", logger="moderation")
    return lambda: [json.loads(record.getMessage()) for record in caplog.records if record.name == "moderation"]


def test_an_event_is_one_line_with_what_it_says_and_no_more(lines: Any) -> None:
    emit(Flag(id="F1", at=AT, category="a\u2028b", severity="low", routing="allow", score=0.5))
    assert lines() == [
        {
            "message_type": "Flag",
            "id": "F1",
            "at": "2024-03-30T12:00:00Z",
            "category": "a\u2028b",
            "severity": "low",
            "routing": "allow",
            "score": 0.5,
        }
    ]


def test_an_event_without_id_and_time_is_given_both(lines: Any) -> None:
    report = ModerationReport(media_type="image", event="created", violation="other")
    emit(report)
    emit(report)
    first, second = lines()
    assert first["id"] != second["id"]
    assert datetime.fromisoformat(first["at"]) <= datetime.fromisoformat(second["at"])


def test_a_decision_closes_reports_at_its_moment_and_in_their_words(lines: Any) -> None:
    report = ModerationReport(
        id="E1", media_type="image", event="created", violation="other", report_id="R1", creator="C", origin="feed"
    )
    decided(
        ModerationDecision(
            media_type="image", action="rejected_reports", affected_records=0, decision_id="D1", at=AT, origin="feed"
        ),
        [report],
    )
    decision, closing = lines()
    assert (decision["decision_id"], decision["affected_records"], decision["origin"]) == ("D1", 0, "feed")
    assert closing.pop("id") not in ("E1", decision["id"])
    assert closing == {
        "message_type": "ModerationReport",
        "media_type": "image",
        "event": "reviewed",
        "violation": "other",
        "decision_action": "rejected_reports",
        "report_id": "R1",
        "creator": "C",
        "decision_id": "D1",
        "at": "2024-03-30T12:00:00Z",
        "origin": "feed",
    }
