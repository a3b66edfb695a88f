"""What is sent, and why it was not."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Attachment:
    """A file beside a message."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True)
class Part:
    """A part of a message under its heading, for channels that know no more than that."""

    heading: str
    text: str


@dataclass(frozen=True)
class Message:
    """What is to be told, each channel taking what it can show; `link` is where more is."""

    subject: str
    plain: str
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    parts: tuple[Part, ...] = ()
    link: str | None = None


class NotSent(Exception):
    """Why a message was not sent, in words that hold nothing that the other side said.

    One that is `final` would fail again. With `soon` it is known not to have arrived, and the fault may pass within
    seconds; else it may have arrived after all. `wait` is how many seconds the other side asks us to wait.
    """

    def __init__(self, words: str, *, final: bool = False, soon: bool = False, wait: float = 0) -> None:
        super().__init__(words)
        self.final, self.soon, self.wait = final, soon, wait
