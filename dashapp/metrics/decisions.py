"""What moderators decide, and how much of the catalogue that affects. Nothing is known of who decided."""

from typing import Any

from dashapp.domain.ask import Ask
from dashapp.domain.vocabulary import Feed
from dashapp.metrics.query import per_day
from dashapp.metrics.query_reports import DECISION_DIMS, decisions_of
from dashapp.metrics.registry import Kind, Statistics, Unit, metric

OF_DECISIONS: dict[str, Any] = {
    "dims": DECISION_DIMS,
    "feed": Feed.DECISIONS,
    "clock": "day of the decision",
    "rows": None,
}


@metric("Decisions", Unit.DECISIONS, Kind.FLOW, live=lambda _: "live_decisions", **OF_DECISIONS)
def decisions(ask: Ask) -> Statistics:
    """Decisions made, by the day they were made. One decision counts once whatever number of records it affects; its
    scope is single where that is exactly one record, else bulk.
    """
    rows = decisions_of(ask)
    return per_day(ask, rows, rows.c.taken)


@metric("Affected records", Unit.RECORDS, Kind.FLOW, live=lambda _: "live_affected_records", **OF_DECISIONS)
def affected_records(ask: Ask) -> Statistics:
    """Records that decisions affected, by the day of the decision. A record affected by two decisions counts twice;
    reversed decisions are those that take an earlier one back.
    """
    rows = decisions_of(ask)
    return per_day(ask, rows, rows.c.affected)
