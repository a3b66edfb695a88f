"""How each kind of card is made: from a scene and a card to its content."""

from collections.abc import Callable

from dashapp.web.cards import changes, series, spread, verdict
from dashapp.web.cards.content import Content
from dashapp.web.page import Card, Chart
from dashapp.web.scenes import Scene

__all__ = ["Content", "content"]

MAKERS: dict[Chart, Callable[[Scene, Card], Content]] = {
    Chart.BARS: series.bars,
    Chart.LINES: series.lines,
    Chart.TOTALS: series.totals,
    Chart.BOXES: spread.boxes,
    Chart.HISTOGRAM: spread.histogram,
    Chart.CHANGES: changes.changes,
    Chart.VERDICT: verdict.verdict,
}


def content(scene: Scene, card: Card) -> Content:
    """What a card shows under an address."""
    return MAKERS[card.chart](scene, card)
