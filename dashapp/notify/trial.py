"""A test message, for those who set channels up."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime

from dashapp.notify.channels import Channel, channels_of
from dashapp.notify.message import Message, NotSent, Part
from dashapp.settings import Settings

WORDS = "The weekly summary will come this way."
MESSAGE = Message("Watchfloor: a test message", f"{WORDS}\n", parts=(Part("Test", WORDS),))
AT_ONCE = 8
MOST_SECONDS = 30
"""Longest wait for all of them: somebody looks at a page meanwhile."""
LATE = "nothing was heard in time"


@dataclass(frozen=True)
class Tried:
    """What became of a test message to one recipient: sent, or why not."""

    channel: str
    recipient: str
    error: str | None = None

    def __str__(self) -> str:
        return f"{self.channel} to {self.recipient}: {self.error or 'sent'}"


def send_test(settings: Settings, now: datetime) -> list[Tried]:
    """Send a test message once to every recipient by every channel; none where no channel is set up.
    What has not come back in time may have arrived after all.
    """
    channels = channels_of(settings)
    threads = ThreadPoolExecutor(AT_ONCE)
    tried = [threads.submit(_try, channel, now) for channel in channels]
    done, _ = wait(tried, MOST_SECONDS)
    threads.shutdown(wait=False, cancel_futures=True)
    return [
        one.result() if one in done else Tried(channel.name, channel.recipient, LATE)
        for channel, one in zip(channels, tried, strict=True)
    ]


def _try(channel: Channel, now: datetime) -> Tried:
    try:
        channel.send(MESSAGE, f"test.{now:%Y%m%d%H%M%S%f}.{channel.digest[:32]}", now)
    except NotSent as error:
        return Tried(channel.name, channel.recipient, str(error))
    return Tried(channel.name, channel.recipient)
