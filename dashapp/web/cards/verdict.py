"""A metric's state in words: healthy, warning or alert, by its threshold over the last seven days."""

from dataclasses import replace

from dash import html

from dashapp.domain.ask import Ask, Grain
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS, Measurement, Threshold, measure
from dashapp.web import words
from dashapp.web.cards.content import Content, head
from dashapp.web.page import Card
from dashapp.web.scenes import Scene

WORDS = {"ok": "Healthy", "warn": "Warning", "alert": "Alert", "none": "No data"}


def verdict(scene: Scene, card: Card) -> Content:
    """One sentence with the value, the threshold it is held against, and what the numbers cannot tell."""
    ask = Ask(scene.last_week(card.metric), Grain.WHOLE, filters=scene.view.filters)
    answer = measure(scene.desk, card.metric, ask)
    if answer.error or answer.total is None or answer.threshold is None:
        return Content(message=answer.error or "No data.")
    state = answer.threshold.state(answer.total.value)
    pill = html.Span(WORDS[state], className=f"pill is-{state}")
    parts = [pill, html.Span(_sentence(answer, answer.threshold)), html.Span(_labels(scene, ask), className="quiet")]
    return Content(head(answer), body=html.Div(parts, className="verdict"))


def _sentence(answer: Measurement, threshold: Threshold) -> str:
    """The value of the week, and where it stands."""
    unit, total = answer.metric.unit, answer.total
    if total is None or total.value is None:
        return f"{answer.metric.title}: no data in the last 7 days."
    side = threshold.side
    levels = f"warning {side} {words.level(threshold.warn, unit)}, alert {side} {words.level(threshold.alert, unit)}"
    base = f", baseline {words.level(threshold.baseline, unit)}" if threshold.baseline is not None else ""
    return f"{answer.metric.title} is {words.number(total.value, unit)} over the last 7 days ({levels}{base})."


def _labels(scene: Scene, ask: Ask) -> str:
    """How many flags of the window, whichever labels are shown, somebody said to be right or wrong."""
    asked = replace(ask, window=scene.window).where(Dim.LABEL, ())
    precision = measure(scene.desk, METRICS["precision_decided"], asked)
    if precision.total is None or not precision.total.n:
        return "No labels: this sees drift only, not whether the classifier is right."
    return f"{precision.total.n:,} flags of the window were confirmed or rejected."
