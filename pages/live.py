"""Live: what comes in and what is decided, as it happens."""

from dashapp.domain.vocabulary import Dim, Feed
from dashapp.web.page import Card, Chart, Page

PAGE = Page(
    path="/live",
    name="Live",
    group="Monitor",
    question="What comes in, and what is decided, right now?",
    feed=Feed.LIVE,
    filters=(Dim.MEDIA_TYPE, Dim.ORIGIN),
    more_filters=(),
    tiles=(
        "live_created",
        "live_reviewed",
        "live_confirmed",
        "live_rejected",
        "live_deduplicated",
        "live_decisions",
        "live_affected_records",
    ),
    cards=(
        Card("live_reports", Chart.BARS, "Reports created and reviewed", by=(Dim.EVENT,)),
        Card("live_created", Chart.BARS, "Reports created by violation", by=(Dim.VIOLATION,)),
        Card("live_reviewed", Chart.BARS, "Reports reviewed by decision action", by=(Dim.DECISION_ACTION,)),
        Card(
            "live_confirmed",
            Chart.LINES,
            "Confirmed, rejected, deduplicated",
            also=("live_rejected", "live_deduplicated"),
            about="Reviewed reports by what the decision made of them.",
        ),
        Card("live_decisions", Chart.BARS, "Decisions by scope", by=(Dim.SCOPE,)),
        Card("live_decisions", Chart.BARS, "Decisions by action", by=(Dim.ACTION,)),
        Card("live_affected_records", Chart.BARS, "Affected records by action", by=(Dim.ACTION,)),
        Card("live_affected_records", Chart.BARS, "Affected records by action type", by=(Dim.ACTION_TYPE,)),
        Card("live_created", Chart.BARS, "Reports created by media type", by=(Dim.MEDIA_TYPE,)),
        Card("live_decisions", Chart.BARS, "Decisions by media type", by=(Dim.MEDIA_TYPE,)),
    ),
)
