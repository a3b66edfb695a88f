"""The channels that are set up, each with one recipient."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from dashapp.domain.addresses import MailServer, Webhook, masked, sender
from dashapp.notify import mail, slack, webhook
from dashapp.notify.message import Message, NotSent
from dashapp.settings import Settings

MAIL, SLACK = "mail", "slack"

TIMES = 3
MOST_SECONDS = 10
"""For which a fault that may pass at once is waited out."""
MOST_WAIT = 5
"""Seconds that the other side may ask for; whoever asks for more is left alone until the next run."""

Send = Callable[[Message, str, datetime], None]


@dataclass(frozen=True)
class Channel:
    """A way to one recipient, who is told apart by the SHA-256 `digest` of the address and shown as `recipient`.

    `send` takes the message, the key that tells it from others, and the time; it raises NotSent.
    """

    name: str
    recipient: str
    digest: str
    send: Send

    def insist(self, message: Message, key: str, now: datetime) -> None:
        """Send a message, and again within seconds where that may help."""
        import stamina.instrumentation

        stamina.instrumentation.set_on_retry_hooks(())  # they would write lines of their own beside the log
        for attempt in stamina.retry_context(
            _again, attempts=TIMES, timeout=MOST_SECONDS, wait_initial=0.5, wait_max=MOST_WAIT
        ):
            with attempt:
                self.send(message, key, now)


def channels_of(settings: Settings) -> list[Channel]:
    """The channels, as the settings have them."""
    found = []
    if settings.smtp_url and settings.smtp_from:
        server = MailServer.parse(settings.smtp_url.get_secret_value())
        name = sender(settings.smtp_from)
        found = [_mail(server, name, address) for address in settings.summary_recipients]
    if settings.slack_webhook_url:
        url = settings.slack_webhook_url.get_secret_value()
        found.append(_slack(Webhook.parse(url), url, private=settings.allow_private_webhooks))
    return found


def _mail(server: MailServer, name: tuple[str, str], address: str) -> Channel:
    def send(message: Message, key: str, now: datetime) -> None:
        mail.send(server, mail.Envelope(name, address, key, now), message)

    return Channel(MAIL, masked(address), _digest(address), send)


def _slack(hook: Webhook, url: str, *, private: bool) -> Channel:
    def send(message: Message, _key: str, now: datetime) -> None:
        webhook.post(hook, slack.payload(message), now, private=private)

    return Channel(SLACK, hook.host, _digest(url), send)


def _digest(address: str) -> str:
    return sha256(address.encode()).hexdigest()


def _again(error: Exception) -> bool | float:
    if not isinstance(error, NotSent) or error.final or not error.soon or error.wait > MOST_WAIT:
        return False
    return error.wait or True
