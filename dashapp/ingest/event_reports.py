"""Reports and decisions that are made over the wire: facts where they have ids of their own, and live counts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table

from dashapp.domain.events import ModerationDecision, ModerationReport
from dashapp.domain.messages import DecisionRow, ReportRow
from dashapp.domain.vocabulary import NOT_GIVEN, Event, Scope
from dashapp.ingest.settled import OTHERWISE, decided_at, fill, settle
from dashapp.ingest.wire import Arrival, Message, Receipt
from dashapp.store.event_writes import change, find
from dashapp.store.moderation import LIVE, decision, dirty_report_day, report
from dashapp.store.writes import Row, mark, put_decisions, put_reports

BIN_SECONDS = 300
OF_REPORT = tuple(name for name in ModerationReport.model_fields if name in ReportRow.model_fields)
OF_DECISION = tuple(name for name in ModerationDecision.model_fields if name in DecisionRow.model_fields)
"""The fields that reports and decisions have on the wire as in the store."""
SAME = ("media_type", "violation")
"""What a report is reviewed as is what it was made as."""
CLOSING = ("action", "decided_at", "decision_id")
"""The columns of a report that a decision sets."""
TIMES = {
    "report": ("report_id", ("created_at", "created_day")),
    "decision": ("decision_id", ("decided_at", "decided_day")),
    "flag": ("flag_id", ("flagged_at", "flagged_day")),
}
"""The key of each table, and the columns that an event's time goes into."""


def take_reports(connection: Connection, arrivals: Sequence[Arrival[ModerationReport]], receipt: Receipt) -> None:
    """Store reports that came in, then close those that were decided."""
    known = [arrival for arrival in arrivals if arrival.message.report_id is not None]
    created = [arrival for arrival in known if arrival.message.event is Event.CREATED]
    if created:
        _create(connection, created, receipt)
    reviewed = [arrival for arrival in known if arrival.message.event is Event.REVIEWED]
    if reviewed:
        _close(connection, reviewed)


def _create(connection: Connection, arrivals: Sequence[Arrival[ModerationReport]], receipt: Receipt) -> None:
    """Store reports. One sent again without a time is of the time of its first receipt, as is a decision."""
    rows = [_row(arrival, "created", OF_REPORT, receipt) for arrival in arrivals]
    _keep_times(connection, report, arrivals, rows)
    settle(arrivals, put_reports(connection, rows), {"created_at": "at", "created_day": "at"})


def take_decisions(connection: Connection, arrivals: Sequence[Arrival[ModerationDecision]], receipt: Receipt) -> None:
    """Store decisions."""
    known = [arrival for arrival in arrivals if arrival.message.decision_id is not None]
    rows = [_row(arrival, "decided", OF_DECISION, receipt) for arrival in known]
    _keep_times(connection, decision, known, rows)
    settle(known, put_decisions(connection, rows), {"decided_at": "at", "decided_day": "at"})


def _row(arrival: Arrival[Message], was: str, names: Iterable[str], receipt: Receipt) -> Row:
    """A report or decision as the store keeps it; `was` says what it was at its moment: created or decided."""
    said = vars(arrival.message)
    day = arrival.at.astimezone(receipt.zone).date()
    return {
        "origin": arrival.origin,
        f"{was}_at": arrival.at,
        f"{was}_day": day,
        **{name: said[name] for name in names},
    }


def _keep_times(
    connection: Connection, table: Table, arrivals: Sequence[Arrival[Message]], rows: Sequence[Row]
) -> None:
    """Give rows of which the time is only that of receipt the time that they are stored with."""
    key, times = TIMES[table.name]
    stamped = [row for arrival, row in zip(arrivals, rows, strict=True) if arrival.stamped]
    stored = find(connection, table, key, {(row["origin"], row[key]) for row in stamped}, times)
    for row in stamped:
        old = stored.get((row["origin"], row[key]), row)
        row.update((name, old[name]) for name in times)


def _close(connection: Connection, arrivals: Sequence[Arrival[ModerationReport]]) -> None:
    """Store how reports were decided; the decision on one that was never sent is refused."""
    wanted = [(arrival.origin, str(arrival.message.report_id)) for arrival in arrivals]
    stored = find(connection, report, "report_id", set(wanted), ("created_day", "created_at", *SAME, *CLOSING))
    changed: dict[int, Row] = {}
    days = set()
    for arrival, key in zip(arrivals, wanted, strict=True):
        row = stored.get(key)
        if row is None:
            arrival.refuse("report_id", "is not known; send the created report first")
        elif _decide(arrival, row):
            changed[row["id"]] = {name: row[name] for name in ("id", *CLOSING)}
            days.add((arrival.origin, row["created_day"]))
    change(connection, report, list(changed.values()))
    mark(connection, dirty_report_day, days)


def _decide(arrival: Arrival[ModerationReport], row: Row) -> bool:
    """Change the row as the event says, and return whether that changes anything."""
    message = arrival.message
    if other := next((name for name in SAME if getattr(message, name) != row[name]), None):
        arrival.refuse(other, OTHERWISE)
        return False
    if row["action"] is not None and row["action"] != message.decision_action:
        arrival.refuse("decision_action", OTHERWISE)
        return False
    said: dict[str, Any] = {"action": message.decision_action}
    if row["decision_id"] is None:
        said["decision_id"] = message.decision_id
    if row["decided_at"] is None:
        said["decided_at"] = decided_at(arrival, row["created_at"], "the report was made")
    closed_before = row["action"] is not None
    if arrival.problem is not None or not fill(arrival, row, said):
        return False
    arrival.filled = closed_before
    return True


def live_rows(arrivals: Iterable[Arrival[Any]]) -> list[Row]:
    """Rows of `event_bin`: the events that tell of something new, and the records that they affected, by five
    minutes.
    """
    events: Counter[tuple[int, tuple[str, ...]]] = Counter()
    affected: Counter[tuple[int, tuple[str, ...]]] = Counter()
    for arrival in arrivals:
        if arrival.taken and not arrival.filled:
            begins = int(arrival.at.timestamp()) // BIN_SECONDS * BIN_SECONDS
            key = begins, (arrival.origin, *_counted_by(arrival.message))
            events[key] += 1
            affected[key] += getattr(arrival.message, "affected_records", 0)
    return [
        {
            **dict(zip(("origin", *LIVE), values, strict=True)),
            "bin": datetime.fromtimestamp(begins, UTC),
            "events": count,
            "affected": affected[begins, values],
        }
        for (begins, values), count in events.items()
    ]


def _counted_by(message: ModerationReport | ModerationDecision) -> tuple[str, ...]:
    """The values of LIVE."""
    if isinstance(message, ModerationReport):
        action = message.decision_action or NOT_GIVEN
        return "report", message.media_type, message.event, message.violation, action, NOT_GIVEN
    scope = Scope.SINGLE if message.affected_records == 1 else Scope.BULK
    return "decision", message.media_type, NOT_GIVEN, NOT_GIVEN, message.action, scope
