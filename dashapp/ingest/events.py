"""Events into the store: a batch is one transaction, so what is answered as taken is durable, and nothing is taken
half.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from dashapp.domain.events import Flag, FlagDecided, ModerationDecision, ModerationReport
from dashapp.domain.vocabulary import Dim, Feed
from dashapp.ingest.event_flags import decide_flags, take_flags
from dashapp.ingest.event_reports import live_rows, take_decisions, take_reports
from dashapp.ingest.wire import Arrival, Batch, Numbered, Receipt, Refused, read
from dashapp.store.event_writes import (
    Named,
    count_live,
    count_outcomes,
    cover,
    forget,
    forget_before,
    note_deliveries,
    remember,
)
from dashapp.store.values import FirstDays, note_values

FEEDS: dict[type, Feed] = {
    Flag: Feed.FLAGS,
    FlagDecided: Feed.FLAGS,
    ModerationReport: Feed.REPORTS,
    ModerationDecision: Feed.DECISIONS,
}
TAKERS: dict[type, Callable[[Connection, list[Any], Receipt], None]] = {
    Flag: take_flags,
    FlagDecided: decide_flags,
    ModerationReport: take_reports,
    ModerationDecision: take_decisions,
}
"""What stores the events of each type, in this order: a flag or report may be decided in the batch that brings it."""

AT_ONCE = 5_000
"""Events of a type that are stored together: a statement may hold no more than some ten thousand values."""


@dataclass
class Result:
    """What became of events: how many were new and how many had been seen before, and the lines that were refused."""

    new: int = 0
    seen: int = 0
    refused: list[Refused] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The result as plain values."""
        return {"new": self.new, "seen": self.seen, "refused": [refused.as_json() for refused in self.refused]}


def take_lines(engine: Engine, lines: Iterable[Numbered], receipt: Receipt, most: int | None = None) -> Result:
    """Take lines in as one transaction, unless they hold more than `most` events (TooMany). They are read before it
    begins, so that other writers wait for less.
    """
    batch = read(lines, receipt, most)
    with engine.begin() as connection:
        return take(connection, batch, receipt)


def take(connection: Connection, batch: Batch, receipt: Receipt) -> Result:
    """Give events their effects in the caller's transaction, and say what became of each line."""
    twins = _set_aside_known(connection, batch.arrivals, receipt)
    kinds: defaultdict[type, list[Arrival[Any]]] = defaultdict(list)
    for arrival in batch.arrivals:
        if not arrival.repeated:
            kinds[type(arrival.message)].append(arrival)
    for kind, taker in TAKERS.items():
        for start in range(0, len(kinds[kind]), AT_ONCE):
            taker(connection, kinds[kind][start : start + AT_ONCE], receipt)
    _forget_refused(connection, batch.arrivals, twins)
    live = [*kinds[ModerationReport], *kinds[ModerationDecision]]
    count_live(connection, live_rows(live))
    _note_media_types(connection, live, receipt)
    cover(connection, _days(batch.arrivals, receipt))
    return _concluded(connection, batch, receipt)


def _set_aside_known(
    connection: Connection, arrivals: list[Arrival[Any]], receipt: Receipt
) -> dict[Arrival[Any], Arrival[Any]]:
    """Mark events whose ids are known as repeated. Of those that come twice in the batch, return the second with its
    first. A flag needs none of this: its id is its own.
    """
    firsts: dict[Named, Arrival[Any]] = {}
    twins: dict[Arrival[Any], Arrival[Any]] = {}
    for arrival in arrivals:
        if type(arrival.message) is not Flag and arrival.message.id is not None:
            first = firsts.setdefault((arrival.origin, arrival.message.id), arrival)
            if first is not arrival:
                arrival.repeated, twins[arrival] = True, first
    if firsts:
        forget_before(connection, receipt.today - timedelta(days=receipt.id_days))
        for known in remember(connection, firsts.keys(), receipt.today):
            firsts[known].repeated = True
    return twins


def _forget_refused(
    connection: Connection, arrivals: list[Arrival[Any]], twins: dict[Arrival[Any], Arrival[Any]]
) -> None:
    """Forget the ids of refused events, and refuse those that came in the batch a second time as well."""
    refused = [one for one in arrivals if one.problem and type(one.message) is not Flag]
    forget(connection, [(one.origin, one.message.id) for one in refused if one.message.id is not None])
    for twin, first in twins.items():
        twin.problem = first.problem


def _days(arrivals: list[Arrival[Any]], receipt: Receipt) -> dict[tuple[str, Feed], set[date]]:
    """The days that facts, which events with an id of their own become, tell of."""
    days: defaultdict[tuple[str, Feed], set[date]] = defaultdict(set)
    for arrival in arrivals:
        if arrival.taken and _is_fact(arrival):
            days[arrival.origin, FEEDS[type(arrival.message)]].add(arrival.at.astimezone(receipt.zone).date())
    return days


def _note_media_types(connection: Connection, arrivals: list[Arrival[Any]], receipt: Receipt) -> None:
    """Note media types, which live counts are filtered by and which no fact may tell."""
    first_days: defaultdict[str, FirstDays] = defaultdict(dict)
    for arrival in arrivals:
        if arrival.taken:
            known, key = first_days[arrival.origin], (Dim.MEDIA_TYPE, arrival.message.media_type)
            known[key] = min(known.get(key, date.max), arrival.at.astimezone(receipt.zone).date())
    for name, found in first_days.items():
        note_values(connection, name, found)


def _is_fact(arrival: Arrival[Any]) -> bool:
    match arrival.message:
        case ModerationReport(report_id=key) | ModerationDecision(decision_id=key):
            return key is not None
    return True


def _concluded(connection: Connection, batch: Batch, receipt: Receipt) -> Result:
    """Count what became of the batch, for the store and for its sender."""
    problems = [
        Refused(arrival.line, *arrival.problem, arrival.origin) for arrival in batch.arrivals if arrival.problem
    ]
    refused = sorted([*batch.refused, *problems], key=lambda one: one.line)
    outcomes = Counter((arrival.origin, "new") for arrival in batch.arrivals if arrival.taken)
    outcomes.update((one.origin, "seen") for one in batch.arrivals if one.repeated and not one.problem)
    note_deliveries(connection, sorted({name for name, _ in outcomes}), receipt.now)
    counts = Counter(word for _, word in outcomes.elements())
    outcomes.update((one.origin, "refused") for one in refused)
    count_outcomes(connection, receipt.today, outcomes + batch.clocks)
    return Result(counts["new"], counts["seen"], refused)
