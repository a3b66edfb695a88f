"""A metric is declared once: a function that returns a SELECT, and what must be said about it."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select

from dashapp.domain.ask import Ask
from dashapp.domain.threshold import Threshold
from dashapp.domain.vocabulary import Dim, Feed, Severity

PERSONS = frozenset({Dim.CREATOR})
"""Dimensions of which each value is a person outside the team; see metrics.disclosure."""

Statistics = Select[Any]
"""Columns bucket (a day), one per split dimension, num, den: sums that can be pooled. A flow has no den (0)."""


class Unit(StrEnum):
    """What a value is measured in. A share is stored in percent, 0 to 100."""

    COUNT = "flags"
    REPORTS = "reports"
    DECISIONS = "decisions"
    STATEMENTS = "statements"
    RECORDS = "records"
    EVENTS = "events"
    PERCENT = "%"
    SCORE = "score"
    HOURS = "h"
    DAYS = "days"
    VALUES = "values"


COUNTS = frozenset(Unit) - {Unit.PERCENT, Unit.SCORE, Unit.HOURS}
"""Units of what is counted."""


class Privacy(StrEnum):
    """Who may see a figure: anybody who may see the page; or, of single reviewers, leads (Permission.TEAM) and on
    screen only, in no file, API answer, alert or summary.
    """

    OPEN = "open"
    TEAM = "team"


class Kind(StrEnum):
    """How what a SELECT returns becomes a value.

    A flow is num and counts its own cases; a stock is the running sum of num at the end of the bucket; a share and
    a mean are num over den cases; a ratio is num cases over a den that is no count of cases. A distribution is read
    from (bin, count) rows, its value is the median. Ages are those of the flags open now, reduced to one value;
    durations are the times from reports to their decisions, reduced likewise. A peak is the largest value of a day and
    a group, of den cases; silence is the time since origins delivered, until now, of several the longest.
    """

    FLOW = "flow"
    STOCK = "stock"
    SHARE = "share"
    MEAN = "mean"
    RATIO = "ratio"
    DISTRIBUTION = "distribution"
    AGES = "ages"
    DURATIONS = "durations"
    PEAK = "peak"
    SILENCE = "silence"


OF_NOW = (Kind.AGES, Kind.SILENCE)
"""Kinds that are about this moment, whatever days are asked for."""


class Better(StrEnum):
    """Which direction is good news; a change is coloured by it."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


@dataclass(frozen=True)
class Policy:
    """The settings that numbers depend on."""

    zone: ZoneInfo
    sla: Mapping[Severity, float]
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    small_group: int = 5
    """Fewest cases of a group that stands for a person; smaller ones are hidden."""


@dataclass(frozen=True)
class Sight:
    """What rows are judged by beside what they say: the first and last day of each origin (no day that is not over),
    and the moment.
    """

    spans: Mapping[str, tuple[date, date]]
    now: datetime
    zone: ZoneInfo


JudgedSums = dict[tuple[str, ...], dict[date, tuple[float, float]]]
"""Num and den by group and day; groups are by all dimensions of the metric, in the order of their names."""


@dataclass(frozen=True)
class Metric:
    """One metric. `feed` is what origins must deliver for it. `settles` says how long a day may still change after it
    ended; `scale` is the unit of num, for sums that are kept as whole numbers so that they add up alike in any order.
    `edges` gives the ends of a distribution's bins; `reduce` makes one value of the hours that open flags have waited
    and of the hours of their SLAs, or of the hours to the decisions of reports and of those that open ones have waited.
    With `censored` the open ones are cases too. `whole` are dimensions with so many values that it is split by them
    over the whole window only. `kept_by` are splits that are computed ahead because no cube knows them. `rows` is the
    query that, beside days and filters, finds the flags behind a figure; None where the day raised cannot. `live` gives
    the key of the metric that answers by less than a day. `judge` makes sums of rows that are none yet; it is given
    those of so many days `before` the first as well. `dimension` says which dimension of published counts a question
    reads: those of platforms are marginal, so that a question names one of the dimensions `apart` at most. Of those
    `overlapping` a case may have several values, and its groups add up to more than the whole.
    """

    key: str
    title: str
    unit: Unit
    kind: Kind
    statistics: Callable[[Ask], Statistics]
    definition: str
    clock: str
    dims: frozenset[Dim]
    feed: Feed = Feed.FLAGS
    better: Better = Better.NEITHER
    threshold: Threshold | None = None
    settles: Callable[[Policy], timedelta] = lambda _: timedelta(0)
    scale: float = 1
    privacy: Privacy = Privacy.OPEN
    edges: Callable[[int], tuple[float, float]] | None = None
    reduce: Callable[[NDArray[np.floating], NDArray[np.floating]], float | None] | None = None
    censored: bool = False
    whole: frozenset[Dim] = frozenset()
    kept_by: tuple[tuple[Dim, ...], ...] = ()
    rows: str | None = ""
    live: Callable[[Ask], str] | None = None
    judge: Callable[[Sequence[Any], "Sight"], "JudgedSums"] | None = None
    before: int = 0
    dimension: Callable[[Ask], str] | None = None
    apart: frozenset[Dim] = frozenset()
    overlapping: frozenset[Dim] = frozenset()
    reference: str = ""

    @property
    def first_sentence(self) -> str:
        """What the metric is, as shown on its card."""
        return self.definition.split(". ")[0].rstrip(".") + "."

    @property
    def family(self) -> str:
        """The module that declares it; the page of that name shows the family."""
        return self.statistics.__module__.rpartition(".")[2]

    @property
    def deferred(self) -> bool:
        """Whether it has answers that are computed ahead: those that must look at every row of their days, as durations
        always must and others when they are split by what no cube knows.
        """
        return self.kind is Kind.DURATIONS or bool(self.kept_by)

    def threshold_under(self, policy: Policy) -> Threshold | None:
        """The threshold in force: the one set, else the one declared."""
        return policy.thresholds.get(self.key, self.threshold)


METRICS: dict[str, Metric] = {}
"""Every metric by key, in the order of declaration; filled as the families are imported."""


def metric(
    title: str, unit: Unit, kind: Kind, *, dims: frozenset[Dim], clock: str = "day raised", **more: Any
) -> Callable[[Callable[[Ask], Statistics]], Callable[[Ask], Statistics]]:
    """Declare the decorated function a metric: its name is the key, its docstring the definition."""

    def declare(function: Callable[[Ask], Statistics]) -> Callable[[Ask], Statistics]:
        definition = " ".join(inspect.cleandoc(function.__doc__ or "").split())
        if Dim.REVIEWER in dims and more.get("privacy") is not Privacy.TEAM:
            raise ValueError(f"{function.__name__}: what is kept by reviewer is for leads only")
        if not PERSONS.isdisjoint(dims) and kind is not Kind.FLOW:
            raise ValueError(f"{function.__name__}: of single people only counts are told, which can be rounded")
        if not definition or function.__name__ in METRICS:
            raise ValueError(f"{function.__name__}: a metric has a definition and a key of its own")
        METRICS[function.__name__] = Metric(
            function.__name__, title, unit, kind, function, definition, clock, dims, **more
        )
        return function

    return declare
