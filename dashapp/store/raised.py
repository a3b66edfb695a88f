"""What was counted of the flags raised on a day beside its cubes: by the hour, and what they have in common."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from dashapp.domain.ask import Window
from dashapp.store.schema import cube_hour, signal_day


def hours_within(connection: Connection, origin: str, days: Window) -> Sequence[Any]:
    """The flags of an origin by category and hour: (category, hour, raised)."""
    of = cube_hour.c
    here = (of.origin == origin, of.day.between(days.since, days.until))
    return connection.execute(select(of.category, of.hour, of.raised).where(*here)).all()


def signals_within(connection: Connection, origin: str, days: Window, names: Sequence[str]) -> Sequence[Any]:
    """Statistics of an origin's flags by category and day: (category, day, then those named)."""
    of = signal_day.c
    here = (of.origin == origin, of.day.between(days.since, days.until))
    return connection.execute(select(of.category, of.day, *(of[name] for name in names)).where(*here)).all()
