"""Who is signed in, and the ways in that work once. A session is a row: without it nobody is let in by any process."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, insert, select, update

from dashapp.domain.access import ROLES, Role, Visitor
from dashapp.store.people import invitation, session, user_account
from dashapp.store.secrets import digest_of, new_secret

SEEN = timedelta(minutes=5)
"""How old the moment may be at which a session was last seen, so that few requests write."""
INVITED = timedelta(days=3)
"""How long a way in that works once is open."""
VISITOR = (
    select(session.c.digest, session.c.seen_at, user_account.c.id, user_account.c.name, user_account.c.role)
    .join_from(session, user_account, session.c.user_id == user_account.c.id)
    .where(session.c.digest == bindparam("digest"), user_account.c.active)
    .where(session.c.ends_at > bindparam("now"), session.c.seen_at > bindparam("idle_since"))
    .where(user_account.c.issuer.is_not_distinct_from(bindparam("issuer")))
)
"""Who holds a session. Put together once: before every request that takes as long as asking the database."""


@dataclass(frozen=True)
class Session:
    """A session as its user and admins see it."""

    digest: str
    user_id: int
    name: str
    begun_at: datetime
    seen_at: datetime
    ends_at: datetime

    def is_over(self, now: datetime, idle: timedelta) -> bool:
        """Whether it lets nobody in any more, because it has ended or has been idle for too long."""
        return self.ends_at <= now or self.seen_at <= now - idle


def begin_session(connection: Connection, user_id: int, now: datetime, lasts: timedelta) -> str:
    """A new session of at most so long; returns the secret that the browser is to hold."""
    secret = new_secret()
    row = {"digest": digest_of(secret), "user_id": user_id, "begun_at": now, "seen_at": now, "ends_at": now + lasts}
    connection.execute(insert(session).values(row))
    return secret


def visitor_in(
    connection: Connection, secret: str, now: datetime, idle: timedelta, issuer: str | None
) -> tuple[Visitor, bool] | None:
    """Who holds the secret of a session that has neither ended nor been idle for too long, and whether it is time to
    note that it was seen; None for nobody. `issuer` is the OpenID provider where people sign in at one: who came in
    another way is out as soon as that way is closed.
    """
    asked = {"digest": digest_of(secret), "now": now, "idle_since": now - idle, "issuer": issuer}
    found = connection.execute(VISITOR, asked).one_or_none()
    if found is None:
        return None
    role = Role(found.role)
    visitor = Visitor(found.name, ROLES[role], role, found.id, found.digest)
    return visitor, now - found.seen_at > SEEN


def note_seen(connection: Connection, digest: str, now: datetime) -> None:
    """Keep when a session was last seen."""
    connection.execute(update(session).where(session.c.digest == digest).values(seen_at=now))


def end_session(connection: Connection, digest: str) -> None:
    """Sign one browser out."""
    connection.execute(delete(session).where(session.c.digest == digest))


def end_sessions(connection: Connection, user_id: int, but: str | None = None) -> int:
    """Sign a user out everywhere, or everywhere but in one session; returns how many sessions that were."""
    of = session.c
    ended = delete(session).where(of.user_id == user_id, *([of.digest != but] if but else []))
    return connection.execute(ended).rowcount


def sessions(connection: Connection, user_id: int | None = None) -> Sequence[Session]:
    """The sessions, of one user or of all, the last seen first."""
    found = _sessions() if user_id is None else _sessions().where(session.c.user_id == user_id)
    return [Session(*row) for row in connection.execute(found)]


def session_of(connection: Connection, digest: str) -> Session | None:
    """One session."""
    row = connection.execute(_sessions().where(session.c.digest == digest)).one_or_none()
    return None if row is None else Session(*row)


def _sessions() -> Select[Any]:
    of = session.c
    return (
        select(of.digest, of.user_id, user_account.c.name, of.begun_at, of.seen_at, of.ends_at)
        .join_from(session, user_account, of.user_id == user_account.c.id)
        .order_by(of.seen_at.desc())
    )


def forget_ended(connection: Connection, now: datetime, idle: timedelta) -> int:
    """Delete sessions and invitations that let nobody in any more; returns how many."""
    of = session.c
    over = delete(session).where((of.ends_at <= now) | (of.seen_at <= now - idle))
    late = delete(invitation).where(invitation.c.ends_at <= now)
    return connection.execute(over).rowcount + connection.execute(late).rowcount


def invite(connection: Connection, user_id: int | None, now: datetime) -> str:
    """A way in that works once: to choose a password, or (None) to become the first admin. Earlier ones end."""
    secret = new_secret()
    connection.execute(delete(invitation).where(invitation.c.user_id == user_id))
    row = {"digest": digest_of(secret), "user_id": user_id, "made_at": now, "ends_at": now + INVITED}
    connection.execute(insert(invitation).values(row))
    return secret


def invited(connection: Connection, secret: str, now: datetime) -> tuple[int | None] | None:
    """Whom a way in is for, in a tuple (None: the first admin); None where there is no such way, or not any more."""
    of = invitation.c
    found = connection.execute(select(of.user_id).where(of.digest == digest_of(secret), of.ends_at > now)).one_or_none()
    return found and (found.user_id,)


def use_invitation(connection: Connection, secret: str) -> bool:
    """Close a way in; returns whether it was open until now, which of two at once only one is told."""
    return connection.execute(delete(invitation).where(invitation.c.digest == digest_of(secret))).rowcount == 1
