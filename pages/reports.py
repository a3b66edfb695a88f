"""Reports and decisions: whether reports are right, how long they wait, and what is decided."""

from dashapp.domain.vocabulary import Dim, Feed
from dashapp.web.page import Card, Chart, Page

PAGE = Page(
    path="/reports",
    name="Reports and decisions",
    group="Monitor",
    question="Are reports right, how long do they wait, and what is decided?",
    feed=Feed.REPORTS,
    filters=(Dim.MEDIA_TYPE, Dim.VIOLATION, Dim.SOURCE, Dim.PROVIDER),
    more_filters=(Dim.STATUS, Dim.ORIGIN),
    tiles=(
        "reports",
        "report_accuracy",
        "report_duplication",
        "decisions",
        "affected_records",
        "time_to_decision_mean",
        "time_to_decision_p50",
        "time_to_decision_p90",
        "time_to_decision_p99",
    ),
    beside={
        "report_accuracy": ("report_accuracy_decided", "of those decided"),
        "time_to_decision_p50": ("time_to_decision_p50_censored", "with open ones"),
        "time_to_decision_p90": ("time_to_decision_p90_censored", "with open ones"),
        "time_to_decision_p99": ("time_to_decision_p99_censored", "with open ones"),
    },
    cards=(
        Card("reports", Chart.BARS, "Reports by violation", by=(Dim.VIOLATION,), follows_split=True),
        Card("reports", Chart.BARS, "Reports by media type", by=(Dim.MEDIA_TYPE,)),
        Card("report_accuracy", Chart.LINES, trailing=7, follows_split=True),
        Card("report_accuracy_decided", Chart.LINES, trailing=7, follows_split=True),
        Card("report_accuracy", Chart.TOTALS, "Accuracy by violation", by=(Dim.VIOLATION,), columns=4),
        Card("report_duplication", Chart.LINES, trailing=7, columns=4),
        Card("reports", Chart.TOTALS, "Reports by status", by=(Dim.STATUS,), columns=4),
        Card(
            "time_to_decision_p50",
            Chart.LINES,
            "Time to decision, decided reports",
            also=("time_to_decision_p90",),
            about="Hours within which half and 90 % of the decided reports of a day were decided.",
        ),
        Card(
            "time_to_decision_p50_censored",
            Chart.LINES,
            "Time to decision, open reports included",
            also=("time_to_decision_p90_censored",),
            about="Hours within which half and 90 % of all reports of a day are decided (Kaplan-Meier).",
        ),
        Card("time_to_decision_p50_censored", Chart.TOTALS, "Median of all by violation", by=(Dim.VIOLATION,)),
        Card("time_to_decision_p50_censored", Chart.TOTALS, "Median of all by media type", by=(Dim.MEDIA_TYPE,)),
        Card("decisions", Chart.BARS, "Decisions by action", by=(Dim.ACTION,), columns=8),
        Card("decisions", Chart.TOTALS, "Decisions by scope", by=(Dim.SCOPE,), columns=4),
        Card("affected_records", Chart.BARS, "Affected records by action", by=(Dim.ACTION,), columns=8),
        Card("affected_records", Chart.TOTALS, "Affected records by type", by=(Dim.ACTION_TYPE,), columns=4),
        Card(
            "reports",
            Chart.BOARD,
            "Most reported",
            about="Reports of the whole window by status: items, creators, sources and providers.",
            columns=12,
        ),
    ),
)
