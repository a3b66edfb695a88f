"""Whether the flags of a day hang together, read from what the store counted of them."""

import numpy as np
from sqlalchemy import Connection

from dashapp.metrics.counted import Counted, Mask, Numbers
from dashapp.stats.coordination import SIGNALS, Signals, judge
from dashapp.store.raised import signals_within

COLUMNS = tuple(dict.fromkeys(name for signal in SIGNALS for name in (signal.of, signal.seen)))


def coordination(
    connection: Connection, origin: str, found: Counted, excluded: Mask
) -> tuple[Numbers, dict[str, Numbers]]:
    """The chance of signals as strong as those of each category and day, of all together and of each by its name; NaN
    where they cannot be judged. `found` are counts by category; `excluded` days are part of no baseline.
    """
    read = _read(connection, origin, found)
    if not any((read[signal.of] > 0).any() for signal in SIGNALS):
        nothing = np.full(found.counts.shape, np.nan)
        return nothing, {signal.name: nothing for signal in SIGNALS}
    judged = judge(Signals(**read), excluded)
    return judged.combined, {signal.name: judged.p[place] for place, signal in enumerate(SIGNALS)}


def _read(connection: Connection, origin: str, found: Counted) -> dict[str, Numbers]:
    """The statistics by category and day: 0 on a day without flags of the category, NaN on one that is not covered."""
    place = {group[0]: number for number, group in enumerate(found.groups)}
    covered = np.where(np.isfinite(found.counts), 0.0, np.nan)
    read = {name: covered.copy() for name in COLUMNS}
    for category, day, *values in signals_within(connection, origin, found.days, COLUMNS):
        if category in place:
            at = place[category], (day - found.days.since).days
            for name, value in zip(COLUMNS, values, strict=True):
                read[name][at] = np.nan if value is None else value
    return read
