"""What a page is made of: a question, and the metrics that answer it as tiles and cards."""

from dataclasses import dataclass
from enum import StrEnum

from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS, Metric


class Chart(StrEnum):
    """How a card shows what it shows; web.cards says how each is made."""

    BARS = "bars"
    LINES = "lines"
    TOTALS = "totals"
    BOXES = "boxes"
    HISTOGRAM = "histogram"
    SPIKES = "spikes"
    CHANGES = "changes"
    VERDICT = "verdict"
    ATTENTION = "attention"
    AT_RISK = "at-risk"
    ATTACKS = "attacks"
    BACKTEST = "backtest"

    @property
    def drawn(self) -> bool:
        """Whether it is a figure; else it is words and numbers."""
        return self in (Chart.BARS, Chart.LINES, Chart.TOTALS, Chart.BOXES, Chart.HISTOGRAM, Chart.SPIKES)


@dataclass(frozen=True)
class Card:
    """One metric shown one way, or several in one chart with `also`.

    `by` is the split unless `follows_split` and the address names another; `trailing` adds a line pooled over that many
    days; `columns` is the width, of twelve; `about` takes the place of the definition's first sentence.
    """

    key: str
    chart: Chart
    title: str = ""
    by: tuple[Dim, ...] = ()
    follows_split: bool = False
    trailing: int = 1
    also: tuple[str, ...] = ()
    columns: int = 6
    about: str = ""

    @property
    def metric(self) -> Metric:
        """The metric shown."""
        return METRICS[self.key]

    @property
    def id(self) -> str:
        """The card's name in the page: metric, chart and split."""
        return "-".join([self.key, self.chart, *self.by])

    @property
    def heading(self) -> str:
        """The card's title: its own, else the metric's."""
        return self.title or self.metric.title

    @property
    def subtitle(self) -> str:
        """What the card shows, in a sentence."""
        return self.about or self.metric.first_sentence


@dataclass(frozen=True)
class Page:
    """One page of the menu: where it is, the question under its name, and what answers it."""

    path: str
    name: str
    group: str
    question: str
    tiles: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()

    @property
    def metrics(self) -> list[Metric]:
        """The metrics of the tiles."""
        return [METRICS[key] for key in self.tiles]
