"""Somebody who sends events over HTTP, over a connection that stays open."""

import json
from collections.abc import Iterable, Mapping
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

WAIT_SECONDS = 60
"""For an answer."""


class Sender:
    """A sender of its own connection."""

    def __init__(self, url: str, token: str) -> None:
        self.connection = HTTPConnection(urlsplit(url).netloc, timeout=WAIT_SECONDS)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}

    def send(self, body: bytes) -> dict[str, Any]:
        """What the server answers to a body of events; RuntimeError when it does not take it."""
        self.connection.request("POST", "/api/v1/events", body, self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {text.decode()}")
        taken: dict[str, Any] = json.loads(text)
        return taken


def body_of(messages: Iterable[Mapping[str, Any]]) -> bytes:
    """Messages as they are sent."""
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)
