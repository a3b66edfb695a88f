"""Puts the synthetic platform into the store, in place of an earlier one."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from dashapp.demo.generate import batches
from dashapp.demo.live import DAYS, live_counts
from dashapp.demo.openverse import day_of
from dashapp.demo.plan import Demo, delivered, incidents, reviewers
from dashapp.domain.vocabulary import Feed
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.event_writes import count_live
from dashapp.store.reads import DEMO
from dashapp.store.rollup import rollup

Progress = Callable[[str, int, int], None]
"""Is told what is being made, how many days of it are done, and how many there are."""


def load(
    engine: Engine,
    settings: Settings,
    now: datetime,
    *,
    days: int = 90,
    seed: int = 42,
    scale: float = 1.0,
    progress: Progress = lambda _what, _done, _steps: None,
) -> int:
    """Generate and store `days` days up to `now`, in one transaction with what is derived from them.

    Returns the number of flags; `scale` 1 is about 470 a day, and 40 reports. An earlier demo is removed with all that
    came of it. No more than some thousand flags are held at a time, whatever the scale.
    """
    demo = Demo(now, settings.zone, days, seed, scale)
    with engine.begin() as connection:
        writes.remove_origin(connection, DEMO)
        writes.put_origin(connection, DEMO, DEMO, now)
        for feed in (Feed.FLAGS, Feed.REPORTS, Feed.DECISIONS):
            writes.put_coverage(connection, DEMO, [demo.day(back) for back in delivered(demo)], feed)
        writes.put_reviewers(connection, DEMO, reviewers(scale), replace=False)
        if attacks := incidents(demo):
            writes.put_incidents(connection, DEMO, attacks, replace=False)
        loaded = _put_days(connection, demo, progress)
        rollup(connection, settings.sla)
        return loaded


def _put_days(connection: Connection, demo: Demo, progress: Progress) -> int:
    """Store the flags, reports and decisions, a day at a time, and return how many flags they are."""
    loaded = 0
    backs = delivered(demo)
    for done, back in enumerate(backs, start=1):
        loaded += sum(writes.put_flags(connection, batch).new for batch in batches(demo, back))
        day = day_of(demo, back)
        writes.put_reports(connection, [writes.report_row(DEMO, one, demo.zone) for one in day.reports])
        writes.put_decisions(connection, [writes.decision_row(DEMO, one, demo.zone) for one in day.decisions])
        count_live(connection, live_counts(day, demo.now - timedelta(days=DAYS), demo.now))
        progress("demo", done, len(backs))
    return loaded
