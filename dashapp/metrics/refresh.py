"""Computes ahead what takes long, and keeps the answers."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from dashapp.domain.ask import Ask
from dashapp.metrics.ahead import is_fresh, question
from dashapp.metrics.desk import Desk, with_origins
from dashapp.metrics.measure import measure
from dashapp.metrics.registry import Metric, Policy
from dashapp.metrics.standard import standard
from dashapp.metrics.written import written
from dashapp.store.snapshots import Key, Stamp, forget_snapshots, put_snapshot, stamps

SECONDS = 600
"""Longest time that one read may take."""

NOT_KEPT = "The figures are new, but could not be kept. The log says why."

log = logging.getLogger(__name__)


def refresh(
    reader: Engine, writer: Engine, policy: Policy, now: datetime, check: Callable[[], None] = lambda: None
) -> dict[str, int]:
    """Compute the answers to the standard questions that are not fresh, and delete those to other questions. Returns
    how many were computed, were fresh already, failed and were deleted.

    All is read in one transaction, for many are made of the same rows; each answer is kept in one of its own, so that
    whoever writes waits for one only and nothing is lost that was done when the process ends; `check` may end it.
    """
    counts = Counter(computed=0, fresh=0, failed=0, deleted=0)
    with reader.connect() as connection:
        connection.execution_options(seconds=SECONDS)
        desk, held = Desk(connection, now, policy), stamps(connection)
        wanted = {key: (metric, ask) for metric, ask in standard(desk) if (key := _key(desk, metric, ask))}
        for key, (metric, ask) in wanted.items():
            if key in held and is_fresh(desk, metric, held[key]):
                counts["fresh"] += 1
            else:
                check()
                counts["failed" if _renewed(desk, writer, metric, ask) else "computed"] += 1
    others = held.keys() - wanted.keys()
    with writer.begin() as connection:
        forget_snapshots(connection, others)
    return {**counts, "deleted": len(others)}


def renew(desk: Desk, writer: Engine, asked: Iterable[tuple[Metric, Ask]]) -> str | None:
    """Compute answers anew, so that the desk has them, and keep those to standard questions; with each go the other
    standard ones of its metric and window, which are made of the same rows. Returns what went wrong, if anything did.
    """
    kept = list(standard(desk))
    wanted = dict.fromkeys((metric, with_origins(desk, ask, metric.feed)) for metric, ask in asked)
    beside = [one for one in kept if any(one[0] is metric and one[1].window == ask.window for metric, ask in wanted)]
    problems = [
        _renewed(desk, writer, metric, ask, keep=(metric, ask) in kept)
        for metric, ask in dict.fromkeys((*wanted, *beside))
    ]
    return next(filter(None, problems), None)


def _key(desk: Desk, metric: Metric, ask: Ask) -> Key | None:
    text = question(desk, metric, ask)
    return (metric.key, text) if text else None


def _renewed(desk: Desk, writer: Engine, metric: Metric, ask: Ask, *, keep: bool = True) -> str | None:
    """Compute one answer anew and keep it; what went wrong, if anything did."""
    answer = measure(replace(desk, ahead=False), metric, ask)
    if answer.error:
        log.warning("%s from %s to %s was not refreshed: %s", metric.key, *_ends(ask), answer.error)
        return answer.error
    key = _key(desk, metric, answer.ask) if keep else None
    if key is None:
        return None
    try:
        with writer.begin() as connection:
            stamp = Stamp(desk.version, desk.now)
            put_snapshot(connection, key, stamp, written(answer), answer.took.total_seconds())
    except SQLAlchemyError:
        log.exception("%s from %s to %s could not be kept", metric.key, *_ends(ask))
        return NOT_KEPT
    return None


def _ends(ask: Ask) -> tuple[str, str]:
    return ask.window.since.isoformat(), ask.window.until.isoformat()
