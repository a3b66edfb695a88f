"""What `measure` answers."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dashapp.domain.ask import Ask
from dashapp.domain.threshold import Threshold
from dashapp.metrics.pool import Point
from dashapp.metrics.registry import Metric
from dashapp.metrics.spread import Spread


@dataclass(frozen=True)
class Measurement:
    """An answer. `total` pools the whole window and all groups; `error` says in a sentence why there is no answer, and
    `refused` that the reason lies in the question.
    """

    metric: Metric
    ask: Ask
    points: tuple[Point, ...] = ()
    total: Point | None = None
    as_of: date | None = None
    threshold: Threshold | None = None
    spreads: tuple[Spread, ...] = ()
    from_facts: bool = False
    rounded_to: int = 0
    """The steps in which counts of people are told; people without one are left out. 0 where all is told."""
    left_out: int = 0
    """Cases of which it is not known when they were decided."""
    took: timedelta = timedelta(0)
    computed_at: datetime | None = None
    """When it was computed, by the clock of the reporting zone, where that may have been before it was asked for."""
    outdated: bool = False
    """Whether data have come since it was computed."""
    error: str | None = None
    refused: bool = False
