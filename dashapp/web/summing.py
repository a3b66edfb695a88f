"""What readers make of a weekly summary: what the browser sends, what is written, what is said if it cannot be."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from dashapp.metrics import Desk, Policy
from dashapp.store.orders import MOST_OPEN, open_orders, put_order
from dashapp.store.summaries import Kept, approve, comment, get_summary
from dashapp.summary.scope import address, filters_of, origins_of
from dashapp.summary.weeks import NoWeek, Week, check
from dashapp.web.triaging import number_in

MOST_COMMENT = 2000
UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What no comment has: control characters but line feeds and tabs, what turns the order of words round, halves of
characters.
"""
NO_COMMENT = f"A comment is a text of at most {MOST_COMMENT:,} characters, without control characters."
CHANGED = "Somebody else has changed the comment meanwhile. It is shown now; yours was not saved."
FULL = f"{MOST_OPEN} summaries are waiting to be made already. Try again later."


class _Refused(ValueError):
    """Why something is not done, in words for who wanted it."""


def say(writer: Engine, given: Mapping[str, Any], actor: str, now: datetime, policy: Policy) -> str:
    """Order a summary, or comment on one or approve it; returns what is wrong, or nothing."""
    try:
        with writer.begin() as connection:
            if given.get("do") == "order":
                _order(Desk(connection, now, policy), given, actor)
            else:
                _edit(connection, given, actor, now)
    except (_Refused, NoWeek) as reason:
        text = str(reason)
        return f"{text[0].upper()}{text[1:]}"
    return ""


def _order(desk: Desk, given: Mapping[str, Any], actor: str) -> None:
    name = str(given.get("week") or "")
    week = Week.parse(name) if name else None
    filters = filters_of(str(given.get("filters") or ""))
    if week:
        check(desk, week, origins_of(filters))
    if open_orders(desk.connection) >= MOST_OPEN:
        raise _Refused(FULL)
    put_order(desk.connection, week.name if week else None, address(filters), actor, desk.now)


def _edit(connection: Connection, given: Mapping[str, Any], actor: str, now: datetime) -> None:
    """Keep the comment if it is another; what is approved is what stands in the form."""
    version, does = number_in(str(given.get("version", ""))), given.get("do")
    week = Week.parse(str(given.get("week", ""))).name
    kept = get_summary(connection, week, version) if version else None
    if kept is None or does not in ("comment", "approve"):
        raise _Refused("That is nothing to be done about a summary.")
    text, seen = (_text(given.get(name)) for name in ("comment", "before"))
    if len(text) > MOST_COMMENT or UNFIT.search(text):
        raise _Refused(NO_COMMENT)
    if text != (kept.comment or ""):
        _comment(connection, kept, text, seen, actor, now)
    if does == "approve":
        approve(connection, kept, actor, now)


def _comment(connection: Connection, kept: Kept, text: str, seen: str, actor: str, now: datetime) -> None:
    if seen != (kept.comment or ""):
        raise _Refused(CHANGED)
    comment(connection, kept, text or None, actor, now)


def _text(given: Any) -> str:
    """A text as a form sends it, with its ends of lines as line feeds."""
    return str(given or "").replace("\r\n", "\n").strip()
