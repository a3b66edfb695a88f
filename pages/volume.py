"""Volume: the first page of the day."""

from dashapp.domain.vocabulary import Dim
from dashapp.web.page import Card, Chart, Page

PAGE = Page(
    path="/volume",
    name="Volume",
    group="Monitor",
    question="How much is raised, of what, and is it changing?",
    tiles=(
        "flags",
        "flags_auto_blocked",
        "flags_human_review",
        "automation_rate",
        "sla_breach_rate",
        "coordinated_rate",
    ),
    cards=(
        Card("flags", Chart.BARS, "Flags over time", by=(Dim.CATEGORY,), follows_split=True, columns=8, marked=True),
        Card("flags", Chart.CHANGES, "Last 7 days against the 7 before", by=(Dim.CATEGORY,), columns=4),
        Card("escalation_rate", Chart.LINES, trailing=7, follows_split=True, columns=6, marked=True),
        Card("sla_breach_rate", Chart.LINES, trailing=7, follows_split=True, columns=6, marked=True),
        Card("flags", Chart.TOTALS, "Flags by severity", by=(Dim.SEVERITY,), columns=4),
        Card("flags", Chart.TOTALS, "Flags by routing", by=(Dim.ROUTING,), columns=4),
        Card("flags", Chart.TOTALS, "Flags by category", by=(Dim.CATEGORY,), columns=4),
    ),
)
