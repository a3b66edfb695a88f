"""Makes summaries and keeps them: one of a week when asked for it, and the one that the job owes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from dashapp.metrics import Desk
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store.summaries import Draft, Kept, made_by_job, newest_summary, put_summary
from dashapp.store.writings import BY_JOB
from dashapp.summary import text
from dashapp.summary.fact import Facts
from dashapp.summary.facts import gather
from dashapp.summary.scope import address, filters_of, origins_of
from dashapp.summary.weeks import NoWeek, Week, as_of, check, complete, last_complete
from dashapp.summary.writing import Tell, quiet, write

SECONDS = 600
"""Longest time that one read may take."""


@dataclass(frozen=True)
class Order:
    """A summary that is wanted: of a week by its ISO name, or of the last complete one; with the filters of an address;
    who asked for it. With `offline` no model is asked.
    """

    week: str | None = None
    filters: str = ""
    by: str = "cli"
    offline: bool = False


@dataclass(frozen=True)
class Gathered:
    """The facts of a week, when they were read, and how much of the week they know."""

    week: Week
    facts: Facts
    now: datetime
    as_of: date | None
    complete: int


def summarise(
    reader: Engine, writer: Engine, settings: Settings, now: datetime, order: Order, tell: Tell = quiet
) -> Kept:
    """Make the summary that is wanted and keep it as the week's newest; where it says the same as the newest, that one
    stays. `tell` is called with what is being done.

    Raises NoWeek where the name is none, nothing can be known of the week, or the filters cannot be read.
    """
    order = replace(order, filters=address(filters_of(order.filters)))
    asked = Week.parse(order.week) if order.week is not None else None
    tell("measuring")
    gathered = _gather(reader, settings, now, lambda desk, names: asked or last_complete(desk, names), order)
    draft = _draft(gathered, settings, order, tell)
    with writer.begin() as connection:
        newest = newest_summary(connection, draft.week, draft.filters)
        same = newest and (newest.facts, newest.text) == (draft.facts, draft.text)
        return newest if newest and same else put_summary(connection, draft)


def summarise_slot(reader: Engine, writer: Engine, settings: Settings, now: datetime, slot: datetime) -> int:
    """Make the summary that is due at a slot, of the week before the one that the slot lies in. Returns how many were
    made: none where one was made since the slot came, and where the data begin later or have not begun.
    """
    week, order = Week.of(slot.astimezone(settings.zone).date()).previous, Order(by=BY_JOB)
    with writer.begin() as connection:
        newest = newest_summary(connection, week.name)
        if made_by_job(connection, week.name) or (newest and newest.made_at >= slot):
            return 0
    try:
        gathered = _gather(reader, settings, now, lambda _desk, _names: week, order)
    except NoWeek:
        return 0
    if gathered.as_of is None:
        return 0
    draft = _draft(gathered, settings, order, quiet)
    try:
        with writer.begin() as connection:
            put_summary(connection, draft)
    except IntegrityError:  # a run that was thought lost has made it meanwhile
        return 0
    return 1


def _gather(
    reader: Engine,
    settings: Settings,
    now: datetime,
    chosen: Callable[[Desk, tuple[str, ...]], Week],
    order: Order,
) -> Gathered:
    """The facts, read in one transaction that ends before anybody writes about them."""
    with reader.connect() as connection:
        desk = Desk(connection.execution_options(seconds=SECONDS), now, policy_of(settings), ahead=False)
        names = origins_of(filters_of(order.filters))
        week = chosen(desk, names)
        check(desk, week, names)
        facts = gather(desk, week, order.filters)
        return Gathered(week, facts, now, as_of(desk, names), complete(desk, week, names))


def _draft(gathered: Gathered, settings: Settings, order: Order, tell: Tell) -> Draft:
    """The summary as it is to be kept."""
    written = write(gathered.facts, settings, tell, offline=order.offline)
    return Draft(
        week=gathered.week.name,
        made_at=gathered.now,
        made_by=order.by,
        as_of=gathered.as_of,
        complete=gathered.complete,
        facts=json.dumps(gathered.facts.rows(), ensure_ascii=False),
        text=text.kept(written.text),
        author=written.author,
        reason=written.reason,
        usage=written.usage,
        filters=order.filters,
    )
