"""The few shapes of SELECT that metrics are made of. Days and SLA hours are bound when a query runs."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Float,
    FromClause,
    Table,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    union_all,
)

from dashapp.domain.ask import Ask, Grain
from dashapp.domain.vocabulary import URGENT, Dim, Feed, Routing, Severity
from dashapp.metrics.registry import Statistics
from dashapp.store.cubes import column_of, facts, with_reviewers
from dashapp.store.schema import CORE, CUBES, EXTRA, HOURS, THIN, coverage, flag, reviewer, thin_cube, workload

SINCE: BindParameter[date] = bindparam("since", required=True)
UNTIL: BindParameter[date] = bindparam("until", required=True)
GAPS: BindParameter[Any] = bindparam("gaps", required=True, expanding=True)
"""Days that do not count, of a question about the whole window."""
SLA: dict[Severity, ColumnElement[float]] = {s: bindparam(f"sla_{s.value}", type_=Float) for s in Severity}

FLAG_DIMS = frozenset({Dim.ORIGIN, *CORE, *EXTRA})
"""What every metric over flags can be split and filtered by."""
SCORE_DIMS = frozenset({Dim.ORIGIN, Dim.CATEGORY, Dim.MODEL_VERSION, Dim.LABEL})
"""What the histogram of scores is kept by."""
HOURS_DIMS = frozenset({Dim.ORIGIN, *HOURS})
"""What the histogram of hours to decision is kept by."""


def cube_for(ask: Ask) -> FromClause | None:
    """The smallest cube that knows every dimension asked for; None when only the facts know them together."""
    if ask.dims <= {Dim.ORIGIN, *THIN}:
        return thin_cube
    extra = [dim for dim in EXTRA if dim in ask.dims]
    return CUBES[extra[0] if extra else None] if len(extra) <= 1 else None


def source(ask: Ask) -> FromClause:
    """Rows to sum over: a cube, or for a rare combination of dimensions the facts themselves in a cube's shape."""
    cube = cube_for(ask)
    if cube is not None:
        return cube
    where = [column_of(dim).in_(values) for dim, values in ask.filters]
    return facts([*CORE, *(dim for dim in EXTRA if dim in ask.dims)], SLA, where, SINCE, UNTIL)


def per_day(
    ask: Ask,
    rows: FromClause,
    num: ColumnElement[Any],
    den: ColumnElement[Any] | None = None,
    *where: ColumnElement[bool],
) -> Statistics:
    """The sums of num and den by day and by the split dimensions, filtered as asked; of a question about the whole
    window those of all its days but the gaps together, with one of them as their bucket.
    """
    groups = [rows.c[dim.value] for dim in ask.by]
    kept = [rows.c[dim.value].in_(values) for dim, values in ask.filters]
    whole = ask.grain is Grain.WHOLE
    return (
        select(
            (func.min(rows.c.day) if whole else rows.c.day).label("bucket"),
            *groups,
            func.sum(num).label("num"),
            (literal(0) if den is None else func.sum(den)).label("den"),
        )
        .where(rows.c.day.between(SINCE, UNTIL), *kept, *where, *([rows.c.day.not_in(GAPS)] if whole else []))
        .group_by(*([] if whole else [rows.c.day]), *groups)
    )


def per_bin(ask: Ask, rows: Table, *where: ColumnElement[bool]) -> Statistics:
    """Histograms by day and split: columns bucket, *groups, first, counts; several of a group are to be added up."""
    groups = [rows.c[dim.value] for dim in ask.by]
    kept = [rows.c[dim.value].in_(values) for dim, values in ask.filters]
    columns = (rows.c.day.label("bucket"), *groups, rows.c.first, rows.c.counts)
    return select(*columns).where(rows.c.day.between(SINCE, UNTIL), *kept, *where)


def open_flags(ask: Ask) -> Statistics:
    """When the human-review flags without a decision were raised, read from the facts: *groups, moments, and the days
    of those that have no moment, both as text with commas between, so that a group is one row however many wait.
    """
    groups = [flag.c.severity if dim is Dim.SEVERITY else column_of(dim) for dim in ask.by]
    kept = [column_of(dim).in_(values) for dim, values in ask.filters]
    rows = with_reviewers() if Dim.TEAM in ask.dims else flag
    day_only = case((flag.c.flagged_at.is_(None), flag.c.flagged_day))
    together = [func.aggregate_strings(cast(moment, Text), ",") for moment in (flag.c.flagged_at, day_only)]
    return select(*groups, *together).select_from(rows).where(waiting(), *kept).group_by(*groups)


def waiting() -> ColumnElement[bool]:
    """Flags that a human is to decide and has not: as the index of open flags says it, so that it is used."""
    return (flag.c.routing == literal_column(f"'{Routing.HUMAN_REVIEW}'")) & flag.c.decided_day.is_(None)


def capacity(ask: Ask) -> Statistics:
    """Human-review flags decided by day, over the capacity of the reviewers on every covered day; by team and by
    reviewer where the question names them, for each row more is to be counted again on every day.
    """
    teams, named = Dim.TEAM in ask.dims, Dim.REVIEWER in ask.dims
    no: ColumnElement[int] = literal(0)
    whose = (reviewer.c.origin == workload.c.origin) & (reviewer.c.reviewer_id == workload.c.reviewer_id)
    done = select(
        workload.c.origin,
        workload.c.day,
        *([column_of(Dim.TEAM).label("team")] if teams else []),
        *([workload.c.reviewer_id.label("reviewer")] if named else []),
        workload.c.decided.label("num"),
        no.label("den"),
    ).select_from(workload.outerjoin(reviewer, whose) if teams else workload)
    key = [*([reviewer.c.team] if teams else []), *([reviewer.c.reviewer_id] if named else [])]
    able = (
        select(reviewer.c.origin, *key, func.sum(reviewer.c.capacity_per_day).label("capacity"))
        .group_by(reviewer.c.origin, *key)
        .subquery()
    )
    could = select(
        able.c.origin,
        coverage.c.day,
        *(able.c[column.name] for column in key),
        no.label("num"),
        able.c.capacity.label("den"),
    ).where(coverage.c.origin == able.c.origin, coverage.c.feed == Feed.FLAGS)
    rows = union_all(done, could).subquery()
    return per_day(ask, rows, rows.c.num, rows.c.den)


def among(rows: FromClause, dim: Dim, values: Sequence[str]) -> ColumnElement[bool]:
    """Rows whose dimension has one of the values."""
    return rows.c[dim.value].in_(values)


def urgent(rows: FromClause) -> ColumnElement[bool]:
    """Rows of high or critical severity."""
    return among(rows, Dim.SEVERITY, URGENT)


def raised_if(rows: FromClause, condition: ColumnElement[bool]) -> ColumnElement[int]:
    """Flags raised that meet a condition on the dimensions."""
    return case((condition, rows.c.raised), else_=0)


def settled(rows: FromClause) -> ColumnElement[bool]:
    """Rows whose day has settled."""
    return has_settled(rows.c.day, rows.c.severity)


def has_settled(day: ColumnElement[date], severity: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a day is wholly older than the SLA of a severity, so that no open flag of it can still make it."""
    last: dict[str, BindParameter[date]] = {
        severity.value: bindparam(f"settled_{severity.value}", required=True) for severity in Severity
    }
    return day <= case(last, value=severity)
