"""All that is known of one incident: what was found, the days around it, and what was done to it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import Dim, Feed
from dashapp.metrics.attacks import Judged
from dashapp.metrics.desk import Desk
from dashapp.metrics.standing import Standing, standing_of
from dashapp.stats.outbreak import ALERT, FALL, LEAST
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
    """What the flags of an incident come down to; None where it is of no category, or of counts without rows."""
    source, seen = one.found.source, one.found.seen
    if one.category is None or source.metric != Feed.FLAGS:
        return None
    return attribution(desk.connection, source.origin, one.category, seen.since, seen.until)


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
    told = {date.fromisoformat(day["day"]): _judged(day, desk.today) for day in (seen.evidence or {}).get("days", ())}
    names = seen.named
    kept: defaultdict[date, list[Mapping[str, Any]]] = defaultdict(list)
    for row in expectations(desk.connection, one.found.source, window, names):
        kept[row["day"]].append(dict(row))
    for day, rows in kept.items():
        told[day] = _judged(rows[0] if names == [seen.series] else _added(day, rows), desk.today)
    return [told.get(day, _unknown(day)) for day in window]


def _added(day: date, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Several series as one: their counts and what was expected of them; a range of a sum is not known."""
    sums = {
        name: sum(known) if (known := [row[name] for row in rows if row[name] is not None]) else None
        for name in ("observed", "expected")
    }
    return {"day": day, **sums}


def _judged(row: Mapping[str, Any], today: date) -> Judged:
    """A day as it was judged; today is no fall, for it is not over."""
    given, observed, p, p_low = row["day"], row["observed"], row.get("p"), row.get("p_low")
    day = date.fromisoformat(given) if isinstance(given, str) else given
    high_enough = observed is not None and observed >= LEAST
    return Judged(
        day,
        None if observed is None else int(observed),
        None,
        row["expected"],
        row.get("low"),
        row.get("high"),
        alarm=p is not None and p < ALERT and high_enough,
        drop=p_low is not None and p_low < FALL and day < today,
        provisional=bool(row.get("provisional")),
    )


def _unknown(day: date) -> Judged:
    return Judged(day, None, None, None, None, None, alarm=False, drop=False, provisional=False)
