"""Days whose derived tables no longer match the facts."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

from sqlalchemy import Connection, Table, delete, insert, select, union

from dashapp.domain.vocabulary import Feed
from dashapp.store.closed import first_open_day
from dashapp.store.moderation import cube_decision, cube_report, decision, dirty_report_day, report, report_field
from dashapp.store.schema import DERIVED, coverage, dirty_day, flag

FLAGS_AT_ONCE = 20_000
"""Flags raised in a stretch of days that is rebuilt together: bounds the memory it takes."""


def mark_all_dirty(connection: Connection) -> None:
    """Have the next rollup rebuild every day that facts, coverage or derived tables know."""
    connection.execute(delete(dirty_day))
    days = (
        select(flag.c.origin, flag.c.flagged_day.label("day")),
        select(flag.c.origin, flag.c.decided_day).where(flag.c.decided_day.is_not(None)),
        select(coverage.c.origin, coverage.c.day).where(coverage.c.feed == Feed.FLAGS),
        *(select(table.c.origin, table.c.day) for table in DERIVED),
    )
    connection.execute(insert(dirty_day).from_select(["origin", "day"], union(*days)))
    connection.execute(delete(dirty_report_day))
    days_of_reports = (
        select(report.c.origin, report.c.created_day.label("day")),
        select(decision.c.origin, decision.c.decided_day),
        *(select(cube.c.origin, cube.c.day) for cube in (cube_report, cube_decision, report_field)),
    )
    connection.execute(insert(dirty_report_day).from_select(["origin", "day"], union(*days_of_reports)))


def first_dirty(connection: Connection, table: Table, most: int | None) -> list[tuple[str, date]]:
    """The dirty days, or the first so many of them, each after its origin and in order. They are dirty no more: to be
    called in the transaction that rebuilds them. Closed days are left as they are: their rows are gone.
    """
    if closed := first_open_day(connection):
        connection.execute(delete(table).where(table.c.day < closed))
    found = select(table.c.origin, table.c.day).order_by(table.c.origin, table.c.day).limit(most)
    rows = [(name, day) for name, day in connection.execute(found)]
    for name, pairs in groupby(rows, key=lambda pair: pair[0]):
        days = [day for _, day in pairs]
        taken = table.c.day.between(days[0], days[-1])  # all that are dirty between two of the first are among them
        connection.execute(delete(table).where(table.c.origin == name, taken))
    return rows


def runs(days: Sequence[date], flags: Mapping[date, int]) -> Iterator[tuple[date, date]]:
    """Sorted days as stretches without a gap; one of more than a day has at most FLAGS_AT_ONCE flags."""
    first, held = 0, 0
    for place, day in enumerate(days):
        held += flags.get(day, 0)
        if place > first and (held > FLAGS_AT_ONCE or day != days[place - 1] + timedelta(days=1)):
            yield days[first], days[place - 1]
            first, held = place, flags.get(day, 0)
    if days:
        yield days[first], days[-1]
