"""The SELECTs that metrics of reports and decisions are made of, and where each of their dimensions comes from."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, case, cast, func, literal, select

from dashapp.domain.ask import Ask
from dashapp.domain.vocabulary import NOT_GIVEN, REVERSING, Action, ActionType, Dim, Feed, Status
from dashapp.metrics.query import SINCE, UNTIL
from dashapp.metrics.registry import Statistics
from dashapp.store.moderation import cube_decision, cube_report, report
from dashapp.store.rollup_reports import reported

CASE_DIMS = frozenset({Dim.ORIGIN, Dim.MEDIA_TYPE, Dim.VIOLATION, Dim.SOURCE, Dim.PROVIDER})
"""What is known of a report from the start."""
KEPT_DIMS = CASE_DIMS | {Dim.STATUS, Dim.DECISION_ACTION}
"""What the cube of reports knows."""
MANY = frozenset({Dim.CREATOR, Dim.ITEM_ID})
"""What only the reports themselves know, with so many values that it is split by over a whole window only."""
REPORT_DIMS = KEPT_DIMS | MANY
DECISION_DIMS = frozenset({Dim.ORIGIN, Dim.MEDIA_TYPE, Dim.ACTION, Dim.ACTION_TYPE, Dim.SCOPE})


def known_to_cube(feed: Feed, ask: Ask) -> bool:
    """Whether a cube of the feed knows every dimension asked for."""
    return ask.dims <= (KEPT_DIMS if feed is Feed.REPORTS else DECISION_DIMS)


def reports_of(ask: Ask) -> FromClause:
    """Reports to sum up: those of the cube, or the reports themselves where only they know what is asked for. Columns
    origin, day, the dimensions asked for, `action` of the decision, and `received`.
    """
    facts = not known_to_cube(Feed.REPORTS, ask)
    kept = (*CASE_DIMS, Dim.ACTION)
    known = {dim: reported(dim) for dim in (*kept, *MANY)} if facts else {dim: cube_report.c[dim.value] for dim in kept}
    day = report.c.created_day if facts else cube_report.c.day
    received = literal(1) if facts else cube_report.c.received
    action = known[Dim.ACTION]
    return _rows(ask, day, {**known, **_of_report(action)}, {"received": received, "action": action})


def decisions_of(ask: Ask) -> FromClause:
    """Decisions to sum up. Columns origin, day, the dimensions asked for, `taken` and `affected`."""
    cube = cube_decision.c
    known = {dim: cube[dim.value] for dim in DECISION_DIMS - {Dim.ACTION_TYPE}}
    reverses = case((cube.action.in_(REVERSING), ActionType.REVERSED.value), else_=ActionType.DECISION.value)
    return _rows(ask, cube.day, {**known, Dim.ACTION_TYPE: reverses}, {"taken": cube.taken, "affected": cube.affected})


def _of_report(action: ColumnElement[str]) -> dict[Dim, ColumnElement[str]]:
    """What follows from the action that a report's decision took."""
    status = case((action == NOT_GIVEN, Status.PENDING.value), else_=Status.REVIEWED.value)
    return {Dim.STATUS: status, Dim.DECISION_ACTION: action}


def _rows(
    ask: Ask,
    day: ColumnElement[Any],
    dims: dict[Dim, ColumnElement[str]],
    more: dict[str, ColumnElement[Any]],
) -> FromClause:
    """A table of the columns that a question needs, each by its name."""
    asked = (dims[dim].label(dim.value) for dim in sorted(ask.dims | {Dim.ORIGIN}))
    return select(day.label("day"), *asked, *(column.label(name) for name, column in more.items())).subquery()


def received_if(rows: FromClause, *actions: Action) -> ColumnElement[int]:
    """Reports that were decided so."""
    return case((rows.c.action.in_(actions), rows.c.received), else_=0)


def moments_of(ask: Ask) -> Statistics:
    """When reports came in and were decided, read from the reports themselves: bucket, *groups, moments and unknown.

    Moments are the two of each report with a slash between and commas after, NaT for the decision of an open one, so
    that a group is one row however many reports it has. Unknown is how many were decided nobody knows when.
    """
    known = {dim: reported(dim) for dim in (*CASE_DIMS, Dim.ACTION)}
    known |= _of_report(known[Dim.ACTION])
    groups = [known[dim].label(dim.value) for dim in ask.by]
    kept = [known[dim].in_(values) for dim, values in ask.filters]
    lost = report.c.action.is_not(None) & report.c.decided_at.is_(None)
    ended = func.coalesce(cast(report.c.decided_at, Text), "NaT")
    pair = case((lost, None), else_=cast(report.c.created_at, Text) + "/" + ended)
    told = (func.aggregate_strings(pair, ",").label("moments"), func.sum(case((lost, 1), else_=0)).label("unknown"))
    return (
        select(report.c.created_day.label("bucket"), *groups, *told)
        .where(report.c.created_day.between(SINCE, UNTIL), *kept)
        .group_by(report.c.created_day, *groups)
    )
