"""`GET /metrics` for Prometheus: what the processes have counted, and what the store says of itself."""

import logging
import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from flask import Response, request
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from dashapp import __version__
from dashapp.store.engine import TooSlow
from dashapp.store.runs import JobState
from dashapp.store.vitals import Vitals, vitals
from dashapp.web.desk import Services, services
from dashapp.web.meter_files import VARIABLE, summed

log = logging.getLogger(__name__)

MOST_ORIGINS = 50
"""That are told of by name: their names come from outside."""
OTHER = "(other)"


class _Collector(Collector):
    """What is to be told at this moment."""

    def __init__(self, held: Services) -> None:
        self.held = held

    def collect(self) -> Iterator[Metric]:
        yield from _counted(self.held)
        about = {"version": __version__, "python": platform.python_version()}
        yield InfoMetricFamily("watchfloor_build", "What is running", about)
        yield from _of_store(self.held)


def metrics() -> Response:
    """Everything, in the form that is asked for."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(services()))
    write, mimetype = choose_encoder(request.headers.get("Accept", ""))
    return Response(write(registry), content_type=mimetype, headers={"Cache-Control": "no-store"})


def _counted(held: Services) -> Iterable[Metric]:
    """What the processes have counted; nothing where the files that they count in are gone."""
    folder = os.environ.get(VARIABLE)
    try:
        return summed(Path(folder)) if folder else held.meters.registry.collect()
    except Exception:  # files that break off may be read as anything
        log.exception("the counters cannot be read for /metrics")
        return []


def _of_store(held: Services) -> Iterable[Metric]:
    """What the store says of itself; of one that cannot be read, that."""
    now = held.clock()
    try:
        with held.store.connect() as connection:
            found = vitals(connection, now)
    except (SQLAlchemyError, TooSlow) as error:
        log.warning("the database did not answer for /metrics: %s", type(error).__name__)
        return [_gauge("watchfloor_up_database", "Whether the database answers", 0)]
    return [
        _gauge("watchfloor_up_database", "Whether the database answers", 1),
        _gauge("watchfloor_rollup_waiting_days", "Days of origins that wait to be rolled up", found.waiting_days),
        _ages("watchfloor_data_age_seconds", "Since an origin last delivered anything", found.delivered, now),
        _ages(
            "watchfloor_event_age_seconds", "Since the five minutes of an origin's last event", found.last_events, now
        ),
        _received(found),
        *_jobs(found.jobs),
    ]


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value)


def _ages(name: str, about: str, moments: Mapping[str, datetime], now: datetime) -> Metric:
    """Seconds since the moments, of the origins that were heard of last."""
    family = GaugeMetricFamily(name, about, labels=["origin"])
    latest = sorted(moments, key=lambda origin: (moments[origin], origin), reverse=True)
    for origin in latest[:MOST_ORIGINS]:
        family.add_metric([origin], max((now - moments[origin]).total_seconds(), 0))
    return family


def _received(found: Vitals) -> Metric:
    """Events by outcome and origin; those of origins beyond the first by name together."""
    family = CounterMetricFamily(
        "watchfloor_events", "Events received, by origin and outcome", labels=["origin", "outcome"]
    )
    named = set(sorted({origin for origin, _ in found.received})[:MOST_ORIGINS])
    sums: dict[tuple[str, str], int] = {}
    for (origin, outcome), count in sorted(found.received.items()):
        key = (origin if origin in named else OTHER, outcome)
        sums[key] = sums.get(key, 0) + count
    for labels, count in sums.items():
        family.add_metric(labels, count)
    return family


def _jobs(jobs: Iterable[JobState]) -> Iterator[Metric]:
    """Of every job when it last ran and last ended well (Unix time), how long that took, and what failed since."""
    begun, ended, took, failed = (
        GaugeMetricFamily(f"watchfloor_job_{name}", about, labels=["job"])
        for name, about in (
            ("last_run_timestamp_seconds", "When a job last began"),
            ("last_success_timestamp_seconds", "When a job last ended well"),
            ("last_success_duration_seconds", "How long the last run took that ended well"),
            ("failures_since_success", "Runs that failed or were lost since a job last ended well"),
        )
    )
    for state in jobs:
        name, done = [state.last.job], state.done
        begun.add_metric(name, state.last.begun_at.timestamp())
        failed.add_metric(name, state.failures)
        if done and done.ended_at:
            ended.add_metric(name, done.ended_at.timestamp())
        if done and done.seconds is not None:
            took.add_metric(name, done.seconds)
    yield from (begun, ended, took, failed)
