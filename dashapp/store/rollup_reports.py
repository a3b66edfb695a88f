"""Cubes of reports and decisions, rebuilt from the facts for the days that changed."""

from datetime import date
from functools import lru_cache
from itertools import groupby

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Date,
    Insert,
    Select,
    String,
    Table,
    bindparam,
    case,
    func,
    insert,
    literal,
    select,
)

from dashapp.domain.vocabulary import NOT_GIVEN, Dim, Scope
from dashapp.store.bulk import delete_days
from dashapp.store.dirty import first_dirty, runs
from dashapp.store.fields import counted_reports
from dashapp.store.moderation import (
    REPORTED,
    RULED,
    cube_decision,
    cube_report,
    decision,
    dirty_report_day,
    report,
    report_field,
)
from dashapp.store.values import FirstDays, note_values

ORIGIN: BindParameter[str] = bindparam("of_origin", type_=String)
SINCE: BindParameter[date] = bindparam("since", type_=Date)
UNTIL: BindParameter[date] = bindparam("until", type_=Date)

OPEN = {cube_report: (Dim.MEDIA_TYPE, Dim.SOURCE, Dim.PROVIDER), cube_decision: (Dim.MEDIA_TYPE,)}
"""The open dimensions of each cube, whose values are remembered."""


def rollup_reports(connection: Connection, most: int | None = None) -> list[tuple[str, date]]:
    """Rebuild the cubes of all dirty days, or of the first so many, and return these, each with its origin."""
    rows = first_dirty(connection, dirty_report_day, most)
    for origin, pairs in groupby(rows, key=lambda pair: pair[0]):
        first_days = FirstDays()
        for since, until in runs([day for _, day in pairs], {}):
            _rebuild(connection, origin, since, until, first_days)
        note_values(connection, origin, first_days)
    return rows


def _rebuild(connection: Connection, origin: str, since: date, until: date, first_days: FirstDays) -> None:
    """Count a stretch of days of one origin anew, and note the values that these days show."""
    bound = {ORIGIN.key: origin, SINCE.key: since, UNTIL.key: until}
    for cube, counted in ((cube_report, _reports()), (cube_decision, _decisions())):
        delete_days(connection, cube, origin, since, until)
        connection.execute(counted, bound)
        for dim in OPEN[cube]:
            for row in connection.execute(_first_days(cube, dim), bound):
                first_days[dim, row.value] = min(row.day, first_days.get((dim, row.value), row.day))
    delete_days(connection, report_field, origin, since, until)
    connection.execute(_fields(), bound)


@lru_cache(maxsize=1)
def _reports() -> Insert:
    """What counts the reports of a stretch of days, by the day they came in."""
    key = [report.c.origin, report.c.created_day, *(reported(dim) for dim in REPORTED)]
    counted = select(*key, func.count()).where(report.c.origin == ORIGIN, report.c.created_day.between(SINCE, UNTIL))
    return insert(cube_report).from_select(list(cube_report.columns.keys()), counted.group_by(*key))


@lru_cache(maxsize=1)
def _decisions() -> Insert:
    """What counts the decisions of a stretch of days, and the records that they affected, by the day they were made."""
    key = [decision.c.origin, decision.c.decided_day, *(ruled(dim) for dim in RULED)]
    sums = (func.count(), func.sum(decision.c.affected_records))
    counted = select(*key, *sums).where(decision.c.origin == ORIGIN, decision.c.decided_day.between(SINCE, UNTIL))
    return insert(cube_decision).from_select(list(cube_decision.columns.keys()), counted.group_by(*key))


@lru_cache(maxsize=1)
def _fields() -> Insert:
    return counted_reports()


def reported(dim: Dim) -> ColumnElement[str]:
    """Where reports hold a dimension of their cube, and those that only facts know; what was not given has a value of
    its own.
    """
    return func.coalesce(report.c[dim.value], literal(NOT_GIVEN))


def ruled(dim: Dim) -> ColumnElement[str]:
    """Where decisions hold a dimension of their cube."""
    if dim is Dim.SCOPE:
        return case((decision.c.affected_records == 1, Scope.SINGLE.value), else_=Scope.BULK.value)
    return decision.c[dim.value]


def _first_days(cube: Table, dim: Dim) -> Select[tuple[str, date]]:
    """The values that a stretch of days shows of an open dimension, and since when: columns value and day."""
    column = cube.c[dim.value]
    here = (cube.c.origin == ORIGIN) & cube.c.day.between(SINCE, UNTIL) & (column != NOT_GIVEN)
    return select(column.label("value"), func.min(cube.c.day).label("day")).where(here).group_by(column)
