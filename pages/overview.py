"""Overview: the first screen of the day."""

from dashapp.domain.vocabulary import Dim
from dashapp.web.page import Card, Chart, Page

PAGE = Page(
    path="/",
    name="Overview",
    group="Monitor",
    question="What needs attention now?",
    tiles=("flags", "automation_rate", "sla_breach_rate", "backlog", "backlog_urgent", "score_mean", "sla_at_risk"),
    cards=(
        Card("", Chart.ATTENTION, "Needs attention", columns=7, about="Now, whatever days are chosen."),
        Card(
            "flags",
            Chart.SPIKES,
            "Flags per day against the expected range",
            columns=5,
            about="Dots are days on which a category was above its own range.",
        ),
        Card("sla_breach_rate", Chart.LINES, trailing=7, columns=4),
        Card("backlog", Chart.BARS, "Review backlog by severity", by=(Dim.SEVERITY,), columns=4),
        Card("score_mean", Chart.LINES, trailing=7, columns=4),
    ),
)
