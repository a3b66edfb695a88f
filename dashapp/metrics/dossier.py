"""All that is known of one incident: what was found, the days around it, and what was done to it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from dashapp.domain.access import Permission
from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import Dim, Feed
from dashapp.metrics.desk import Desk
from dashapp.metrics.disclosure import unnamed
from dashapp.metrics.judgement import Judged
from dashapp.metrics.kept import judged_day, unjudged
from dashapp.metrics.standing import Standing, standing_of
from dashapp.store.attribution import Attribution, attribution
from dashapp.store.expectations import expectations
from dashapp.store.findings import finding_by_id
from dashapp.store.trail import Change, changes_of

BEFORE, AFTER = timedelta(days=28), timedelta(days=7)
"""What is shown around an incident."""


@dataclass(frozen=True)
class Dossier:
    """An incident with its changes, the latest first, and the days around it, also those after it that are over."""

    one: Standing
    changes: Sequence[Change]
    window: Window
    days: Sequence[Judged]

    @property
    def evidence(self) -> Mapping[str, Any]:
        """What the detector kept of it."""
        return self.one.found.seen.evidence or {}


def dossier(desk: Desk, number: int) -> Dossier | None:
    """What is known of an incident by its number; None where there is none."""
    found = finding_by_id(desk.connection, number)
    if found is None:
        return None
    window = Window(found.seen.since - BEFORE, max(found.seen.until, min(found.seen.until + AFTER, desk.today)))
    one = standing_of(found)
    return Dossier(one, changes_of(desk.connection, found.subject), window, _days(desk, one, window))


def drivers(desk: Desk, one: Standing) -> Attribution | None:
    """What the flags of an incident come down to; None where it is of no category, or of counts without rows. Accounts
    and contents are named to those who may see single flags; of whom nobody is named, few flags are not told.
    """
    source, seen = one.found.source, one.found.seen
    if one.category is None or source.metric != Feed.FLAGS:
        return None
    found = attribution(desk.connection, source.origin, one.category, seen.since, seen.until)
    least, named = desk.policy.small_group, Permission.ROWS in desk.permissions
    return replace(
        found,
        targets=found.targets if named else unnamed(found.targets, least),
        contents=found.contents if named else unnamed(found.contents, least),
        reporters=unnamed(found.reporters, least),
    )


def rows_of(one: Standing) -> dict[Dim, tuple[str, ...]] | None:
    """What picks the flags of an incident; None where no rows are behind it."""
    if one.found.source.metric != Feed.FLAGS:
        return None
    return {**{dim: (value,) for dim, value in one.groups.items()}, Dim.ORIGIN: (one.found.source.origin,)}


def _days(desk: Desk, one: Standing, window: Window) -> list[Judged]:
    """The days as they were judged. Those of the incident that are to be judged again are as they were when it was
    found.
    """
    seen = one.found.seen
    found = {date.fromisoformat(day["day"]): day for day in (seen.evidence or {}).get("days", ())}
    names = seen.named
    kept: defaultdict[date, list[Mapping[str, Any]]] = defaultdict(list)
    for row in expectations(desk.connection, one.found.source, window, names):
        kept[row["day"]].append(dict(row))
    found |= {day: rows[0] if names == [seen.series] else _added(rows) for day, rows in kept.items()}
    return [judged_day(day, found[day], desk.today) if day in found else unjudged(day) for day in window]


def _added(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Several series as one: their counts and what was expected of them; a range of a sum is not known."""
    return {
        name: sum(known) if (known := [row[name] for row in rows if row[name] is not None]) else None
        for name in ("observed", "expected")
    }
