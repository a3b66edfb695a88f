"""Reports and decisions as they come in: counts by five minutes of the moment of the event."""

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, case, func, literal, select

from dashapp.domain.ask import Ask
from dashapp.domain.vocabulary import CONFIRMING, REVERSING, Action, ActionType, Dim, Event, Feed
from dashapp.metrics.registry import Kind, Statistics, Unit, metric
from dashapp.store.columns import Instant
from dashapp.store.moderation import event_bin

BEGIN: BindParameter[datetime] = bindparam("begin", required=True, type_=Instant)
END: BindParameter[datetime] = bindparam("end", required=True, type_=Instant)

COLUMNS: dict[Dim, ColumnElement[Any]] = {
    Dim.ORIGIN: event_bin.c.origin,
    Dim.MEDIA_TYPE: event_bin.c.media_type,
    Dim.EVENT: event_bin.c.event,
    Dim.VIOLATION: event_bin.c.violation,
    Dim.DECISION_ACTION: event_bin.c.action,
    Dim.ACTION: event_bin.c.action,
    Dim.ACTION_TYPE: case((event_bin.c.action.in_(REVERSING), ActionType.REVERSED), else_=ActionType.DECISION),
    Dim.SCOPE: event_bin.c.scope,
}
"""Where live counts hold a dimension."""

REPORTED: dict[str, Any] = {
    "dims": frozenset({Dim.ORIGIN, Dim.MEDIA_TYPE, Dim.EVENT, Dim.VIOLATION, Dim.DECISION_ACTION}),
    "feed": Feed.LIVE,
    "clock": "moment of the event",
    "rows": None,
}
"""What the counts of reports have in common."""
RULED: dict[str, Any] = {
    **REPORTED,
    "dims": frozenset({Dim.ORIGIN, Dim.MEDIA_TYPE, Dim.ACTION, Dim.ACTION_TYPE, Dim.SCOPE}),
}
"""What the counts of decisions have in common."""


def _counts(ask: Ask, kind: str, of: ColumnElement[int], *where: ColumnElement[bool]) -> Statistics:
    """Sums of a column of live counts: bucket (when the five minutes begin), the groups, num, den."""
    groups = [COLUMNS[dim].label(dim.value) for dim in ask.by]
    kept = [COLUMNS[dim].in_(values) for dim, values in ask.filters]
    within = (event_bin.c.bin >= BEGIN) & (event_bin.c.bin < END) & (event_bin.c.message_type == kind)
    return (
        select(event_bin.c.bin.label("bucket"), *groups, func.sum(of).label("num"), literal(0).label("den"))
        .where(within, *kept, *where)
        .group_by(event_bin.c.bin, *groups)
    )


def _reviewed(ask: Ask, *actions: Action) -> Statistics:
    """Reports closed by one of some actions."""
    reviewed = (event_bin.c.event == Event.REVIEWED) & event_bin.c.action.in_(actions)
    return _counts(ask, "report", event_bin.c.events, reviewed)


@metric("Report events, live", Unit.EVENTS, Kind.FLOW, **REPORTED)
def live_reports(ask: Ask) -> Statistics:
    """Events of reports: one when a report was created, one when it was reviewed. Counted from events as they come in,
    by the moment at which they happened; never added to what is counted from the reports that are kept.
    """
    return _counts(ask, "report", event_bin.c.events)


@metric("Reports created, live", Unit.REPORTS, Kind.FLOW, **REPORTED)
def live_created(ask: Ask) -> Statistics:
    """Reports that came in. Counted from events as they come in."""
    return _counts(ask, "report", event_bin.c.events, event_bin.c.event == Event.CREATED)


@metric("Reports reviewed, live", Unit.REPORTS, Kind.FLOW, **REPORTED)
def live_reviewed(ask: Ask) -> Statistics:
    """Reports that a decision closed. Counted from events as they come in, by the moment of the review."""
    return _counts(ask, "report", event_bin.c.events, event_bin.c.event == Event.REVIEWED)


@metric("Confirmed, live", Unit.REPORTS, Kind.FLOW, **REPORTED)
def live_confirmed(ask: Ask) -> Statistics:
    """Reports that were reviewed and confirmed: marked sensitive, or removed as sensitive or for copyright. Counted
    from events as they come in.
    """
    return _reviewed(ask, *CONFIRMING)


@metric("Rejected, live", Unit.REPORTS, Kind.FLOW, **REPORTED)
def live_rejected(ask: Ask) -> Statistics:
    """Reports that were reviewed and rejected. Counted from events as they come in."""
    return _reviewed(ask, Action.REJECTED_REPORTS)


@metric("Deduplicated, live", Unit.REPORTS, Kind.FLOW, **REPORTED)
def live_deduplicated(ask: Ask) -> Statistics:
    """Reports that were closed because another report says the same. Counted from events as they come in."""
    return _reviewed(ask, Action.DEDUPLICATED_REPORTS)


@metric("Decisions, live", Unit.DECISIONS, Kind.FLOW, **RULED)
def live_decisions(ask: Ask) -> Statistics:
    """Decisions, each counted once whatever number of records it affected. Single is one that affected exactly one
    record, bulk any other, also one that affected none. Counted from events as they come in.
    """
    return _counts(ask, "decision", event_bin.c.events)


@metric("Affected records, live", Unit.RECORDS, Kind.FLOW, **RULED)
def live_affected_records(ask: Ask) -> Statistics:
    """Records that decisions affected. Counted from events as they come in, by the moment of the decision."""
    return _counts(ask, "decision", event_bin.c.affected)
