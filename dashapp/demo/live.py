"""The live counts of what the synthetic platform reported and decided before now."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from dashapp.demo.openverse import Day
from dashapp.domain.events import ModerationDecision, ModerationReport
from dashapp.domain.vocabulary import Event
from dashapp.ingest.event_reports import live_rows
from dashapp.ingest.wire import Arrival
from dashapp.store.reads import DEMO

DAYS = 31
"""How far back live counts are made: as far as a page looks."""


def live_counts(day: Day, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Rows of live counts of what was reported on a day and decided on it, of the moments between two."""
    arrivals = [Arrival(0, message, DEMO, at, stamped=False) for message, at in _told(day) if since <= at < until]
    return live_rows(arrivals)


def _told(day: Day) -> Iterator[tuple[ModerationReport | ModerationDecision, datetime]]:
    """The events that a pipeline sends of a day's reports and of the decisions on them, with their moments."""
    for one in day.reports:
        about: dict[str, Any] = {"media_type": one.media_type, "violation": one.violation}
        yield ModerationReport(event=Event.CREATED, **about), one.created_at
        if one.decided_at:
            yield ModerationReport(event=Event.REVIEWED, decision_action=one.action, **about), one.decided_at
    for ruling in day.decisions:
        about = {"media_type": ruling.media_type, "action": ruling.action}
        yield ModerationDecision(affected_records=ruling.affected_records, **about), ruling.decided_at
