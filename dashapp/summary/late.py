"""Summaries that later data have overtaken: what was told, held against what it has settled at since."""

import re
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine

from dashapp.metrics import Desk
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store.summaries import Kept, standing_summaries, supersede
from dashapp.store.version import SUMMARIES, has_news, note_looked, version
from dashapp.summary.fact import Fact, Facts
from dashapp.summary.facts import gather
from dashapp.summary.figures import OF_THE_MOMENT
from dashapp.summary.measured import NOT_SETTLED, OTHER_DAYS
from dashapp.summary.weeks import NoWeek, Week

WEEKS = 8
"""The last weeks with a summary that are looked at again: what comes later changes no decision."""
SECONDS = 600
"""Longest time that one read may take."""

ROSTER = ("staffing.have", "staffing.capacity")
OF_THE_ROSTER = ("staffing.needed", "staffing.short", "staffing.workload", "utilisation")
"""Beginnings of the keys of what takes the reviewers of the moment for those of the week."""
IN_ORDER = re.compile(r"\.(known|found)_\d+\.")
"""Facts of one attack or incident, which go by its place among others."""


def changed(told: Facts, now: Facts) -> list[str]:
    """The keys of what was told of the week as a figure, settled or not, and has settled at another since. What rests
    on the roster is held against it as long as that is the same: who joined later did not decide in that week.
    """
    same = all(_text(told, key) == _text(now, key) for key in ROSTER)
    keys = [key for key, fact in told.known.items() if _of_the_week(fact) and _moved(fact, now.get(key))]
    return [key for key in keys if same or not key.startswith(OF_THE_ROSTER)]


def _text(facts: Facts, key: str) -> str:
    fact = facts.get(key)
    return fact.text if fact else ""


def _of_the_week(fact: Fact) -> bool:
    """Whether a fact is a figure that the days of the week gave: it says which."""
    return bool(fact.query) and fact.key not in OF_THE_MOMENT and not IN_ORDER.search(fact.key)


def _moved(told: Fact, now: Fact | None) -> bool:
    """Whether a figure has settled at another that is written otherwise and lies further off than rounding takes it, or
    one is known where none was, or none any more. What only could not be compared was not told.
    """
    if now is None or now.provisional or now.text == told.text:
        return False
    if {told.text, now.text} & {OTHER_DAYS, NOT_SETTLED}:
        return False
    if isinstance(told.value, int | float) and isinstance(now.value, int | float):
        return abs(now.value - told.value) > _rounding(told.text)
    return isinstance(told.value, int | float) or isinstance(now.value, int | float)


def _rounding(text: str) -> float:
    """How far a value may lie from its text: half of the last digit."""
    digits = re.search(r"\d\.(\d+)", text)
    return 0.5 * 10.0 ** -(len(digits[1]) if digits else 0)


def may_be_late(connection: Connection) -> bool:
    """Whether there is a summary that stands, and anything has changed since summaries were looked at."""
    return has_news(connection, SUMMARIES) and bool(standing_summaries(connection, WEEKS))


def look_again(
    reader: Engine, writer: Engine, settings: Settings, now: datetime, check: Callable[[], None] = lambda: None
) -> dict[str, int]:
    """Measure the last weeks again and mark the summaries that say otherwise. Returns how many were looked at, and how
    many of them are marked.
    """
    with reader.connect() as connection:
        seen, kept = version(connection), standing_summaries(connection, WEEKS)
        judged = not has_news(connection)
    marked = 0
    for one in kept:
        check()
        keys = _changed_since(reader, settings, now, one)
        if keys:
            with writer.begin() as connection:
                supersede(connection, one, keys, now)
            marked += 1
    if judged:  # else the detectors have still to say what they find in the newest data
        with writer.begin() as connection:
            note_looked(connection, seen, SUMMARIES)
    return {"summaries": len(kept), "superseded": marked}


def _changed_since(reader: Engine, settings: Settings, now: datetime, kept: Kept) -> list[str]:
    """What has settled at another value since a summary was kept; nothing where it cannot be measured any more."""
    with reader.connect() as connection:
        desk = Desk(connection.execution_options(seconds=SECONDS), now, policy_of(settings), ahead=False)
        try:
            return changed(Facts.read(kept.facts), gather(desk, Week.parse(kept.week), kept.filters))
        except NoWeek:  # filters that a later version does not know
            return []
