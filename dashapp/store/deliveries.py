"""Deliveries of summaries: what is to be sent to whom, what was sent, and what was given up."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, insert, select, update

from dashapp.store.writings import delivery

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120))
"""Between one attempt and the next."""
MOST_ATTEMPTS = len(WAITS) + 1
MOST_AT_ONCE = 100

LOST = "the process that was sending it was lost, every time"
REPLACED = "a newer one took its place"

OPEN = delivery.c.sent_at.is_(None) & ~delivery.c.given_up


@dataclass(frozen=True)
class Edition:
    """What is sent: a version of a week, as it was approved, or as it stood before anybody had."""

    week: str
    version: int
    approved_at: datetime | None = None


@dataclass(frozen=True)
class Recipient:
    """To whom by which channel: `digest` tells recipients apart, `shown` has most of the address left out."""

    channel: str
    digest: str
    shown: str


@dataclass(frozen=True)
class Delivery:
    """A delivery as the store has it; `writings.delivery` says what each part is."""

    id: int
    week: str
    version: int
    approved_at: datetime | None
    channel: str
    digest: str
    recipient: str
    attempts: int
    due_at: datetime
    sent_at: datetime | None
    given_up: bool
    error: str | None

    @property
    def edition(self) -> Edition:
        """What is sent."""
        return Edition(self.week, self.version, self.approved_at)


def enqueue(connection: Connection, edition: Edition, recipients: Iterable[Recipient], now: datetime) -> int:
    """Have an edition sent to each of these, once however often this is called; what was not sent of the week's others
    is given up. Returns how many deliveries are new.
    """
    found = deliveries_of(connection, edition.week, edition.version)
    known = {(one.channel, one.digest) for one in found if one.edition == edition}
    new = {(one.channel, one.digest): one for one in recipients if (one.channel, one.digest) not in known}
    rows = [
        {
            **vars(edition),
            "channel": one.channel,
            "digest": one.digest,
            "recipient": one.shown,
            "attempts": 0,
            "due_at": now,
            "given_up": False,
        }
        for one in new.values()
    ]
    if rows:
        connection.execute(insert(delivery), rows)
    others = update(delivery).where(OPEN, delivery.c.week == edition.week, ~_is(edition))
    connection.execute(others.values(given_up=True, error=REPLACED))
    return len(rows)


def withdraw(connection: Connection, edition: Edition) -> None:
    """Send an edition to nobody more, as if that had not been decided."""
    connection.execute(delete(delivery).where(OPEN, _is(edition)))


def enqueued(connection: Connection, week: str) -> Edition | None:
    """The newest edition of a week that was sent or is to be."""
    of = delivery.c
    found = select(of.week, of.version, of.approved_at).where(of.week == week)
    row = connection.execute(found.order_by(of.version.desc(), of.approved_at.desc().nulls_last()).limit(1)).first()
    return Edition(*row) if row else None


def was_sent_before(connection: Connection, edition: Edition) -> bool:
    """Whether somebody got another edition of its week."""
    of = delivery.c
    other = select(of.id).where(of.week == edition.week, ~_is(edition), of.sent_at.is_not(None)).limit(1)
    return connection.scalar(other) is not None


def waiting(connection: Connection, now: datetime) -> bool:
    """Whether something is to be sent now."""
    return bool(connection.scalar(select(exists().where(OPEN, delivery.c.due_at <= now))))


def due(connection: Connection, now: datetime) -> list[Delivery]:
    """What is to be sent now, the oldest first."""
    found = select(delivery).where(OPEN, delivery.c.due_at <= now).order_by(delivery.c.id).limit(MOST_AT_ONCE)
    return [Delivery(**row) for row in connection.execute(found).mappings()]


def claim(connection: Connection, one: Delivery, now: datetime) -> bool:
    """Begin an attempt, unless another process has begun it. It counts from now on: should the process be lost, the
    next attempt comes as after a failure.
    """
    if one.attempts >= MOST_ATTEMPTS:
        _change(connection, one, {"given_up": True, "error": LOST})
        return False
    return _change(connection, one, {"attempts": one.attempts + 1, "due_at": now + _wait(one.attempts + 1)})


def note_sent(connection: Connection, one: Delivery, now: datetime) -> None:
    """Say that a delivery which was claimed has arrived."""
    connection.execute(update(delivery).where(delivery.c.id == one.id).values(sent_at=now, error=None))


def note_failed(
    connection: Connection, one: Delivery, now: datetime, error: str, *, final: bool = False, wait: float = 0
) -> None:
    """Say that a delivery which was claimed has not arrived, unless somebody else has done something about it since. It
    is tried again later, and not before `wait` seconds; one that is final, or was tried often enough, is given up.
    """
    attempts = one.attempts + 1
    due_at = now + max(_wait(attempts), timedelta(seconds=wait))
    values = {"error": error, "due_at": due_at, "given_up": final or attempts >= MOST_ATTEMPTS}
    _change(connection, replace(one, attempts=attempts), values)


def deliveries_of(connection: Connection, week: str, version: int) -> list[Delivery]:
    """Where a version went or is to go, in the order in which that was decided."""
    of = delivery.c
    found = select(delivery).where(of.week == week, of.version == version).order_by(of.id)
    return [Delivery(**row) for row in connection.execute(found).mappings()]


def _is(edition: Edition) -> ColumnElement[bool]:
    of = delivery.c
    return and_(
        of.week == edition.week,
        of.version == edition.version,
        of.approved_at.is_not_distinct_from(edition.approved_at),
    )


def _wait(attempts: int) -> timedelta:
    return WAITS[min(attempts, len(WAITS)) - 1]


def _change(connection: Connection, one: Delivery, values: dict[str, Any]) -> bool:
    """Change a delivery, unless somebody else has done something about it since."""
    of = delivery.c
    same = update(delivery).where(OPEN, of.id == one.id, of.attempts == one.attempts)
    return bool(connection.execute(same.values(values)).rowcount)
