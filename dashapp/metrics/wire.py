"""What comes in over the wire, and what is refused."""

from typing import Any

from sqlalchemy import case

from dashapp.domain.ask import Ask
from dashapp.domain.threshold import Threshold
from dashapp.domain.vocabulary import Dim, Feed
from dashapp.metrics.query import per_day
from dashapp.metrics.registry import Better, Kind, Statistics, Unit, metric
from dashapp.store.moderation import ingest_count

OUTCOMES = ("new", "seen", "refused")
"""What becomes of events; each is of one of these."""
TIMED = "timed"
"""Events that were sent to us directly and say when they happened; of these some are `ahead` and some `late`."""

RECEIVED: dict[str, Any] = {
    "dims": frozenset({Dim.ORIGIN}),
    "feed": Feed.WIRE,
    "better": Better.LOWER,
    "clock": "day received",
    "rows": None,
}
"""What the shares of events received have in common."""


def _share(ask: Ask, outcome: str, *of: str) -> Statistics:
    """The events with one outcome, over those with some."""
    among = ingest_count.c.outcome
    num = case((among == outcome, ingest_count.c["count"]), else_=0)
    den = case((among.in_(of), ingest_count.c["count"]), else_=0)
    return per_day(ask, ingest_count, num, den)


@metric("Events refused", Unit.PERCENT, Kind.SHARE, threshold=Threshold(warn=1, alert=5), **RECEIVED)
def events_refused(ask: Ask) -> Statistics:
    """Share of the events received, over HTTP or from logs, that were refused, by the day they were received. An event
    sent again counts again. Lines of which no origin can be read are counted under an origin of their own.
    """
    return _share(ask, "refused", *OUTCOMES)


@metric("Events from ahead", Unit.PERCENT, Kind.SHARE, threshold=Threshold(warn=1, alert=5), **RECEIVED)
def events_ahead(ask: Ask) -> Statistics:
    """Share of the events that say when they happened and say more than a minute after we received them, by the day
    they were received: the sender's clock is ahead. Of events sent over HTTP, also those refused for it.
    """
    return _share(ask, "ahead", TIMED)


@metric("Events late", Unit.PERCENT, Kind.SHARE, threshold=Threshold(warn=10, alert=50), **RECEIVED)
def events_late(ask: Ask) -> Statistics:
    """Share of the events that say when they happened and say more than an hour before we received them, by the day
    they were received: they were held back, or the sender's clock is behind. Of events sent over HTTP.
    """
    return _share(ask, "late", TIMED)
