"""What comes in over the wire, and what is refused."""

from sqlalchemy import case

from dashapp.domain.ask import Ask
from dashapp.domain.vocabulary import Dim, Feed
from dashapp.metrics.query import per_day
from dashapp.metrics.registry import Better, Kind, Statistics, Unit, metric
from dashapp.store.moderation import ingest_count

REFUSED = "refused"


@metric(
    "Events refused",
    Unit.PERCENT,
    Kind.SHARE,
    dims=frozenset({Dim.ORIGIN}),
    feed=Feed.WIRE,
    better=Better.LOWER,
    clock="day received",
    rows=None,
)
def events_refused(ask: Ask) -> Statistics:
    """Share of the events received, over HTTP or from logs, that were refused, by the day they were received. An event
    sent again counts again. Lines of which no origin can be read are counted under an origin of their own.
    """
    refused = case((ingest_count.c.outcome == REFUSED, ingest_count.c["count"]), else_=0)
    return per_day(ask, ingest_count, refused, ingest_count.c["count"])
