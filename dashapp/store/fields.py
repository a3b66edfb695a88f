"""What the rows of rebuilt days say, each field by itself: a few rows a day that drift is judged by."""

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Insert,
    Select,
    String,
    bindparam,
    case,
    func,
    insert,
    literal,
    select,
    union_all,
)

from dashapp.domain.vocabulary import NOT_GIVEN, Dim, Field
from dashapp.store.moderation import cube_decision, cube_report, decision, report_field

if TYPE_CHECKING:  # what counts fields need not load what sums them up
    from dashapp.store.sums import Columns

Said = Counter[tuple[date, str, str]]
"""Cases by day, field and value."""
OF_FLAGS = {dim: Field(dim.value) for dim in Dim if dim.value in set(Field) and dim is not Dim.TEAM}

ORIGIN: BindParameter[str] = bindparam("of_origin", type_=String)
SINCE: BindParameter[date] = bindparam("since", type_=Date)
UNTIL: BindParameter[date] = bindparam("until", type_=Date)


def count_field(said: Said, dim: Dim, rows: "Columns") -> None:
    """Count what the rows of a cube of flags say of a dimension, unless it is none that drift is judged by. Labels are
    given late, so they count by the day of the decision and where they are given.
    """
    if dim not in OF_FLAGS:
        return
    cases = rows["decided" if dim is Dim.LABEL else "raised"]
    for day, value, count in zip(rows["day"], rows[dim], cases, strict=True):
        if count and not (dim is Dim.LABEL and value == NOT_GIVEN):
            said[day, OF_FLAGS[dim], value] += count


def as_columns(said: Said) -> "Columns":
    """The counts as columns of a table of fields, but for the origin."""
    days, fields, values = zip(*said, strict=True) if said else ((), (), ())
    return {"day": days, "field": fields, "value": values, "cases": list(said.values())}


def counted_reports() -> Insert:
    """What counts the fields of reports and decisions of a stretch of days, once their cubes are rebuilt."""
    automated = case((decision.c.automated, "yes"), else_="no")
    parts = (
        _said(Field.VIOLATION, cube_report.c.day, cube_report.c.violation, func.sum(cube_report.c.received)),
        _said(Field.ACTION, cube_decision.c.day, cube_decision.c.action, func.sum(cube_decision.c.taken)),
        _said(Field.AUTOMATED, decision.c.decided_day, automated, func.count()).where(
            decision.c.automated.is_not(None)
        ),
    )
    return insert(report_field).from_select(["origin", "day", "field", "value", "cases"], union_all(*parts))


def _said(
    field: Field, day: ColumnElement[date], value: ColumnElement[str], cases: ColumnElement[int]
) -> Select[tuple[str, date, str, str, int]]:
    """How many cases of a day say what of a field."""
    origin = day.table.c.origin
    return (
        select(origin, day, literal(field.value), value, cases)
        .where(origin == ORIGIN, day.between(SINCE, UNTIL))
        .group_by(origin, day, value)
    )
