"""What a page is made of: a question, and the metrics that answer it as tiles and cards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dash.development.base_component import Component

from dashapp.domain.access import Permission
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim, Feed
from dashapp.metrics import METRICS, Desk, Metric

FLAG_FILTERS = (Dim.CATEGORY, Dim.SEVERITY, Dim.REGION, Dim.MEDIA_TYPE)
MORE_FLAG_FILTERS = (Dim.ROUTING, Dim.TEAM, Dim.DETECTOR, Dim.LABEL, Dim.MODEL_VERSION, Dim.ORIGIN)
"""What pages about flags can be filtered and split by; the rest of it stands together behind one name."""


class Chart(StrEnum):
    """How a card shows what it shows; web.cards says how each is made."""

    BARS = "bars"
    LINES = "lines"
    TOTALS = "totals"
    BOXES = "boxes"
    HISTOGRAM = "histogram"
    SPIKES = "spikes"
    TIMELINE = "timeline"
    CHANGES = "changes"
    ROWS = "rows"
    VERDICT = "verdict"
    ATTENTION = "attention"
    AT_RISK = "at-risk"
    ATTACKS = "attacks"
    INCIDENTS = "incidents"
    BACKTEST = "backtest"
    POWER = "power"
    NOTES = "notes"
    FACTS = "facts"
    TRIAGE = "triage"
    AROUND = "around"
    SIGNALS = "signals"
    PARTS = "parts"
    DRIVERS = "drivers"
    BY_HOUR = "by-hour"
    DAYS = "days"
    TRAIL = "trail"
    DOCUMENT = "document"
    SINCE = "since"
    LEAD = "lead"
    ORDER = "order"
    VERSIONS = "versions"
    SAID = "said"
    SENT = "sent"
    BOARD = "board"
    JOBS = "jobs"
    RUNS = "runs"
    ORIGINS = "origins"
    VALUES = "values"
    STORE = "store"
    USERS = "users"
    TOKENS = "tokens"
    SESSIONS = "sessions"
    AUDIT = "audit"

    @property
    def drawn(self) -> bool:
        """Whether it is a figure; else it is words and numbers."""
        return self in DRAWN

    @property
    def whole(self) -> bool:
        """Whether it shows the window as one, whatever grain is chosen."""
        return self in (Chart.TOTALS, Chart.BOXES, Chart.HISTOGRAM, Chart.BOARD)

    @property
    def detects(self) -> bool:
        """Whether it shows what a detector finds in daily counts, whatever grain and split are chosen."""
        return self in (Chart.SPIKES, Chart.TIMELINE, Chart.BACKTEST, Chart.POWER, Chart.ATTACKS, Chart.INCIDENTS)

    @property
    def tells(self) -> bool:
        """Whether it shows something of one incident or summary, whatever days and filters are set."""
        return self in OF_ONE

    @property
    def filed(self) -> bool:
        """Whether what it shows can be had as a file of figures; a verdict over others has no rows of its own."""
        unfiled = (Chart.BACKTEST, Chart.POWER, Chart.ATTENTION)
        return self not in unfiled and not self.operates and not self.tells

    @property
    def operates(self) -> bool:
        """Whether it shows how the product itself is doing, or who uses it, which is no figure of any metric."""
        return self in OPERATING

    @property
    def measured(self) -> bool:
        """Whether what it shows are the figures of its metric."""
        return self.filed and self not in (Chart.ATTACKS, Chart.INCIDENTS, Chart.NOTES)


OF_ONE = frozenset(
    {
        Chart.FACTS,
        Chart.TRIAGE,
        Chart.AROUND,
        Chart.SIGNALS,
        Chart.PARTS,
        Chart.DRIVERS,
        Chart.BY_HOUR,
        Chart.DAYS,
        Chart.TRAIL,
        Chart.DOCUMENT,
        Chart.SINCE,
        Chart.LEAD,
        Chart.ORDER,
        Chart.VERSIONS,
        Chart.SAID,
        Chart.SENT,
    }
)
OPERATING = frozenset(
    {
        Chart.JOBS,
        Chart.RUNS,
        Chart.ORIGINS,
        Chart.VALUES,
        Chart.STORE,
        Chart.USERS,
        Chart.TOKENS,
        Chart.SESSIONS,
        Chart.AUDIT,
    }
)
DRAWN = frozenset(
    {
        Chart.BARS,
        Chart.LINES,
        Chart.TOTALS,
        Chart.BOXES,
        Chart.HISTOGRAM,
        Chart.SPIKES,
        Chart.TIMELINE,
        Chart.AROUND,
        Chart.BY_HOUR,
    }
)


@dataclass(frozen=True)
class Card:
    """One metric shown one way, or several in one chart with `also`; with an empty key what is no metric.

    `by` is the split unless `follows_split` and the address names another; `trailing` adds a line pooled over that many
    days; `columns` is the width, of twelve; `about` takes the place of the definition's first sentence. With
    `marked` it shows on which days something was said for the first time, from when on figures may mean something else,
    and what analysts noted of days.
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
    marked: bool = False

    @property
    def metric(self) -> Metric:
        """The metric shown."""
        return METRICS[self.key]

    @property
    def deferred(self) -> bool:
        """Whether what it shows may have been computed ahead."""
        return bool(self.key) and self.metric.deferred and (self.chart is Chart.BOARD or not self.metric.whole)

    @property
    def keys(self) -> tuple[str, ...]:
        """The metrics shown, by their keys."""
        return (self.key, *self.also)

    @property
    def id(self) -> str:
        """The card's name in the page: metric, chart and split."""
        return "-".join([part for part in (self.key, self.chart, *self.by) if part])

    @property
    def files(self) -> list[tuple[str, int]]:
        """What can be had of the card as files: each of its metrics, and the first pooled over `trailing` days."""
        pooled = [(self.key, self.trailing)] if self.trailing > 1 else []
        return [*((key, 1) for key in self.keys), *pooled]

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
    """One page of the menu: where it is, the question under its name, and what answers it.

    `feed` is what its figures are about; `filters` and `more_filters` are what they can be filtered and split by. What
    the address says of other dimensions is for other pages, and left out. `beside` names a tile's companion and says
    how it differs. With `lists_flags` the bar has what finds flags one by one in the place of
    what only figures have. A page of no group is not in the menu; others lead to it. Where the address says what a
    page is about, `about` makes it the page of that, from the scene; `view` says which days and filters that has. Who
    lacks its `permission` gets neither the page nor what fills it.
    """

    path: str
    name: str
    group: str
    question: str
    tiles: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    feed: Feed = Feed.FLAGS
    filters: tuple[Dim, ...] = FLAG_FILTERS
    more_filters: tuple[Dim, ...] = MORE_FLAG_FILTERS
    beside: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    lists_flags: bool = False
    body: Callable[[Desk], Component] | None = None
    bar: bool = True
    about: "Callable[[Any, Page], Page] | None" = None
    view: Callable[[Desk, str], View] | None = None
    permission: Permission = Permission.VIEW

    @property
    def live(self) -> bool:
        """Whether it shows events as they come in, and keeps itself up to date."""
        return self.feed is Feed.LIVE

    @property
    def dims(self) -> tuple[Dim, ...]:
        """What its figures can be filtered and split by."""
        return (*self.filters, *self.more_filters)

    @property
    def triages(self) -> bool:
        """Whether analysts say there what they make of an incident."""
        return any(card.chart is Chart.TRIAGE for card in self.cards)

    @property
    def summarises(self) -> bool:
        """Whether weekly summaries are ordered, commented on and approved there."""
        return any(card.chart is Chart.ORDER for card in self.cards)

    @property
    def notes(self) -> bool:
        """Whether analysts write notes on days there."""
        return any(card.chart is Chart.NOTES for card in self.cards)

    @property
    def administers(self) -> bool:
        """Whether admins say there who may come in, and look into the trail."""
        return any(card.chart is Chart.AUDIT for card in self.cards)

    @property
    def ranks(self) -> bool:
        """Whether it has a leaderboard."""
        return any(card.chart is Chart.BOARD for card in self.cards)

    @property
    def lists_runs(self) -> bool:
        """Whether it lists runs of jobs."""
        return any(card.chart is Chart.RUNS for card in self.cards)

    @property
    def finds_attacks(self) -> bool:
        """Whether it is about detectors, so that another can be chosen; elsewhere the default's findings are shown."""
        return any(card.chart is Chart.BACKTEST for card in self.cards)

    @property
    def metrics(self) -> list[Metric]:
        """The metrics of the tiles."""
        return [METRICS[key] for key in self.tiles]
