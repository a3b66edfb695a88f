"""Puts the synthetic platform into the store, in place of an earlier one."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, islice

from sqlalchemy import Engine

from dashapp.demo.generate import flags
from dashapp.demo.plan import Demo, covered, incidents, reviewers
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.reads import DEMO
from dashapp.store.rollup import rollup

BATCH = 5000
"""Flags in one insert."""


def load(
    engine: Engine, settings: Settings, now: datetime, *, days: int = 90, seed: int = 42, scale: float = 1.0
) -> int:
    """Generate and store `days` days up to `now`, in one transaction with what is derived from them.

    Returns the number of flags; `scale` 1 is about 470 a day. An earlier demo is removed with all that came of it.
    """
    demo = Demo(now, settings.zone, days, seed, scale)
    with engine.begin() as connection:
        writes.remove_origin(connection, DEMO)
        writes.put_origin(connection, DEMO, DEMO, now)
        writes.put_coverage(connection, DEMO, covered(demo))
        writes.put_reviewers(connection, DEMO, reviewers(scale), replace=False)
        if attacks := incidents(demo):
            writes.put_incidents(connection, DEMO, attacks, replace=False)
        loaded = sum(writes.put_flags(connection, batch).new for batch in _batches(flags(demo)))
        rollup(connection, settings.sla)
    return loaded


def _batches(days: Iterable[list[writes.Row]]) -> Iterator[list[writes.Row]]:
    rows = ({"origin": DEMO, **row} for row in chain.from_iterable(days))
    while batch := list(islice(rows, BATCH)):
        yield batch
