"""Cards over time, and totals by group."""

from dataclasses import replace

from dashapp.domain.ask import Grain
from dashapp.metrics import METRICS, Measurement, measure
from dashapp.web import figures
from dashapp.web.cards.content import Content, head, missing
from dashapp.web.page import Card
from dashapp.web.scenes import Scene


def bars(scene: Scene, card: Card) -> Content:
    """Counts over time as stacked bars."""
    answer = measure(scene.desk, card.metric, scene.ask(card))
    if reason := missing(scene, answer):
        return Content(message=reason)
    return Content(head(answer), _beside_before(scene, answer, figures.bars(answer, scene.known)))


def lines(scene: Scene, card: Card) -> Content:
    """Values over time as lines: by group, with a trailing line, or with other metrics beside."""
    answer = measure(scene.desk, card.metric, scene.ask(card))
    if reason := missing(scene, answer):
        return Content(message=reason)
    pooled = card.trailing > 1 and answer.ask.grain is Grain.DAY and not answer.ask.by
    trailing = measure(scene.desk, card.metric, replace(answer.ask, trailing=card.trailing)) if pooled else None
    others = [measure(scene.desk, METRICS[key], answer.ask) for key in card.also]
    figure = figures.lines(answer, scene.known, trailing, [other for other in others if not other.error])
    told = head(answer, *others)[1 if card.also else 0 :]  # one value among several would be taken for that of all
    return Content(told, figure if answer.ask.by else _beside_before(scene, answer, figure))


def totals(scene: Scene, card: Card) -> Content:
    """One bar a group for the whole window."""
    answer = measure(scene.desk, card.metric, scene.ask(card))
    if reason := missing(scene, answer):
        return Content(message=reason)
    return Content(head(answer), figures.totals(answer, scene.known))


def _beside_before(scene: Scene, answer: Measurement, figure: figures.Figure) -> figures.Figure:
    """The figure with the previous window behind it, where the address asks to compare."""
    if not scene.view.compare:
        return figure
    before = measure(scene.desk, answer.metric, replace(answer.ask, window=scene.window.previous, by=()))
    return figures.compared(figure, answer, before)
