"""Published statistics: what platforms say of their decisions to the public."""

from dashapp.domain.vocabulary import Dim, Feed
from dashapp.web.page import Card, Chart, Page

PAGE = Page(
    path="/platforms",
    name="Published statistics",
    group="Monitor",
    question="What do platforms decide by their own account, of what, how fast and by whom?",
    feed=Feed.AGGREGATES,
    filters=(Dim.PLATFORM, Dim.CATEGORY),
    more_filters=(
        Dim.CONTENT_TYPE,
        Dim.SOURCE_TYPE,
        Dim.DECISION_GROUND,
        Dim.DECISION_VISIBILITY,
        Dim.DECISION_ACCOUNT,
        Dim.AUTOMATED_DECISION,
        Dim.AUTOMATED_DETECTION,
        Dim.ORIGIN,
    ),
    tiles=("statements", "automated_decisions", "automated_detections", "moderation_delay", "disclosure_delay"),
    cards=(
        Card(
            "statements",
            Chart.BARS,
            "Statements by platform",
            by=(Dim.PLATFORM,),
            follows_split=True,
            columns=8,
            marked=True,
        ),
        Card("statements", Chart.TOTALS, "All statements by platform", by=(Dim.PLATFORM,), columns=4),
        Card(
            "statements",
            Chart.INCIDENTS,
            "Incidents",
            columns=12,
            about="Days that a platform's own past does not explain, and days from which it counts in another way.",
        ),
        Card("statements", Chart.BARS, "Statements by category", by=(Dim.CATEGORY,)),
        Card("statements", Chart.TOTALS, "All statements by category", by=(Dim.CATEGORY,)),
        Card("automated_decisions", Chart.LINES, by=(Dim.PLATFORM,)),
        Card("automated_detections", Chart.LINES, by=(Dim.PLATFORM,)),
        Card("moderation_delay", Chart.LINES, by=(Dim.PLATFORM,)),
        Card("disclosure_delay", Chart.LINES, by=(Dim.PLATFORM,)),
        Card("statements", Chart.TOTALS, "Statements by content type", by=(Dim.CONTENT_TYPE,), columns=4),
        Card("statements", Chart.TOTALS, "Statements by source", by=(Dim.SOURCE_TYPE,), columns=4),
        Card("statements", Chart.TOTALS, "Statements by decision ground", by=(Dim.DECISION_GROUND,), columns=4),
    ),
)
