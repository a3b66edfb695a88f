"""The test message that a page sends."""

from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from dashapp.notify.channels import channels_of
from dashapp.notify.trial import send_test
from dashapp.store.engine import TooSlow
from dashapp.store.trail import note_change
from dashapp.web.desk import Services, services, who_asks

PAUSE = timedelta(minutes=1)
"""Between two test messages: whoever presses the button again does not flood the recipients."""
LAST = "the last test message"
NONE = "No recipient is set up: SMTP_URL with SUMMARY_RECIPIENTS, or SLACK_WEBHOOK_URL."
TOO_SOON = "A test message was sent less than a minute ago."


def send_test_message() -> list[str]:
    """Send a test message to every recipient by every channel; a line on each, or why none was sent."""
    held = services()
    now = held.clock()
    recipients = len(channels_of(held.settings))
    if not recipients:
        return [NONE]
    if not _may(held, now):
        return [TOO_SOON]
    try:
        with held.writer.begin() as connection:
            note_change(connection, now, who_asks().name, "tested", "deliveries", {"recipients": recipients})
    except (SQLAlchemyError, TooSlow):
        held.forget(LAST)
        raise
    return list(map(str, send_test(held.settings, now)))


def _may(held: Services, now: datetime) -> bool:
    """Whether the last one of this process is long enough ago; if so, this is the last one from now on."""
    with held.guard:
        last: datetime | None = held.kept.get(LAST)
        if last and timedelta() <= now - last < PAUSE:
            return False
        held.kept[LAST] = now
        return True
