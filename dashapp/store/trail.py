"""The trail of changes: who did what to what."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from dashapp.store.incidents import audit

DETECTOR = "detector"
"""Who acts when a detection run does."""


@dataclass(frozen=True)
class Change:
    """One change as the trail has it."""

    at: datetime
    actor: str
    action: str
    detail: Mapping[str, Any]


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
