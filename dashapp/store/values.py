"""Remembers which values open dimensions have taken, since when, and in which order."""

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, select, update

from dashapp.domain.vocabulary import CLOSED, NOT_GIVEN, Dim
from dashapp.store.schema import dimension_value

if TYPE_CHECKING:  # what notes values need not load what sums them up
    from dashapp.store.sums import Columns

FirstDays = dict[tuple[Dim, str], date]
"""The first of the days rebuilt that shows a value of a dimension."""


def note_first_days(first_days: FirstDays, dim: Dim, rows: "Columns") -> None:
    """Note since when flags raised show the values of an open dimension."""
    if dim in CLOSED:
        return
    for day, value, raised in zip(rows["day"], rows[dim], rows["raised"], strict=True):
        if raised and value != NOT_GIVEN and day < first_days.get((dim, value), date.max):
            first_days[dim, value] = day


def note_values(connection: Connection, origin: str, first_days: FirstDays) -> None:
    """Remember the values of open dimensions that the days rebuilt show, and since when."""
    table = dimension_value
    known = connection.execute(select(table)).all() if first_days else []
    positions = {(row.dim, row.value): row.position for row in known}
    before = {(row.dim, row.value): row.first_day for row in known if row.origin == origin}
    taken = Counter(dim for dim, _ in positions)
    for (dim, value), day in sorted(first_days.items(), key=lambda item: (item[1], item[0])):
        if (dim, value) not in positions:
            positions[dim, value] = taken[dim]
            taken[dim] += 1
        if (dim, value) not in before:
            row = {"origin": origin, "dim": dim, "value": value, "first_day": day, "position": positions[dim, value]}
            connection.execute(insert(table).values(row))
        elif day < before[dim, value]:
            key = (table.c.origin == origin) & (table.c.dim == dim) & (table.c.value == value)
            connection.execute(update(table).where(key).values(first_day=day))
