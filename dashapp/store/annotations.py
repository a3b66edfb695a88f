"""What analysts note of days: written and removed, each change in the trail; nothing is deleted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, or_, select, update

from dashapp.domain.ask import Window
from dashapp.store.incidents import annotation
from dashapp.store.trail import note_change
from dashapp.store.version import next_notes_version

MOST_TEXT = 500
"""Characters of a note."""


@dataclass(frozen=True)
class Draft:
    """A note before it is kept: its days, both included, and of which category it is; of all where it is None."""

    since: date
    until: date
    category: str | None
    text: str


@dataclass(frozen=True)
class Annotation(Draft):
    """A note as the store has it."""

    id: int
    actor: str
    made_at: datetime


def add_annotation(connection: Connection, draft: Draft, actor: str, now: datetime) -> int:
    """Keep a note; returns its number."""
    made = insert(annotation).values(**vars(draft), actor=actor, made_at=now).returning(annotation.c.id)
    number: int = connection.execute(made).scalar_one()
    days = {"since": draft.since.isoformat(), "until": draft.until.isoformat()}
    next_notes_version(connection)
    note_change(connection, now, actor, "noted", subject(number), {**vars(draft), **days})
    return number


def remove_annotation(connection: Connection, number: int, actor: str, now: datetime) -> bool:
    """Take a note away, and return whether there was one of this number."""
    of = annotation.c
    there = update(annotation).where(of.id == number, of.removed_at.is_(None))
    found = connection.execute(there.values(removed_at=now, removed_by=actor)).rowcount == 1
    if found:
        next_notes_version(connection)
        note_change(connection, now, actor, "removed", subject(number), {})
    return found


def annotations_within(
    connection: Connection, window: Window, categories: Collection[str | None] = ()
) -> list[Annotation]:
    """The notes that touch a window, by their first day; with `categories` those of these, and those of all."""
    of = annotation.c
    here = select(of.since, of.until, of.category, of.text, of.id, of.actor, of.made_at).where(
        of.removed_at.is_(None), of.since <= window.until, of.until >= window.since
    )
    if categories:
        here = here.where(or_(of.category.is_(None), of.category.in_(categories)))
    return [Annotation(*row) for row in connection.execute(here.order_by(of.since, of.id))]


def subject(number: int) -> str:
    """What the trail of changes calls a note."""
    return f"annotation {number}"
