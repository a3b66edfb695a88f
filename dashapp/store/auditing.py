"""The trail for those who look into it: who did what, as far as they ask."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from dashapp.store.incidents import audit

CHUNK = 5_000
"""Entries that are read at once."""
TEXTS = ("text", "note", "comment")
WRITTEN = "(text)"
"""What is told of these in place of their value."""


@dataclass(frozen=True)
class Asked:
    """Which entries: since a moment and before another, of one actor, with one action; None for any."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    action: str | None = None
    below: int | None = None
    """The number of the entry before which all are."""

    @property
    def where(self) -> list[ColumnElement[bool]]:
        """The same as conditions."""
        of = audit.c
        return [
            *([of.at >= self.since] if self.since else []),
            *([of.at < self.until] if self.until else []),
            *([of.actor == self.actor] if self.actor is not None else []),
            *([of.action == self.action] if self.action is not None else []),
            *([of.id < self.below] if self.below is not None else []),
        ]


@dataclass(frozen=True)
class Entry:
    """One line of the trail."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]


def as_text(detail: Mapping[str, Any]) -> str:
    """The values of an entry in a line: "role=lead, was=viewer"."""
    return ", ".join(f"{name}={_plain(value)}" for name, value in without_text(detail).items())


def without_text(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an entry without what people wrote in their own words: that is on the pages that it is about."""
    return {name: WRITTEN if name in TEXTS and value else value for name, value in detail.items()}


def entries(connection: Connection, asked: Asked, most: int, skipped: int = 0) -> Sequence[Entry]:
    """The latest entries, after some that are skipped, the newest first."""
    return _read(connection, asked.where, most, skipped)


def every_entry(connection: Connection, asked: Asked) -> Iterator[Sequence[Entry]]:
    """All entries in chunks, the newest first. What is added meanwhile is not among them."""
    found = _read(connection, asked.where, CHUNK)
    while found:
        yield found
        found = _read(connection, replace(asked, below=found[-1].id).where, CHUNK)


def count_entries(connection: Connection, asked: Asked) -> int:
    """How many entries there are."""
    return connection.execute(select(func.count()).select_from(audit).where(*asked.where)).scalar_one()


def actors_and_actions(connection: Connection, asked: Asked) -> tuple[list[str], list[str]]:
    """Who did something in the time asked about, and what was done, both in the order of the alphabet."""
    within = Asked(asked.since, asked.until).where
    pairs = connection.execute(select(audit.c.actor, audit.c.action).where(*within).distinct()).all()
    return sorted({actor for actor, _ in pairs}), sorted({action for _, action in pairs})


def _read(connection: Connection, where: Sequence[ColumnElement[bool]], most: int, skipped: int = 0) -> list[Entry]:
    of = audit.c
    rows = connection.execute(
        select(of.id, of.at, of.actor, of.action, of.subject, of.detail)
        .where(*where)
        .order_by(of.id.desc())
        .limit(most)
        .offset(skipped)
    )
    return [Entry(*row[:-1], json.loads(row[-1])) for row in rows]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
