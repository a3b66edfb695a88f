"""The synthetic platform from now on: reports as they come in and decisions on them, sent to a running server."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from uuid import UUID

import numpy as np
from numpy.random import Generator

from dashapp.demo.openverse import item_of, outcome_of
from dashapp.demo.plan import Demo
from dashapp.domain.events import ModerationDecision, ModerationReport
from dashapp.domain.vocabulary import Action, Event
from dashapp.store.reads import DEMO

STREAM = 7
"""Keeps the draws of the stream apart from all others."""
AGAIN, DECIDED = 0.15, 0.8
"""Share of reports that repeat one that is open; decisions for each report that comes in."""
MOST_OPEN = 500
"""Open reports from which on more are decided."""
PATIENCE = 5
"""Seconds until a server that does not answer is asked again."""
BUSY = 503


@dataclass
class Stream:
    """What the platform sends from now on: reports as they come in, and decisions on those that are open."""

    demo: Demo
    rng: Generator = field(init=False)
    open: list[ModerationReport] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Draw from where the seed and the moment of the start say."""
        self.rng = np.random.default_rng([self.demo.seed, int(self.demo.now.timestamp()), STREAM])

    def events(self, at: datetime, expected: float) -> list[ModerationReport | ModerationDecision]:
        """The events of one moment: a Poisson number of reports, and what is decided then."""
        reports = [self._report(at) for _ in range(self.rng.poisson(expected))]
        self.open += reports
        decided = int(self.rng.binomial(len(reports), DECIDED)) + len(self.open) // MOST_OPEN
        ruled = [event for _ in range(decided) if self.open for event in self._decide(at)]
        return [*reports, *ruled]

    def _report(self, at: datetime) -> ModerationReport:
        """A report of an item, or one more of an item that is reported already."""
        key = self._key()
        if self.open and self.rng.random() < AGAIN:
            known = self.open[self.rng.integers(len(self.open))]
            return known.model_copy(update={"id": key, "report_id": key, "at": at})
        item = item_of(self.demo, self.rng)
        return ModerationReport(
            id=key,
            at=at,
            origin=DEMO,
            media_type=item.media_type,
            event=Event.CREATED,
            violation=item.violation,
            report_id=key,
            item_id=item.item_id,
            creator=item.creator,
            source=item.source,
            provider=item.provider,
        )

    def _decide(self, at: datetime) -> Iterator[ModerationReport | ModerationDecision]:
        """A decision on the item reported longest ago: one event for it, and one for each report that it closes."""
        first = self.open[0]
        about = [report for report in self.open if report.item_id == first.item_id]
        self.open = [report for report in self.open if report.item_id != first.item_id]
        action, affected = outcome_of(first.violation, self.rng)
        yield from self._close(about[:1], action, affected, at)
        if about[1:]:
            yield from self._close(about[1:], Action.DEDUPLICATED_REPORTS, 1, at)

    def _close(
        self, reports: Sequence[ModerationReport], action: Action, affected: int, at: datetime
    ) -> Iterator[ModerationReport | ModerationDecision]:
        key, media_type = self._key(), reports[0].media_type
        told: dict[str, Any] = {"origin": DEMO, "at": at, "decision_id": key}
        yield ModerationDecision(id=key, media_type=media_type, action=action, affected_records=affected, **told)
        for report in reports:
            said = {"id": self._key(), "event": Event.REVIEWED, "decision_action": action}
            yield report.model_copy(update={**told, **said})

    def _key(self) -> str:
        return str(UUID(bytes=self.rng.bytes(16), version=4))


class NotTaken(Exception):
    """Why a server does not take events."""


def run(
    stream: Stream,
    send: Callable[[bytes], dict[str, Any]],
    rate: float,
    clock: Callable[[], datetime],
    told: Callable[[dict[str, Any]], None],
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Send, until interrupted, `rate` reports a second and what is decided on them. While the server does not answer
    nothing is lost: the same events are sent again, which their ids make harmless.
    """
    while True:
        events = stream.events(clock(), rate)
        body = "".join(event.model_dump_json(exclude_none=True) + "\n" for event in events).encode()
        while body:
            try:
                told(send(body))
                break
            except (URLError, ConnectionError, TimeoutError) as error:
                told({"error": str(getattr(error, "reason", error))})
                wait(PATIENCE)
        wait(1)


def sender(url: str, token: str) -> Callable[[bytes], dict[str, Any]]:
    """What sends lines to a server's wire and returns its answer; NotTaken where it will never take them."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise NotTaken(f"{url}: is not an http address")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}

    def send(body: bytes) -> dict[str, Any]:
        request = Request(f"{url.rstrip('/')}/api/v1/events", body, headers)  # noqa: S310 # the scheme is checked above
        try:
            with urlopen(request, timeout=30) as answer:  # noqa: S310 # as above
                result: dict[str, Any] = json.load(answer)
                return result
        except HTTPError as error:
            if error.code == BUSY:
                raise ConnectionError("the server is busy") from error
            raise NotTaken(f"the server answers {error.code}: {error.read(500).decode(errors='replace')}") from error

    return send
