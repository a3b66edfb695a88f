"""Weekly summaries, as they were made. A week's newer version stands beside the older ones."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, tuple_, update

from dashapp.store.trail import note_change
from dashapp.store.version import next_notes_version
from dashapp.store.writings import BY_JOB, summary


@dataclass(frozen=True)
class Draft:
    """A summary of an ISO week before it is kept; `summary` says what each part is."""

    week: str
    made_at: datetime
    made_by: str
    as_of: date | None
    complete: int
    facts: str
    text: str
    author: str
    reason: str
    usage: str | None = None
    filters: str = ""


@dataclass(frozen=True, kw_only=True)
class Kept(Draft):
    """A summary as the store has it."""

    version: int
    comment: str | None = None
    approved_at: datetime | None = None
    approved_by: str | None = None
    superseded_at: datetime | None = None
    superseded: str | None = None


def put_summary(connection: Connection, draft: Draft) -> Kept:
    """Keep a summary as the next version of its week."""
    versions = select(func.max(summary.c.version)).where(summary.c.week == draft.week)
    version = (connection.scalar(versions) or 0) + 1
    connection.execute(insert(summary), {**vars(draft), "version": version})
    next_notes_version(connection)
    return Kept(**vars(draft), version=version)


def newest_summary(connection: Connection, week: str, filters: str = "") -> Kept | None:
    """The last version of a week's summary under some filters; None where there is none."""
    of = (summary.c.week == week) & (summary.c.filters == filters)
    found = select(summary).where(of).order_by(summary.c.version.desc()).limit(1)
    row = connection.execute(found).mappings().one_or_none()
    return Kept(**row) if row else None


def made_by_job(connection: Connection, week: str) -> bool:
    """Whether the job has made the summary of a week."""
    found = select(summary.c.version).where(summary.c.week == week, summary.c.made_by == BY_JOB)
    return connection.scalar(found) is not None


def get_summary(connection: Connection, week: str, version: int) -> Kept | None:
    """One version of a week's summary."""
    found = select(summary).where(summary.c.week == week, summary.c.version == version)
    row = connection.execute(found).mappings().one_or_none()
    return Kept(**row) if row else None


def approved_since(connection: Connection, moment: datetime) -> Mapping[str, tuple[int, datetime]]:
    """Of those without filters that were approved since a moment each week's newest version, and when it was."""
    of = summary.c
    found = select(of.week, of.version, of.approved_at).where(of.filters == "", of.approved_at >= moment)
    rows = connection.execute(found.order_by(of.week, of.version))
    return {week: (version, approved_at) for week, version, approved_at in rows}


def made_since(connection: Connection, week: str, moment: datetime) -> Sequence[tuple[int, datetime, bool]]:
    """The versions of a week's summary without filters that were made since a moment, the first one first, when each
    was, and whether it still stands.
    """
    of = summary.c
    found = select(of.version, of.made_at, of.superseded_at.is_(None))
    rows = connection.execute(found.where(of.week == week, of.filters == "", of.made_at >= moment).order_by(of.version))
    return [(version, made_at, bool(stands)) for version, made_at, stands in rows]


def subject(week: str, version: int) -> str:
    """What the trail calls a version."""
    return f"summary {week} {version}"


def comment(connection: Connection, kept: Kept, words: str | None, actor: str, now: datetime) -> None:
    """Put an analyst's words beside a version, in place of those before; with none there are none. An approval was of
    what stood there before, and ends.
    """
    _change(connection, kept, {"comment": words, "approved_at": None, "approved_by": None})
    note_change(connection, now, actor, "commented", subject(kept.week, kept.version), {"comment": words})


def approve(connection: Connection, kept: Kept, actor: str, now: datetime) -> None:
    """Say that a version is to be sent as it is, its comment included; once said, that stands until the comment is
    changed.
    """
    if _change(connection, kept, {"approved_at": now, "approved_by": actor}, summary.c.approved_at.is_(None)):
        note_change(connection, now, actor, "approved", subject(kept.week, kept.version), {})


def supersede(connection: Connection, kept: Kept, keys: Sequence[str], now: datetime) -> None:
    """Mark a version some of whose facts have settled at other values."""
    _change(connection, kept, {"superseded_at": now, "superseded": json.dumps(list(keys))})


def _change(connection: Connection, kept: Kept, values: Mapping[str, Any], *only: ColumnElement[bool]) -> bool:
    """Whether there was one to change; it has to be as `only` says."""
    of = (summary.c.week == kept.week) & (summary.c.version == kept.version)
    changed = bool(connection.execute(update(summary).where(of, *only).values(values)).rowcount)
    next_notes_version(connection)
    return changed


@dataclass(frozen=True)
class Listed:
    """What a list of summaries says of one."""

    week: str
    version: int
    filters: str
    made_at: datetime
    made_by: str
    as_of: date | None
    complete: int
    author: str
    reason: str
    usage: str | None
    approved_at: datetime | None
    approved_by: str | None
    superseded_at: datetime | None


LISTED = select(*(summary.c[field.name] for field in fields(Listed))).order_by(
    summary.c.week.desc(), summary.c.version.desc()
)


def archive(connection: Connection, most: int, before: tuple[str, int] | None = None) -> Sequence[Listed]:
    """At `most` so many summaries without what is in them, the newest week first, and of a week the newest version;
    those that come after a version of a week where it is given.
    """
    asked = LISTED.where(tuple_(summary.c.week, summary.c.version) < tuple_(*before)) if before else LISTED
    return [Listed(**row) for row in connection.execute(asked.limit(most)).mappings()]


def versions_of(connection: Connection, week: str) -> Sequence[Listed]:
    """The versions of a week's summary without what is in them, the newest first."""
    return [Listed(**row) for row in connection.execute(LISTED.where(summary.c.week == week)).mappings()]


def shown_version(versions: Sequence[Listed]) -> int | None:
    """Which version of a week is meant where none is named: the newest of everything, else the newest under filters."""
    whole = [one.version for one in versions if not one.filters]
    return max(whole or [one.version for one in versions], default=None)


def list_summaries(connection: Connection) -> Sequence[Kept]:
    """All summaries, the newest week first, and of a week the newest version."""
    rows = connection.execute(select(summary).order_by(summary.c.week.desc(), summary.c.version.desc())).mappings()
    return [Kept(**row) for row in rows]


def standing_summaries(connection: Connection, weeks: int) -> Sequence[Kept]:
    """The newest version of each of the last weeks that have any, under each filters, where nothing supersedes it."""
    last = select(summary.c.week).distinct().order_by(summary.c.week.desc()).limit(weeks).subquery()
    newest = (
        select(summary.c.week, summary.c.filters, func.max(summary.c.version).label("version"))
        .where(summary.c.week.in_(select(last.c.week)))
        .group_by(summary.c.week, summary.c.filters)
        .subquery()
    )
    of = (summary.c.week == newest.c.week) & (summary.c.version == newest.c.version)
    found = select(summary).join(newest, of).where(summary.c.superseded_at.is_(None))
    rows = connection.execute(found.order_by(summary.c.week.desc(), summary.c.version.desc())).mappings()
    return [Kept(**row) for row in rows]
