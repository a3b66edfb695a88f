"""Distributions: boxes by group, and a histogram."""

from dashapp.domain.vocabulary import URGENT
from dashapp.metrics import measure
from dashapp.web import boxes as drawing
from dashapp.web.cards.content import Content, head, missing
from dashapp.web.page import Card
from dashapp.web.scenes import Scene


def boxes(scene: Scene, card: Card) -> Content:
    """Median, quartiles and range of each group."""
    answer = measure(scene.desk, card.metric, scene.ask(card))
    if reason := missing(scene, answer):
        return Content(message=reason)
    return Content(head(answer), drawing.boxes(answer))


def histogram(scene: Scene, card: Card) -> Content:
    """Cases by hours, with the SLA marked."""
    answer = measure(scene.desk, card.metric, scene.ask(card))
    if reason := missing(scene, answer):
        return Content(message=reason)
    slas = sorted({scene.desk.policy.sla[severity] for severity in URGENT})
    return Content(head(answer), drawing.histogram(answer, slas))
