"""How the store is fed and kept up to date, in the few numbers that a monitoring system watches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from dashapp.store.about import waiting_days
from dashapp.store.moderation import event_bin, ingest_count
from dashapp.store.runs import JobState, states
from dashapp.store.schema import origin

LAST_EVENTS = select(
    origin.c.origin,
    select(func.max(event_bin.c.bin)).where(event_bin.c.origin == origin.c.origin).scalar_subquery(),
)
RECEIVED = select(ingest_count.c.origin, ingest_count.c.outcome, func.sum(ingest_count.c["count"])).group_by(
    ingest_count.c.origin, ingest_count.c.outcome
)


@dataclass(frozen=True)
class Vitals:
    """When each origin last delivered, the five minutes of its last event, what became of events by origin and outcome,
    how many days wait to be rolled up, and how the jobs are doing.
    """

    delivered: Mapping[str, datetime]
    last_events: Mapping[str, datetime]
    received: Mapping[tuple[str, str], int]
    waiting_days: int
    jobs: Sequence[JobState]


def vitals(connection: Connection, now: datetime) -> Vitals:
    """The numbers at this moment."""
    return Vitals(
        delivered=dict(connection.execute(select(origin.c.origin, origin.c.delivered_at)).all()),
        last_events={name: at for name, at in connection.execute(LAST_EVENTS) if at is not None},
        received={(name, outcome): int(count) for name, outcome, count in connection.execute(RECEIVED)},
        waiting_days=sum(waiting_days(connection).values()),
        jobs=states(connection, now),
    )
