"""The one door: only `measure` yields numbers."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.vocabulary import Dim, Severity
from dashapp.metrics.pool import Point, Pooling, by_group
from dashapp.metrics.query import cube_for
from dashapp.metrics.registry import Metric, Policy, Threshold
from dashapp.store.engine import TooSlow
from dashapp.store.reads import coverage_of, default_origins

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Desk:
    """Where and when a question is asked: a reading connection, the wall clock, and the settings numbers depend on."""

    connection: Connection
    now: datetime
    policy: Policy

    @property
    def today(self) -> date:
        """The day it is in the reporting zone."""
        return self.now.astimezone(self.policy.zone).date()


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
    from_facts: bool = False
    took: timedelta = timedelta(0)
    error: str | None = None
    refused: bool = False


def measure(desk: Desk, metric: Metric, ask: Ask) -> Measurement:
    """Answer a question about a metric. What goes wrong becomes the measurement's error, so that a page can go on."""
    started = time.perf_counter()
    asked = _with_origins(desk, ask)
    unknown = sorted(ask.dims - metric.dims)
    if unknown:
        return Measurement(metric, asked, error=f"{metric.title} is not kept by {' and '.join(unknown)}.", refused=True)
    if ask.trailing > 1 and ask.grain is not Grain.DAY:
        return Measurement(metric, asked, error="A trailing figure is given by day only.", refused=True)
    try:
        answer = _answer(desk, metric, asked)
    except TooSlow:
        return Measurement(metric, asked, error="This took too long. Try a shorter window or fewer filters.")
    except SQLAlchemyError:
        log.exception("metric %s failed", metric.key)
        return Measurement(metric, asked, error=f"{metric.title} could not be computed. The log says why.")
    return replace(answer, took=timedelta(seconds=time.perf_counter() - started))


def as_of(desk: Desk, ask_origins: tuple[str, ...] = ()) -> date:
    """The end of the last covered day of the chosen (else the default) origins; today when nothing is covered."""
    names = ask_origins or default_origins(desk.connection)
    return coverage_of(desk.connection, names, desk.today).as_of or desk.today


def _with_origins(desk: Desk, ask: Ask) -> Ask:
    """The question with its origins named: numbers of different systems are added only when that is meant."""
    return ask if ask.chosen(Dim.ORIGIN) else ask.where(Dim.ORIGIN, default_origins(desk.connection))


def _answer(desk: Desk, metric: Metric, ask: Ask) -> Measurement:
    reach = Window(ask.window.since - timedelta(days=ask.trailing - 1), ask.window.until)
    coverage = coverage_of(desk.connection, ask.chosen(Dim.ORIGIN), desk.today, reach)
    pooling = Pooling(ask, metric, coverage, desk.policy.zone, metric.settles(desk.policy), desk.now)
    rows = desk.connection.execute(metric.statistics(ask), _bound(desk, reach)).all()
    sums = by_group(rows, coverage.days)
    return Measurement(
        metric,
        ask,
        tuple(pooling.points(sums)),
        pooling.total(sums),
        coverage.as_of,
        metric.threshold_under(desk.policy),
        from_facts=cube_for(ask) is None,
    )


def _bound(desk: Desk, reach: Window) -> Mapping[str, Any]:
    """What statements are given when they run: the days, the SLA hours, and the last day each SLA has settled."""
    sla = desk.policy.sla
    return {
        "since": reach.since,
        "until": reach.until,
        **{f"sla_{severity.value}": sla[severity] for severity in Severity},
        **{f"settled_{severity.value}": _settled_day(desk, sla[severity]) for severity in Severity},
    }


def _settled_day(desk: Desk, hours: float) -> date:
    """The last day that was over, whole, `hours` ago."""
    return (desk.now - timedelta(hours=hours)).astimezone(desk.policy.zone).date() - timedelta(days=1)
