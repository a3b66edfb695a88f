"""Queue: whether reviewers keep up."""

from dashapp.domain.vocabulary import Dim
from dashapp.web.page import Card, Chart, Page

PAGE = Page(
    path="/queue",
    name="Queue",
    group="Monitor",
    question="Do we decide in time, and what waits?",
    tiles=(
        "backlog",
        "backlog_urgent",
        "sla_breach_rate",
        "sla_breach_rate_reviewed",
        "sla_at_risk",
        "oldest_open",
        "utilisation",
    ),
    cards=(
        Card("backlog", Chart.BARS, "Review backlog by severity", by=(Dim.SEVERITY,)),
        Card(
            "inflow", Chart.LINES, "Inflow and outflow", also=("outflow",), about="Human-review flags raised, decided."
        ),
        Card("sla_breach_rate", Chart.LINES, trailing=7, follows_split=True),
        Card("sla_breach_rate_reviewed", Chart.LINES, trailing=7, follows_split=True),
        Card("inflow", Chart.BARS, "Review queue by severity", by=(Dim.SEVERITY,)),
        Card("resolution_hours", Chart.HISTOGRAM),
        Card("sla_at_risk", Chart.AT_RISK, "Longest waiting", about="Open flags by the share of their SLA used up."),
        Card("open_age_p50", Chart.TOTALS, by=(Dim.SEVERITY,), columns=3),
        Card("open_age_p90", Chart.TOTALS, by=(Dim.SEVERITY,), columns=3),
        Card("utilisation", Chart.TOTALS, "Utilisation by team", by=(Dim.TEAM,), columns=4),
        Card("utilisation_per_reviewer", Chart.TOTALS, by=(Dim.REVIEWER,), columns=8),
    ),
)
