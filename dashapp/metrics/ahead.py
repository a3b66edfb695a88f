"""Answers that were computed ahead: which questions have one, and until when it is given."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from operator import itemgetter

from dashapp import __version__
from dashapp.domain.ask import Ask, to_filters
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim, Feed
from dashapp.metrics.desk import Desk, settled_day
from dashapp.metrics.measurement import Measurement
from dashapp.metrics.query import cube_for
from dashapp.metrics.query_reports import known_to_cube
from dashapp.metrics.registry import Kind, Metric, Policy, Privacy
from dashapp.metrics.written import read
from dashapp.store.snapshots import Stamp, find_snapshot, stamps

GIVEN = timedelta(hours=1)
"""For how long an answer is given after newer data came, or after cases that are open began to wait for longer."""
RENEWED = timedelta(minutes=30)
"""After which an answer is renewed in which open cases wait, whether data have come or not."""
MOST_QUESTION = 500
"""Characters of a question that the store takes."""


def reads_facts(metric: Metric, ask: Ask) -> bool:
    """Whether a question is answered from all rows of its days: no cube knows its dimensions together, or how long each
    took.
    """
    if metric.feed in (Feed.AGGREGATES, Feed.LIVE, Feed.WIRE, Feed.ANY):
        return False
    if metric.feed is Feed.FLAGS:
        return metric.kind is not Kind.AGES and metric.edges is None and cube_for(ask) is None
    return metric.kind is Kind.DURATIONS or not known_to_cube(metric.feed, ask)


def question(desk: Desk, metric: Metric, asked: Ask) -> str | None:
    """How the store knows a question: as the query string of an address, with a digest of all else that the answer
    depends on. None where an answer may not be kept, or is not worth it: what is for leads only, what a cube
    answers, and what is filtered.
    """
    usual = to_filters({Dim.ORIGIN: desk.default_origins(metric.feed)})
    if not metric.deferred or metric.privacy is Privacy.TEAM or asked.filters != usual or asked.trailing > 1:
        return None
    if not reads_facts(metric, asked):
        return None
    window = asked.window
    view = View(since=window.since, until=window.until, grain=asked.grain, by=asked.by, filters=asked.filters)
    text = f"{view.query()}&with={_digest(metric, desk.policy)}"
    return text if len(text) <= MOST_QUESTION else None


def _digest(metric: Metric, policy: Policy) -> str:
    """The settings that numbers depend on, and the definition: after an update it may be another."""
    sla = sorted(((severity.value, hours) for severity, hours in policy.sla.items()), key=itemgetter(0))
    held = [policy.zone.key, sla, policy.small_group, metric.definition, __version__]
    return sha256(json.dumps(held).encode()).hexdigest()[:16]


def is_fresh(desk: Desk, metric: Metric, stamp: Stamp) -> bool:
    """Whether computing anew would say the same, but for the minutes that open cases have waited since."""
    same = stamp.version == desk.version and _same_day(desk, metric, stamp.computed_at)
    return same and (not metric.censored or abs(desk.now - stamp.computed_at) <= RENEWED)


def _same_day(desk: Desk, metric: Metric, then: datetime) -> bool:
    """Whether the clock makes no difference to which days are over and which have settled."""
    before = replace(desk, now=then)
    return (before.today, settled_day(before, metric)) == (desk.today, settled_day(desk, metric))


def computed_ahead(desk: Desk, metric: Metric, asked: Ask) -> Measurement | None:
    """The answer that was computed ahead, where there is one that is fresh, or for so short a time no more that the job
    will soon renew it.
    """
    key = question(desk, metric, asked) if desk.ahead else None
    stamp = desk.once("stamps", lambda: stamps(desk.connection)).get((metric.key, key)) if key else None
    if stamp is None or (not is_fresh(desk, metric, stamp) and abs(desk.now - stamp.computed_at) > GIVEN):
        return None
    text = find_snapshot(desk.connection, (metric.key, key or ""))
    if text is None:
        return None
    return replace(
        read(text, metric, asked),
        threshold=metric.threshold_under(desk.policy),
        computed_at=stamp.computed_at.astimezone(desk.policy.zone),
        outdated=stamp.version != desk.version,
    )
