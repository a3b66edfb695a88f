"""Classifier: whether its scores can still be trusted."""

from dashapp.domain.vocabulary import Dim
from dashapp.web.page import Card, Chart, Page

PAGE = Page(
    path="/classifier",
    name="Classifier",
    group="Monitor",
    question="Do scores still mean what they meant?",
    tiles=("score_mean", "flags", "automation_rate", "precision_decided"),
    cards=(
        Card("score_mean", Chart.VERDICT, "State", columns=12, about="The last seven days against the thresholds."),
        Card("score_mean", Chart.LINES, "Score over time", trailing=7, follows_split=True, columns=8, marked=True),
        Card("score_mean", Chart.TOTALS, "Score by severity", by=(Dim.SEVERITY,), columns=4),
        Card("score_distribution", Chart.BOXES, "Score by category", by=(Dim.CATEGORY,)),
        Card("score_mean", Chart.LINES, "Score by model version", by=(Dim.MODEL_VERSION,), marked=True),
    ),
)
