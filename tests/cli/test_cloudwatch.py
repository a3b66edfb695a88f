"""The dashboard and its queries, run by a small stand-in for Logs Insights over the lines that the wire takes."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from dashapp.__main__ import app
from dashapp.cli.cloudwatch import PANELS, QUERIES, dashboard, query
from dashapp.domain.events import ModerationDecision, ModerationReport

NOON = datetime(2024, 3, 30, 12, tzinfo=UTC)
FUNCTIONS = {
    "strcontains": lambda text, part: None if text is None else int(part in text),
    "abs": abs,
    "least": min,
}
VIEWS = {"timeSeries", "table", "bar", "pie"}

Line = Mapping[str, Any]


def lines() -> list[Line]:
    """What a pipeline logs in ten minutes: one decision of each scope, a reversal, and three reports."""

    def at(minutes: int) -> datetime:
        return NOON + timedelta(minutes=minutes)

    image = {"media_type": "image", "violation": "sensitive"}
    events = [
        ModerationReport(at=at(0), event="created", **image),
        ModerationReport(at=at(1), event="created", media_type="audio", violation="copyright"),
        ModerationReport(at=at(6), event="reviewed", decision_action="marked_sensitive", **image),
        ModerationReport(at=at(7), event="reviewed", decision_action="rejected_reports", **image),
        ModerationReport(at=at(7), event="reviewed", decision_action="deduplicated_reports", **image),
        ModerationDecision(at=at(6), media_type="image", action="marked_sensitive", affected_records=1),
        ModerationDecision(at=at(7), media_type="image", action="reversed_mark_sensitive", affected_records=4),
        ModerationDecision(at=at(8), media_type="audio", action="rejected_reports", affected_records=0),
    ]
    return [json.loads(event.model_dump_json(exclude_none=True)) for event in events]


def insights(text: str, logged: Sequence[Line]) -> dict[tuple[str, ...], dict[str, float]]:
    """What a query of `filter` and `stats ... by` finds, by what it groups by: `bin(5m)` as hours and minutes."""
    *_, kept, stats = [part.strip() for part in text.split("\n| ")]
    sums, groups = re.fullmatch(r"stats (.+) by (.+)", stats).groups()
    aggregates = [
        re.fullmatch(r"(count|sum)\((.+)\) as (\w+)", one).groups() for one in re.split(r", (?=count|sum)", sums)
    ]
    found: dict[tuple[str, ...], Counter[str]] = {}
    for line in logged:
        if evaluated(kept.removeprefix("filter ").replace(" = ", " == "), line):
            key = tuple(five_minutes(line) if name == "bin(5m)" else line.get(name, "") for name in groups.split(", "))
            for function, of, name in aggregates:
                added = 1 if function == "count" else evaluated(of, line)
                found.setdefault(key, Counter())[name] += added or 0
    return {key: dict(counts) for key, counts in found.items()}


def evaluated(expression: str, line: Line) -> Any:
    names = re.findall(r"[a-z_]+(?=[ ,)]|$)(?![^\"]*\"(?:[^\"]*\"[^\"]*\")*[^\"]*$)", expression)
    known = {name: line.get(name) for name in names}
    return eval(expression, {"__builtins__": {}}, {**known, **FUNCTIONS})  # our own queries, in a test


def five_minutes(line: Line) -> str:
    moment = datetime.fromisoformat(line["at"])
    return f"{moment:%H}:{moment.minute // 5 * 5:02}"


def panel(title: str, media_type: str | None = None) -> dict[str, dict[str, float]]:
    """What a panel draws: by time, the lines that are not 0."""
    [found] = [one for one in PANELS if one.title == title]
    drawn = insights(query(found, media_type), lines())
    return {time: {name: value for name, value in sums.items() if value} for (time,), sums in drawn.items()}


def test_reports_are_drawn_by_event_violation_and_decision_action() -> None:
    assert panel("Reports created and reviewed") == {"12:00": {"created": 2}, "12:05": {"reviewed": 3}}
    assert panel("Reports created by violation") == {"12:00": {"sensitive": 1, "copyright": 1}}
    assert panel("Reports reviewed by decision action") == {
        "12:05": {"marked_sensitive": 1, "rejected_reports": 1, "deduplicated_reports": 1}
    }
    assert panel("Confirmed, rejected, deduplicated") == {"12:05": {"confirmed": 1, "rejected": 1, "deduplicated": 1}}


def test_decisions_are_drawn_by_scope_and_action_and_records_by_action_and_its_type() -> None:
    assert panel("Decisions by scope") == {"12:05": {"single": 1, "bulk": 2}}
    assert panel("Decisions by action") == {
        "12:05": {"marked_sensitive": 1, "reversed_mark_sensitive": 1, "rejected_reports": 1}
    }
    assert panel("Affected records by action") == {"12:05": {"marked_sensitive": 1, "reversed_mark_sensitive": 4}}
    assert panel("Affected records by action type") == {"12:05": {"decision": 1, "reversed_decision": 4}}


def test_a_panel_can_be_of_one_media_type() -> None:
    assert panel("Reports created and reviewed", "audio") == {"12:00": {"created": 1}}


def test_the_two_queries_hold_all_that_the_panels_are_made_of() -> None:
    assert insights(QUERIES["Reports"], lines()) == {
        ("12:00", "image", "created", "sensitive", ""): {"reports": 1},
        ("12:00", "audio", "created", "copyright", ""): {"reports": 1},
        ("12:05", "image", "reviewed", "sensitive", "marked_sensitive"): {"reports": 1},
        ("12:05", "image", "reviewed", "sensitive", "rejected_reports"): {"reports": 1},
        ("12:05", "image", "reviewed", "sensitive", "deduplicated_reports"): {"reports": 1},
    }
    assert insights(QUERIES["Decisions"], lines()) == {
        ("12:05", "image", "marked_sensitive"): {"decisions": 1, "single": 1, "bulk": 0, "records": 1},
        ("12:05", "image", "reversed_mark_sensitive"): {"decisions": 1, "single": 0, "bulk": 1, "records": 4},
        ("12:05", "audio", "rejected_reports"): {"decisions": 1, "single": 0, "bulk": 1, "records": 0},
    }


def test_the_dashboard_is_of_the_form_that_cloudwatch_takes() -> None:
    body = dashboard("/moderation/events", "eu-west-1", ["image", "audio"])
    widgets = body["widgets"]
    assert len(widgets) == 3 * len(PANELS) <= 500
    for widget in widgets:
        assert widget["type"] == "log"
        assert 0 <= widget["x"] <= 23
        assert widget["x"] + widget["width"] <= 24
        assert 1 <= widget["height"] <= 1000
        assert set(widget["properties"]) == {"title", "region", "view", "stacked", "query"}
        assert widget["properties"]["view"] in VIEWS
        assert widget["properties"]["query"].startswith("SOURCE '/moderation/events'\n| filter message_type = ")
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(set(places)) == len(places)
    assert [one["properties"]["title"] for one in widgets[8:10]] == [
        "Reports created and reviewed, image",
        "Reports created by violation, image",
    ]


def test_the_command_prints_a_dashboard_or_the_queries() -> None:
    ran = CliRunner().invoke(app, ["cloudwatch", "--log-group", "mod", "--media-type", "image"])
    assert (ran.exit_code, json.loads(ran.stdout)) == (0, dashboard("mod", "us-east-1", ["image"]))
    ran = CliRunner().invoke(app, ["cloudwatch", "--log-group", "mod", "--queries"])
    assert ran.stdout.startswith(
        '# Reports\nfilter message_type = "ModerationReport"\n| stats count(*) as reports by bin(5m)'
    )


@pytest.mark.parametrize("name", ["a' | fields @message", "", "a\nb"])
def test_a_name_that_could_change_a_query_is_refused(name: str) -> None:
    ran = CliRunner().invoke(app, ["cloudwatch", "--log-group", name])
    assert ran.exit_code == 2
    assert "is not a plain name" in ran.stderr
