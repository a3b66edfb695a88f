"""How often something may be tried, counted by all processes together: token buckets in the store."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, insert, select, update

from dashapp.store.people import bucket
from dashapp.store.secrets import digest_of

LONGEST_RATE = timedelta(days=1)
"""In which any bucket fills up again."""


@dataclass(frozen=True)
class Rate:
    """At most `most` at once, and as many again in the course of `per`."""

    most: int
    per: timedelta

    def left(self, tokens: float, passed: timedelta) -> float:
        """What a bucket holds after some time."""
        return min(float(self.most), tokens + self.most * max(passed, timedelta()) / self.per)


def wait_of(connection: Connection, what: str, rate: Rate, now: datetime) -> timedelta | None:
    """How long it takes until `what` ("sign-in from 192.0.2.1") may be tried again; None where it may be now."""
    left = _left(connection, what, rate, now)
    return None if left >= 1 else (1 - left) * rate.per / rate.most


def take(connection: Connection, what: str, rate: Rate, now: datetime) -> timedelta | None:
    """Take one try of `what`, in a writing transaction. None when it may be done; else how long it takes until it may.
    What is counted is kept as a digest.
    """
    left = _left(connection, what, rate, now)
    if left < 1:
        return (1 - left) * rate.per / rate.most
    _keep(connection, what, left - 1, now)
    return None


def put_back(connection: Connection, what: str, rate: Rate) -> None:
    """Give one try of `what` back: it went well."""
    of = bucket.c
    more = case((of.tokens + 1 < rate.most, of.tokens + 1), else_=float(rate.most))
    connection.execute(update(bucket).where(of.digest == digest_of(what)).values(tokens=more))


def _left(connection: Connection, what: str, rate: Rate, now: datetime) -> float:
    of = bucket.c
    held = connection.execute(select(of.tokens, of.at).where(of.digest == digest_of(what))).one_or_none()
    return rate.left(held.tokens, now - held.at) if held else float(rate.most)


def _keep(connection: Connection, what: str, tokens: float, now: datetime) -> None:
    row = {"tokens": tokens, "at": now}
    if not connection.execute(update(bucket).where(bucket.c.digest == digest_of(what)).values(row)).rowcount:
        connection.execute(insert(bucket).values(digest=digest_of(what), **row))


def give_back(connection: Connection, what: str) -> None:
    """Forget all tries of `what`: it went well."""
    connection.execute(delete(bucket).where(bucket.c.digest == digest_of(what)))


def forget_full(connection: Connection, now: datetime, longest: timedelta) -> int:
    """Delete the buckets that have filled up again since; returns how many."""
    return connection.execute(delete(bucket).where(bucket.c.at <= now - longest)).rowcount
