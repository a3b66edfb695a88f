"""What an analyst makes of an incident: what the browser sends, what is written, and what is said if it cannot be."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy import Engine

from dashapp.domain.vocabulary import Triage
from dashapp.store.findings import MOST_NOTE, triage
from dashapp.store.version import next_version

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""What no text has but line feeds and tabs."""
DIGITS = 18
"""Of a number that any store can hold."""


def number_of(address: str) -> int | None:
    """The incident that an address names; None where it names none."""
    given = parse_qs(address.lstrip("?")).get("id", [])
    return number_in(given[0]) if len(given) == 1 else None


def decide(writer: Engine, given: Mapping[str, Any], actor: str, now: datetime) -> str:
    """Write what an analyst said; returns what is wrong with it, or nothing. Of two at once the last one wins, and the
    trail has both. Detectors look again: what is confirmed is part of no baseline.
    """
    number, state = number_in(str(given.get("number", ""))), str(given.get("state"))
    note = str(given.get("note") or "").strip()
    if number is None or state not in set(Triage):
        return "That is no decision about an incident."
    if len(note) > MOST_NOTE or CONTROL.search(note):
        return f"A note is a text of at most {MOST_NOTE} characters, without control characters."
    with writer.begin() as connection:
        if triage(connection, number, Triage(state), note, actor, now) is None:
            return f"There is no incident {number}."
        next_version(connection)
    return ""


def number_in(text: str) -> int | None:
    """A number that the store may have; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else None
