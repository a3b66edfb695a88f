"""What an event may still change of what is stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dashapp.ingest.reasons import CLOSED
from dashapp.ingest.wire import Arrival, Message
from dashapp.store.writes import Counts

OTHERWISE = "is not what is stored"


def settle(arrivals: Sequence[Arrival[Message]], counts: Counts, fields: Mapping[str, str]) -> None:
    """Tell events what became of their rows; `fields` are those of the wire by column, where they differ."""
    for place in counts.updated_places:
        arrivals[place].filled = True
    for place in counts.seen_places:
        arrivals[place].repeated = True
    for place in counts.closed_places:
        arrivals[place].refuse("at", CLOSED)
    for place, column in counts.conflicts:
        arrivals[place].refuse(fields.get(column, column), OTHERWISE)


def fill(arrival: Arrival[Message], old: dict[str, Any], said: Mapping[str, Any]) -> bool:
    """Fill the gaps of a stored row with what an event says, and return whether there were any; refuse another value.
    What the event leaves out it does not take back.
    """
    change = {name: value for name, value in said.items() if value is not None and value != old[name]}
    if clash := next((name for name in change if old[name] is not None), None):
        arrival.refuse(clash, OTHERWISE)
        return False
    old.update(change)
    arrival.repeated, arrival.filled = not change, bool(change)
    return bool(change)


def decided_at(arrival: Arrival[Message], since: datetime | None, what: str) -> datetime | None:
    """When something was decided; None, and the event refused, when that is before it was there. A time of receipt
    gives way to a sender whose clock is ahead.
    """
    if since is None or arrival.at >= since:
        return arrival.at
    if arrival.stamped:
        return since
    arrival.refuse("at", f"lies before {what}")
    return None
