"""The few shapes of SELECT that metrics are made of. Days and SLA hours are bound when a query runs."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Float, FromClause, bindparam, case, func, literal, select

from dashapp.domain.ask import Ask
from dashapp.domain.vocabulary import URGENT, Dim, Severity
from dashapp.metrics.registry import Statistics
from dashapp.store.rollup import column_of, facts
from dashapp.store.schema import CORE, CUBES, EXTRA

SINCE: BindParameter[date] = bindparam("since", required=True)
UNTIL: BindParameter[date] = bindparam("until", required=True)

FLAG_DIMS = frozenset({Dim.ORIGIN, *CORE, *EXTRA})
"""What every metric over flags can be split and filtered by."""


def cube_for(ask: Ask) -> FromClause | None:
    """The smallest cube that knows every dimension asked for; None when only the facts know them together."""
    extra = [dim for dim in EXTRA if dim in ask.dims]
    return CUBES[extra[0] if extra else None] if len(extra) <= 1 else None


def source(ask: Ask) -> FromClause:
    """Rows to sum over: a cube, or for a rare combination of dimensions the facts themselves in a cube's shape."""
    cube = cube_for(ask)
    if cube is not None:
        return cube
    sla: dict[Severity, ColumnElement[float]] = {s: bindparam(f"sla_{s.value}", type_=Float) for s in Severity}
    where = [column_of(dim).in_(values) for dim, values in ask.filters]
    return facts([*CORE, *(dim for dim in EXTRA if dim in ask.dims)], sla, where, SINCE, UNTIL)


def per_day(
    ask: Ask,
    rows: FromClause,
    num: ColumnElement[Any],
    den: ColumnElement[Any] | None = None,
    *where: ColumnElement[bool],
) -> Statistics:
    """The sums of num and den by day and by the split dimensions, filtered as asked."""
    groups = [rows.c[dim.value] for dim in ask.by]
    kept = [rows.c[dim.value].in_(values) for dim, values in ask.filters]
    return (
        select(
            rows.c.day.label("bucket"),
            *groups,
            func.sum(num).label("num"),
            (literal(0) if den is None else func.sum(den)).label("den"),
        )
        .where(rows.c.day.between(SINCE, UNTIL), *kept, *where)
        .group_by(rows.c.day, *groups)
    )


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
    """Days that are wholly older than the SLA of their row's severity, so that no open flag can still make it."""
    last: dict[str, BindParameter[date]] = {
        severity.value: bindparam(f"settled_{severity.value}", required=True) for severity in Severity
    }
    return rows.c.day <= case(last, value=rows.c.severity)
