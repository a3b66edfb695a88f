"""Sends summaries: which, to whom, and what becomes of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from dashapp.notify.channels import Channel, channels_of
from dashapp.notify.message import Message, NotSent
from dashapp.settings import Settings
from dashapp.store.deliveries import (
    Delivery,
    Edition,
    Recipient,
    claim,
    due,
    enqueue,
    enqueued,
    note_failed,
    note_sent,
    waiting,
    was_sent_before,
    withdraw,
)
from dashapp.store.summaries import approved_since, get_summary, made_since
from dashapp.summary.letter import letter
from dashapp.summary.weeks import Week

APPROVED_WITHIN = timedelta(days=7)
"""What was approved longer ago is not sent any more, as when recipients are set for the first time."""

NO_CHANNEL = "the settings do not name this recipient any more"
UNKNOWN = "something went wrong that nobody foresaw"
UNMADE = "it could not be made; the log says why"

log = logging.getLogger(__name__)


def to_send(connection: Connection, settings: Settings, now: datetime, slot: datetime) -> list[Edition]:
    """What is to be sent and was not yet: the newest approved version of each week, where no newer one was sent, nor
    this one as it was approved; and of the week that was due at the slot the ripe one, where none is approved and
    nothing was sent.
    """
    approved = approved_since(connection, now - APPROVED_WITHIN)
    found = [Edition(week, *which) for week, which in approved.items()]
    found = [one for one in found if _is_news(one, enqueued(connection, one.week))]
    ripe = _ripe(connection, settings, now, slot)
    if ripe and ripe.week not in approved and not enqueued(connection, ripe.week):
        found.append(ripe)
    return found


def _is_news(one: Edition, last: Edition | None) -> bool:
    return last is None or (one.version >= last.version and one != last)


def _ripe(connection: Connection, settings: Settings, now: datetime, slot: datetime) -> Edition | None:
    """The first version of the week that was due at a slot, once it has waited for an approval for long enough; where
    later data have superseded it, the newest that still stands, if one does.
    """
    week, hours = Week.of(slot.astimezone(settings.zone).date()).previous.name, settings.summary_approval_hours
    found = made_since(connection, week, slot)
    if not found or hours is None or found[0][1] + timedelta(hours=hours) > now:
        return None
    standing = [version for version, _, stands in found if stands]
    if not standing:
        return None
    return Edition(week, standing[0] if found[0][2] else standing[-1])


def is_needed(connection: Connection, settings: Settings, now: datetime, slot: datetime) -> bool:
    """Whether there is something to send."""
    return waiting(connection, now) or bool(to_send(connection, settings, now, slot))


@dataclass(frozen=True)
class Round:
    """One round of deliveries, begun at `now`. `check` is called between them, and raises where the work has to stop;
    `clock` tells the time while it goes on, which without one stands still.
    """

    reader: Engine
    writer: Engine
    settings: Settings
    now: datetime
    check: Callable[[], None] = lambda: None
    clock: Callable[[Connection], datetime] | None = None
    letters: dict[Edition, Message | None] = field(default_factory=dict)

    def deliver(self, slot: datetime) -> dict[str, int]:
        """Send what is due, and say how often that went well."""
        channels = {(one.name, one.digest): one for one in channels_of(self.settings)}
        recipients = [Recipient(one.name, one.digest, one.recipient) for one in channels.values()]
        with self.writer.begin() as connection:
            for edition in to_send(connection, self.settings, self.now, slot):
                enqueue(connection, edition, recipients, self.now)
            self._withdraw(connection, slot)
            found = due(connection, self.now)
        sent = [self._deliver(one, channels.get((one.channel, one.digest))) for one in found]
        return {"sent": sent.count(True), "failed": sent.count(False)}

    def _withdraw(self, connection: Connection, slot: datetime) -> None:
        """Keep back what was approved when its delivery was decided and is not any more."""
        ripe = _ripe(connection, self.settings, self.now, slot)
        for edition in {one.edition for one in due(connection, self.now)}:
            if not _stands(connection, edition) or (edition.approved_at is None and edition != ripe):
                withdraw(connection, edition)

    def _deliver(self, one: Delivery, channel: Channel | None) -> bool | None:
        """Whether it was sent; None where another process is at it."""
        self.check()
        message = self._letter(one.edition) if channel else None
        with self.writer.begin() as connection:
            if not _stands(connection, one.edition):  # the round may have taken a while
                withdraw(connection, one.edition)
                return None
            if not claim(connection, one, self._time(connection)):
                return None
        try:
            self._send(one, channel, message)
        except NotSent as error:
            log.warning("delivery %d by %s: %s", one.id, one.channel, error)
            with self.writer.begin() as connection:
                note_failed(connection, one, self._time(connection), str(error), final=error.final, wait=error.wait)
            return False
        with self.writer.begin() as connection:
            note_sent(connection, one, self._time(connection))
        return True

    def _time(self, connection: Connection) -> datetime:
        return self.clock(connection) if self.clock else self.now

    def _send(self, one: Delivery, channel: Channel | None, message: Message | None) -> None:
        if channel is None:
            raise NotSent(NO_CHANNEL, final=True)
        if message is None:
            raise NotSent(UNMADE)
        try:
            channel.insist(message, _key(one), self.now)
        except NotSent:
            raise
        except Exception as error:  # its words may hold an address
            raise NotSent(f"{UNKNOWN} ({type(error).__name__})") from error

    def _letter(self, edition: Edition) -> Message | None:
        """The message of an edition, made once a round; None where it cannot be made."""
        if edition not in self.letters:
            try:
                self.letters[edition] = self._made(edition)
            except Exception:
                log.exception("the message of summary %s %d could not be made", edition.week, edition.version)
                self.letters[edition] = None
        return self.letters[edition]

    def _made(self, edition: Edition) -> Message | None:
        with self.reader.connect() as connection:
            kept = get_summary(connection, edition.week, edition.version)
            corrected = was_sent_before(connection, edition)
            return letter(connection, kept, self.settings, self.now, corrected=corrected) if kept else None


def _stands(connection: Connection, edition: Edition) -> bool:
    """Whether the version is approved as it was when its sending was decided, or still is not."""
    kept = get_summary(connection, edition.week, edition.version)
    return kept is not None and kept.approved_at == edition.approved_at


def _key(one: Delivery) -> str:
    """What tells a message from others."""
    approved = f".{one.approved_at:%Y%m%d%H%M%S%f}" if one.approved_at else ""
    return f"{one.week}.{one.version}{approved}.{one.digest[:32]}"
