"""What is known of reviewers together: none is told of alone."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from dashapp.store.schema import reviewer


class Staff(NamedTuple):
    """How many reviewers some origins have, and how many flags a day they can decide together."""

    reviewers: int
    capacity: int


def staff_of(connection: Connection, names: Sequence[str]) -> Staff:
    """The reviewers of some origins whose capacity is known."""
    able = (reviewer.c.origin.in_(names), reviewer.c.capacity_per_day > 0)
    row = connection.execute(select(func.count(), func.sum(reviewer.c.capacity_per_day)).where(*able)).one()
    return Staff(int(row[0]), int(row[1] or 0))
