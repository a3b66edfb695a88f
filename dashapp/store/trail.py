"""The trail of changes: who did what to what."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from dashapp.domain.access import ANONYMOUS, EVERYBODY
from dashapp.store.incidents import audit

DETECTOR = "detector"
"""Who acts when a detection run does."""
RETENTION = "retention"
"""Who acts when rows are deleted that are too old to be kept."""
COMMAND = "command line"
"""Who acts when a command of whoever runs the server does."""
PROGRAM = "token "
"""How the names of programs begin."""
NO_PEOPLE = (ANONYMOUS.name, EVERYBODY.name, DETECTOR, RETENTION, COMMAND)
"""What the trail calls others than people and programs."""


@dataclass(frozen=True)
class Change:
    """One change as the trail has it."""

    at: datetime
    actor: str
    action: str
    detail: Mapping[str, Any]


def names_nobody(name: str) -> bool:
    """Whether the trail would take the name of a person for another actor's."""
    plain = name.casefold()
    return plain in NO_PEOPLE or plain.startswith(PROGRAM)


def note_change(
    connection: Connection, now: datetime, actor: str, action: str, subject: str, detail: Mapping[str, Any]
) -> None:
    """Add a change; `detail` are the values from then on."""
    row = {"at": now, "actor": actor, "action": action, "subject": subject, "detail": json.dumps(detail)}
    connection.execute(insert(audit), row)


def changes_of(connection: Connection, subject: str) -> list[Change]:
    """What was done to something, the latest first."""
    of = audit.c
    rows = connection.execute(
        select(of.at, of.actor, of.action, of.detail).where(of.subject == subject).order_by(of.id.desc())
    )
    return [Change(at, actor, action, json.loads(detail)) for at, actor, action, detail in rows]
