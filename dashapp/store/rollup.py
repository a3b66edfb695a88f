"""Cubes and histograms, rebuilt from the facts for the days that changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Float,
    Integer,
    Join,
    Select,
    Subquery,
    Table,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    union,
    union_all,
    update,
)

from dashapp.domain.vocabulary import CLOSED, NOT_GIVEN, Dim, Routing, Severity
from dashapp.store.bins import HOURS_FROM, HOURS_RATIO, SCORE_BINS
from dashapp.store.schema import (
    CORE,
    CUBES,
    EXTRA,
    MEASURES,
    coverage,
    dimension_value,
    dirty_day,
    flag,
    hours_histogram,
    reviewer,
    score_histogram,
)
from dashapp.store.version import next_version

SlaHours = Mapping[Severity, float] | Mapping[Severity, ColumnElement[float]]

DAYS_AT_ONCE = 31
"""Days rebuilt by one statement: bounds what it sorts."""


def column_of(dim: Dim) -> ColumnElement[str]:
    """Where the facts hold a dimension; what was not given has a value of its own."""
    if dim is Dim.ORIGIN:
        return flag.c.origin
    elsewhere = {Dim.TEAM: reviewer.c.team, Dim.REVIEWER: flag.c.reviewer_id}
    column = elsewhere[dim] if dim in elsewhere else flag.c[dim.value]
    return func.coalesce(column, literal(NOT_GIVEN))


def with_reviewers() -> Join:
    """Flags with what is known of their reviewers."""
    here = and_(reviewer.c.origin == flag.c.origin, reviewer.c.reviewer_id == flag.c.reviewer_id)
    return flag.outerjoin(reviewer, here)


def facts(
    dims: Iterable[Dim], sla: SlaHours, where: Sequence[ColumnElement[bool]], since: object, until: object
) -> Subquery:
    """Flags as rows of a cube not yet summed: once by the day raised, once more by the day decided.

    `where` restricts flags; `since` and `until` (dates, or bound parameters) restrict the day. Columns: origin, day,
    the dims, and MEASURES.
    """
    names = [column_of(dim).label(dim.value) for dim in dims]

    def rows(day: ColumnElement[date], measures: Mapping[str, ColumnElement[int]]) -> Select[tuple[object, ...]]:
        zero: ColumnElement[int] = literal(0)
        columns = [measures.get(name, zero).label(name) for name in MEASURES]
        return (
            select(flag.c.origin, day.label("day"), *names, *columns)
            .select_from(with_reviewers())
            .where(day.between(since, until), *where)
        )

    raised = rows(flag.c.flagged_day, _raised(sla))
    return union_all(raised, rows(flag.c.decided_day, {"decided": literal(1)})).subquery()


def _raised(sla: SlaHours) -> dict[str, ColumnElement[int]]:
    """What one flag adds to the day on which it was raised."""
    return {
        "raised": literal(1),
        "decided_in_sla": case((in_sla(sla), 1), else_=0),
        "coordinated": case((flag.c.coordinated, 1), else_=0),
        "marked": case((flag.c.coordinated.is_not(None), 1), else_=0),
        "scored": case((flag.c.score.is_not(None), 1), else_=0),
        "score_nano": func.coalesce(cast(func.round(flag.c.score * 1e9), BigInteger), 0),
    }


def in_sla(sla: SlaHours) -> ColumnElement[bool]:
    """Decided within the hours of its severity; what no human sees is decided when raised unless hours say more."""
    hours = case(
        (flag.c.hours_to_decision.is_not(None), flag.c.hours_to_decision),
        (flag.c.routing != Routing.HUMAN_REVIEW, 0.0),
    )
    return hours <= case(dict(sla), value=flag.c.severity, else_=None)


def rollup(connection: Connection, sla: SlaHours, *, everything: bool = False) -> int:
    """Rebuild the derived tables of all dirty days, or of every day, and return how many days that were."""
    if everything:
        mark_all_dirty(connection)
    rows = connection.execute(select(dirty_day.c.origin, dirty_day.c.day).order_by(*dirty_day.c)).all()
    for origin, days in groupby(rows, key=lambda row: row.origin):
        for since, until in runs([row.day for row in days]):
            _rebuild(connection, origin, since, until, sla)
    connection.execute(delete(dirty_day))
    next_version(connection)
    return len(rows)


def mark_all_dirty(connection: Connection) -> None:
    """Have the next rollup rebuild every day that facts, coverage or derived tables know."""
    connection.execute(delete(dirty_day))
    days = (
        select(flag.c.origin, flag.c.flagged_day.label("day")),
        select(flag.c.origin, flag.c.decided_day).where(flag.c.decided_day.is_not(None)),
        select(coverage.c.origin, coverage.c.day),
        *(select(table.c.origin, table.c.day) for table in (*CUBES.values(), score_histogram, hours_histogram)),
    )
    connection.execute(insert(dirty_day).from_select(["origin", "day"], union(*days)))


def runs(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Sorted days as stretches without a gap, none longer than DAYS_AT_ONCE."""
    start = last = None
    for day in days:
        if start is None or last is None or day != last + timedelta(days=1) or (day - start).days >= DAYS_AT_ONCE:
            if start is not None and last is not None:
                yield start, last
            start = day
        last = day
    if start is not None and last is not None:
        yield start, last


def _rebuild(connection: Connection, origin: str, since: date, until: date, sla: SlaHours) -> None:
    """Replace one origin's derived rows of a stretch of days."""
    for extra, cube in CUBES.items():
        dims = (*CORE, extra) if extra else CORE
        source = facts(dims, sla, [flag.c.origin == origin], since, until)
        keys = [source.c.origin, source.c.day, *(source.c[dim.value] for dim in dims)]
        summed = select(*keys, *(func.sum(source.c[name]) for name in MEASURES)).group_by(*keys)
        _replace(connection, cube, origin, since, until, summed)
    _rebuild_histogram(connection, score_histogram, _score_bin(), origin, since, until)
    _rebuild_histogram(connection, hours_histogram, _hours_bin(), origin, since, until)
    _note_values(connection, origin, since, until)


def _rebuild_histogram(
    connection: Connection, table: Table, bin_: ColumnElement[int], origin: str, since: date, until: date
) -> None:
    dims = [column_of(Dim(column.name)) for column in table.columns if column.name in {*CORE, *EXTRA}]
    keys = [flag.c.origin, flag.c.flagged_day, *dims, bin_]
    counted = (
        select(*keys, func.count())
        .where(flag.c.origin == origin, flag.c.flagged_day.between(since, until), bin_.is_not(None))
        .group_by(*keys)
    )
    _replace(connection, table, origin, since, until, counted)


def _replace(
    connection: Connection, table: Table, origin: str, since: date, until: date, rows: Select[tuple[object, ...]]
) -> None:
    connection.execute(delete(table).where(table.c.origin == origin, table.c.day.between(since, until)))
    connection.execute(insert(table).from_select([column.name for column in table.columns], rows))


def _note_values(connection: Connection, origin: str, since: date, until: date) -> None:
    """Remember the values of open dimensions that these days show, and since when."""
    for dim, cube in ((dim, CUBES[dim if dim in EXTRA else None]) for dim in (*CORE, *EXTRA) if dim not in CLOSED):
        value, first = cube.c[dim.value], func.min(cube.c.day).label("first_day")
        here = (cube.c.origin == origin) & cube.c.day.between(since, until) & (cube.c.raised > 0)
        found = connection.execute(select(value, first).where(here).group_by(value).order_by(first, value)).all()
        _keep_values(connection, origin, dim, [(row[0], row.first_day) for row in found if row[0] != NOT_GIVEN])


def _keep_values(connection: Connection, origin: str, dim: Dim, found: Sequence[tuple[str, date]]) -> None:
    table = dimension_value
    known = connection.execute(select(table).where(table.c.dim == dim)).all()
    positions = {row.value: row.position for row in known}
    first_days = {row.value: row.first_day for row in known if row.origin == origin}
    for value, day in found:
        position = positions.setdefault(value, len(positions))
        if value not in first_days:
            row = {"origin": origin, "dim": dim, "value": value, "first_day": day, "position": position}
            connection.execute(insert(table).values(row))
        elif day < first_days[value]:
            key = (table.c.origin == origin) & (table.c.dim == dim) & (table.c.value == value)
            connection.execute(update(table).where(key).values(first_day=day))


def _score_bin() -> ColumnElement[int]:
    return case(
        (flag.c.score == 1, SCORE_BINS - 1),
        (flag.c.score.is_not(None), cast(func.floor(flag.c.score * SCORE_BINS), Integer)),
    )


def _hours_bin() -> ColumnElement[int]:
    steps = func.ln(cast(flag.c.hours_to_decision, Float) / HOURS_FROM) / func.ln(HOURS_RATIO)
    return case(
        (flag.c.hours_to_decision < HOURS_FROM, 0),
        (flag.c.hours_to_decision.is_not(None), 1 + cast(func.floor(steps), Integer)),
    )
