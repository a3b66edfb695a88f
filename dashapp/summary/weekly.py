"""Makes summaries and keeps them: one of a week when asked for it, and the one that the job owes."""

import json
from datetime import datetime

from sqlalchemy import Engine

from dashapp.metrics import Desk
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store.summaries import Draft, Kept, newest_summary, put_summary
from dashapp.summary.facts import gather
from dashapp.summary.template import markdown
from dashapp.summary.weeks import NoWeek, Week, as_of, check, complete, last_complete

SECONDS = 600
"""Longest time that one read may take."""

TEMPLATE, REASON = "template", "no model is asked yet"


def summarise(reader: Engine, writer: Engine, settings: Settings, now: datetime, name: str | None = None) -> Kept:
    """Make the summary of a week, by its ISO name, or of the last complete one, and keep it as the week's newest; where
    it says the same as the newest, that one stays.

    Raises NoWeek where the name is none or nothing can be known of the week.
    """
    asked = Week.parse(name) if name is not None else None
    with reader.connect() as connection:
        desk = Desk(connection.execution_options(seconds=SECONDS), now, policy_of(settings), ahead=False)
        draft = compose(desk, asked or last_complete(desk))
    with writer.begin() as connection:
        newest = newest_summary(connection, draft.week)
        same = newest and (newest.facts, newest.markdown) == (draft.facts, draft.markdown)
        return newest if newest and same else put_summary(connection, draft)


def summarise_slot(reader: Engine, writer: Engine, settings: Settings, now: datetime, slot: datetime) -> int:
    """Make the summary that is due at a slot, of the week before the one that the slot lies in. Returns how many were
    made: none where one was made since the slot came, and where the data begin later or have not begun.
    """
    week = Week.of(slot.astimezone(settings.zone).date()).previous
    with reader.connect() as connection:
        desk = Desk(connection.execution_options(seconds=SECONDS), now, policy_of(settings), ahead=False)
        if as_of(desk) is None:
            return 0
        try:
            draft = compose(desk, week)
        except NoWeek:
            return 0
    with writer.begin() as connection:
        newest = newest_summary(connection, week.name)
        if newest and newest.made_at >= slot:
            return 0
        put_summary(connection, draft)
        return 1


def compose(desk: Desk, week: Week) -> Draft:
    """The summary of a week as the data tell of it now."""
    check(desk, week)
    facts = gather(desk, week)
    kept = json.dumps(facts.rows(), ensure_ascii=False)
    return Draft(week.name, desk.now, as_of(desk), complete(desk, week), kept, markdown(facts), TEMPLATE, REASON)
