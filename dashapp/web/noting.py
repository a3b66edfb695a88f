"""Notes on days: what the browser sends, what is written, and what is said if it cannot be."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine

from dashapp.domain.ask import FIRST_DAY, LAST_DAY
from dashapp.domain.view import MOST_VALUE
from dashapp.store.annotations import MOST_TEXT, Draft, add_annotation, remove_annotation
from dashapp.web.triaging import number_in

UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What no line of text has: control characters, ends of lines, halves of characters."""
NO_TEXT = f"A note is a line of 1 to {MOST_TEXT} characters, without control characters."
NO_DAYS = "A note has a first day and a last one that is not before it."
NO_CATEGORY = "A note is of one category, or of all."


class _Refused(ValueError):
    """Why something is no note, in words for its writer."""


def note(writer: Engine, given: Mapping[str, Any], actor: str, now: datetime) -> str:
    """Keep a note, or take away the one whose number is given as `remove`; returns what is wrong, or nothing."""
    try:
        with writer.begin() as connection:
            if "remove" in given:
                _remove(connection, str(given["remove"]), actor, now)
            else:
                add_annotation(connection, _draft(given), actor, now)
    except _Refused as reason:
        return str(reason)
    return ""


def _remove(connection: Connection, number: str, actor: str, now: datetime) -> None:
    known = number_in(number)
    if known is None:
        raise _Refused("That is no note.")
    if not remove_annotation(connection, known, actor, now):
        raise _Refused(f"There is no note {known}. Somebody may have removed it.")


def _draft(given: Mapping[str, Any]) -> Draft:
    since, until = (_day(str(given.get(name))) for name in ("since", "until"))
    if until < since:
        raise _Refused(NO_DAYS)
    category, text = (str(given.get(name) or "").strip() for name in ("category", "text"))
    if len(category) > MOST_VALUE or UNFIT.search(category):
        raise _Refused(NO_CATEGORY)
    if not 0 < len(text) <= MOST_TEXT or UNFIT.search(text):
        raise _Refused(NO_TEXT)
    return Draft(since, until, category or None, text)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise _Refused(NO_DAYS) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise _Refused(NO_DAYS)
    return day
