"""Flags that are raised and decided over the wire."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from operator import itemgetter

from sqlalchemy import Connection

from dashapp.domain.events import Flag, FlagDecided
from dashapp.domain.messages import MOST_HOURS, FlagRow
from dashapp.ingest.reasons import CLOSED
from dashapp.ingest.settled import decided_at, fill, settle
from dashapp.ingest.wire import Arrival, Receipt
from dashapp.store.closed import first_open_day
from dashapp.store.event_writes import Named, change, find
from dashapp.store.schema import dirty_day, flag
from dashapp.store.writes import Row, mark, put_flags

SAME = tuple(name for name in Flag.model_fields if name in FlagRow.model_fields and name != "reviewer_id")
"""The fields that a flag has on the wire as in the store."""
COLUMNS = ("origin", "flagged_day", "flagged_at", "decided_day", "flag_id", *SAME, "reviewer_id")
SAID = itemgetter("id", *SAME, "reviewer_id")
FIELDS = {"flagged_at": "at", "flagged_day": "at", "decided_at": "at"}
DECIDED = ("decided_at", "decided_day", "hours_to_decision", "label", "decision_id", "reviewer_id")
"""The columns that a decision sets."""


def take_flags(connection: Connection, arrivals: Sequence[Arrival[Flag]], receipt: Receipt) -> None:
    """Store flags. One sent again without a time is of the time of its first receipt."""
    rows = [_row(arrival, receipt) for arrival in arrivals]
    stamped = [row for arrival, row in zip(arrivals, rows, strict=True) if arrival.stamped]
    if stamped:
        times = ("flagged_at", "flagged_day")
        stored = find(connection, flag, "flag_id", {_key(row) for row in stamped}, times)
        for row in stamped:
            row.update((name, stored[_key(row)][name]) for name in times if _key(row) in stored)
    counts = put_flags(connection, rows)
    settle(arrivals, counts, FIELDS)
    _accept_reassigned(connection, [arrivals[place] for place, column in counts.conflicts if column == "reviewer_id"])


def _row(arrival: Arrival[Flag], receipt: Receipt) -> Row:
    """A flag as the store keeps it; the reviewer last, so that any other conflict shows before one over who decided."""
    day = arrival.at.astimezone(receipt.zone).date()
    values = (arrival.origin, day, arrival.at, None, *SAID(vars(arrival.message)))
    return dict(zip(COLUMNS, values, strict=True))


def _key(row: Row) -> Named:
    return row["origin"], row["flag_id"]


def _accept_reassigned(connection: Connection, arrivals: Sequence[Arrival[Flag]]) -> None:
    """Take flags as sent before that name another reviewer than the one who has since decided them."""
    wanted = {(arrival.origin, arrival.message.id) for arrival in arrivals}
    stored = find(connection, flag, "flag_id", wanted, ["decided_at"])
    for arrival in arrivals:
        if stored[arrival.origin, arrival.message.id]["decided_at"] is not None:
            arrival.problem, arrival.repeated = None, True


def decide_flags(connection: Connection, arrivals: Sequence[Arrival[FlagDecided]], receipt: Receipt) -> None:
    """Store decisions on flags; a decision on one that was never sent is refused."""
    wanted = {(arrival.origin, arrival.message.flag_id) for arrival in arrivals}
    stored = find(connection, flag, "flag_id", wanted, ("flagged_day", "flagged_at", *DECIDED))
    changed: dict[int, Row] = {}
    closed, days = first_open_day(connection), set()
    for arrival in arrivals:
        row = stored.get((arrival.origin, arrival.message.flag_id))
        if row is None:
            arrival.refuse("flag_id", "is not known; send the flag first")
        elif closed and arrival.at.astimezone(receipt.zone).date() < closed:
            arrival.refuse("at", CLOSED)
        elif _decide(arrival, row, receipt):
            changed[row["id"]] = {name: row[name] for name in ("id", *DECIDED)}
            days |= {(arrival.origin, row["flagged_day"]), (arrival.origin, row["decided_day"])}
    change(connection, flag, list(changed.values()))
    mark(connection, dirty_day, days)


def _decide(arrival: Arrival[FlagDecided], row: Row, receipt: Receipt) -> bool:
    """Change the row as the event says, and return whether that changes anything. The hours of a flag that has only a
    day count from the midnight it began with, as those of an import do.
    """
    message = arrival.message
    said = {"label": message.label, "decision_id": message.decision_id, "reviewer_id": message.reviewer_id}
    if row["decided_day"] is not None:
        if not arrival.stamped and row["decided_at"] not in (None, arrival.at):
            arrival.refuse("at", "is not what is stored")
            return False
        return fill(arrival, row, said)
    since = row["flagged_at"] or datetime.combine(row["flagged_day"], time(), receipt.zone).astimezone(UTC)
    at = decided_at(arrival, since, "the flag was raised")
    if at is None:
        return False
    hours = (at - since).total_seconds() / 3600
    if hours > MOST_HOURS:
        arrival.refuse("at", "lies more than ten years after the flag was raised")
        return False
    given = {name: value for name, value in said.items() if value is not None}
    row.update(given, decided_at=at, decided_day=at.astimezone(receipt.zone).date(), hours_to_decision=hours)
    return True
