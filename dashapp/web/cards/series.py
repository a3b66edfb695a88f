"""Cards over time, and totals by group."""

from collections import defaultdict
from dataclasses import replace
from datetime import date

from dashapp.domain.ask import Grain
from dashapp.domain.vocabulary import Dim, label
from dashapp.metrics import METRICS, Measurement, measure
from dashapp.web import figures
from dashapp.web.cards.content import Content, head, missing
from dashapp.web.cards.noted import notes_on
from dashapp.web.notes import noted
from dashapp.web.page import Card
from dashapp.web.scenes import Scene


def bars(scene: Scene, card: Card) -> Content:
    """Counts over time as stacked bars."""
    answer = measure(scene.desk, card.metric, scene.ask(card))
    if reason := missing(scene, answer):
        return Content(message=reason)
    figure = with_changes(scene, card, answer, figures.bars(answer, scene.known))
    shown = with_notes(scene, card, answer, _beside_before(scene, answer, figure))
    return Content(head(answer), shown)


def lines(scene: Scene, card: Card) -> Content:
    """Values over time as lines: by group, with a trailing line, or with other metrics beside."""
    answer = measure(scene.desk, card.metric, scene.ask(card))
    if reason := missing(scene, answer):
        return Content(message=reason)
    pooled = card.trailing > 1 and answer.ask.grain is Grain.DAY and not answer.ask.by
    trailing = measure(scene.desk, card.metric, replace(answer.ask, trailing=card.trailing)) if pooled else None
    others = [measure(scene.desk, METRICS[key], answer.ask) for key in card.also]
    figure = figures.lines(answer, scene.known, trailing, [other for other in others if not other.error])
    figure = with_changes(scene, card, answer, figure)
    told = head(answer, *others)[1 if card.also else 0 :]  # one value among several would be taken for that of all
    figure = figure if answer.ask.by else _beside_before(scene, answer, figure)
    return Content(told, with_notes(scene, card, answer, figure))


def totals(scene: Scene, card: Card) -> Content:
    """One bar a group for the whole window."""
    answer = measure(scene.desk, card.metric, scene.ask(card))
    if reason := missing(scene, answer):
        return Content(message=reason)
    return Content(head(answer), figures.totals(answer, scene.known))


MEANT = (Dim.MODEL_VERSION, Dim.DETECTOR, Dim.CATEGORY, Dim.MEDIA_TYPE, Dim.REGION, Dim.PLATFORM)
"""Dimensions of which a new value may change what figures mean."""


def with_changes(scene: Scene, card: Card, answer: Measurement, figure: figures.Figure) -> figures.Figure:
    """The figure with the days on which such values were seen for the first time, where the card shows them by day. The
    notice above the page names them all.
    """
    if not _by_day(card, answer):
        return figure
    new: defaultdict[date, list[str]] = defaultdict(list)
    for dim, value in scene.first_seen:
        if dim in MEANT:
            new[value.first_day].append(f"new: {label(value.value)}")
    changes = [(day, what[0] if len(what) == 1 else f"{len(what)} new values") for day, what in sorted(new.items())]
    return figures.marked(figure, changes) if changes else figure


def with_notes(scene: Scene, card: Card, answer: Measurement, figure: figures.Figure) -> figures.Figure:
    """The figure with what analysts noted of its days, where the card shows them."""
    return noted(figure, notes_on(scene, card), answer.ask.window) if _by_day(card, answer) else figure


def _by_day(card: Card, answer: Measurement) -> bool:
    return card.marked and answer.ask.grain is Grain.DAY


def _beside_before(scene: Scene, answer: Measurement, figure: figures.Figure) -> figures.Figure:
    """The figure with the previous window behind it, where the address asks to compare."""
    if not scene.view.compare:
        return figure
    before = measure(scene.desk, answer.metric, replace(answer.ask, window=scene.window.previous, by=()))
    return figures.compared(figure, answer, before)
