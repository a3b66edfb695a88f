"""The panels of the Live page for teams that keep their logs in CloudWatch: queries of Logs Insights, and a dashboard.

A query groups by time only, for Logs Insights draws a line for each aggregate of such a query and none for others.
Syntax: Amazon CloudWatch user guide, "Dashboard body structure and syntax"; Logs Insights, "stats".
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashapp.domain.vocabulary import CONFIRMING, REVERSING, Action, ActionType, Event, Scope, Violation

PLAIN = re.compile(r"[\w./#-]{1,512}")
"""What a name may be made of, so that it cannot end the text of a query that it stands in."""
WIDTH, HEIGHT, ACROSS = 12, 6, 24
"""Of a widget, and of the dashboard, in CloudWatch's units."""


@dataclass(frozen=True)
class Panel:
    """What one panel adds up, by name, over the events that a filter leaves."""

    title: str
    filter: str
    sums: Mapping[str, str]


def _is(field: str, value: str) -> str:
    """1 for an event whose field has the value, 0 for another. None of the values is part of another."""
    return f'strcontains({field}, "{value}")'


def _each(values: Iterable[str], field: str, times: str = "") -> dict[str, str]:
    """What to add up for each value of a field."""
    return {str(value): times + _is(field, value) for value in values}


def _any(field: str, values: Iterable[str], times: str = "") -> str:
    return times + "(" + " + ".join(_is(field, value) for value in values) + ")"


REPORTS, RULINGS = 'message_type = "ModerationReport"', 'message_type = "ModerationDecision"'
CREATED, REVIEWED = f'{REPORTS} and event = "{Event.CREATED}"', f'{REPORTS} and event = "{Event.REVIEWED}"'
RECORDS = "affected_records * "
BULK = "least(abs(affected_records - 1), 1)"
"""1 for a decision that affected any number of records but one."""

PANELS = (
    Panel("Reports created and reviewed", REPORTS, _each(Event, "event")),
    Panel("Reports created by violation", CREATED, _each(Violation, "violation")),
    Panel("Reports reviewed by decision action", REVIEWED, _each(Action, "decision_action")),
    Panel(
        "Confirmed, rejected, deduplicated",
        REVIEWED,
        {
            "confirmed": _any("decision_action", CONFIRMING),
            "rejected": _is("decision_action", Action.REJECTED_REPORTS),
            "deduplicated": _is("decision_action", Action.DEDUPLICATED_REPORTS),
        },
    ),
    Panel("Decisions by scope", RULINGS, {Scope.SINGLE: f"1 - {BULK}", Scope.BULK: BULK}),
    Panel("Decisions by action", RULINGS, _each(Action, "action")),
    Panel("Affected records by action", RULINGS, _each(Action, "action", RECORDS)),
    Panel(
        "Affected records by action type",
        RULINGS,
        {
            ActionType.DECISION: _any("action", [action for action in Action if action not in REVERSING], RECORDS),
            ActionType.REVERSED: _any("action", REVERSING, RECORDS),
        },
    ),
)
"""The panels of the Live page."""

QUERIES = {
    "Reports": f"filter {REPORTS}\n"
    "| stats count(*) as reports by bin(5m), media_type, event, violation, decision_action",
    "Decisions": f"filter {RULINGS}\n"
    f"| stats count(*) as decisions, sum(1 - {BULK}) as single, sum({BULK}) as bulk, sum(affected_records) as records"
    " by bin(5m), media_type, action",
}
"""Everything that the panels are made of, as two tables."""


def query(panel: Panel, media_type: str | None = None) -> str:
    """What a panel asks, of one media type where it is given."""
    only = f' and media_type = "{media_type}"' if media_type else ""
    sums = ", ".join(f"sum({added}) as {name}" for name, added in panel.sums.items())
    return f"filter {panel.filter}{only}\n| stats {sums} by bin(5m)"


def dashboard(log_group: str, region: str, media_types: Sequence[str] = ()) -> dict[str, Any]:
    """The body of a dashboard, as `aws cloudwatch put-dashboard` takes it: the panels of all media types together, and
    below them those of each one named.
    """
    shown = [(panel, media) for media in (None, *media_types) for panel in PANELS]
    across = ACROSS // WIDTH
    return {
        "start": "-PT3H",
        "periodOverride": "inherit",
        "widgets": [
            {
                "type": "log",
                "x": place % across * WIDTH,
                "y": place // across * HEIGHT,
                "width": WIDTH,
                "height": HEIGHT,
                "properties": {
                    "title": f"{panel.title}, {media}" if media else panel.title,
                    "region": region,
                    "view": "timeSeries",
                    "stacked": True,
                    "query": f"SOURCE '{log_group}'\n| {query(panel, media)}",
                },
            }
            for place, (panel, media) in enumerate(shown)
        ],
    }
