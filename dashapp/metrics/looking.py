"""How one run judges the series of an origin: only the days that have changed since they were judged before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote_plus

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from dashapp.domain.ask import Ask, Window
from dashapp.domain.vocabulary import Dim, IncidentKind, Triage
from dashapp.metrics.counted import Counted, Mask, Numbers, counted
from dashapp.metrics.desk import Desk
from dashapp.metrics.pool import Groups
from dashapp.metrics.registry import METRICS
from dashapp.stats import outbreak
from dashapp.stats.changes import changes
from dashapp.store.expectations import expectations, keep_expectations
from dashapp.store.findings import DAYS, Finding, Sighting, Source

REACH = outbreak.DAILY.window + outbreak.DAILY.guard
"""Days before the first of those that a baseline reaches back."""
LAST_ASCII = 127
MOST_CHANGES = 12
"""Changes of definition looked for in one run: each has its series judged again from there."""

JUDGED = ("expected", "low", "high", "p", "p_low", "variance", "freedom", "provisional")


class Restart(NamedTuple):
    """A day from which some series, and all that are part of them, mean something else."""

    day: date
    series: tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """What is to be taken into account: incidents that an analyst has judged, of these the confirmed ones, days from
    which series mean something else, and incidents that hours have shown, which nobody sees any more once only their
    days are looked at.
    """

    settled: tuple[Finding, ...]
    confirmed: tuple[Finding, ...]
    restarts: tuple[Restart, ...]
    dismissed: tuple[Restart, ...]
    by_hours: tuple[Sighting, ...]

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> "Known":
        """What the incidents of a source say. A change that an analyst has dismissed is none, and is not found anew."""
        known = list(findings)
        changed = [one for one in known if one.seen.kind is IncidentKind.DEFINITION_CHANGE]
        dismissed = [one for one in changed if one.state is Triage.DISMISSED]
        settled = tuple(one for one in known if one.state is not Triage.OPEN and one not in changed)
        return cls(
            settled,
            tuple(one for one in settled if one.state is Triage.CONFIRMED),
            tuple(_restart(one) for one in changed if one not in dismissed),
            tuple(_restart(one) for one in dismissed),
            tuple(one.seen for one in known if "hours" in (one.seen.evidence or {})),
        )


@dataclass(frozen=True)
class Look:
    """Series with what was made of them; `first` is the first day judged anew, None where nothing had changed."""

    series: tuple[str, ...]
    counted: Counted
    judged: outbreak.Judged
    first: int | None

    @property
    def since(self) -> date | None:
        """The day that `first` is."""
        return None if self.first is None else self.day(self.first)

    def day(self, place: int) -> date:
        """The day at a place."""
        return self.counted.days.since + timedelta(days=place)


def _restart(one: Finding) -> Restart:
    return Restart(one.seen.since, tuple((one.seen.evidence or {}).get("series", ())))


def name_of(by: Sequence[Dim], group: Groups) -> str:
    """The name of a series: the query string of its groups. Letters of any script stay as they are, so that it is not
    several times as long as they are: the store has room for two of 200 characters.
    """
    return "&".join(f"{dim}={_quoted(value)}" for dim, value in zip(by, group, strict=True))


def _quoted(text: str) -> str:
    return "".join(letter if ord(letter) > LAST_ASCII else quote_plus(letter) for letter in text)


def look(desk: Desk, source: Source, window: Window, by: tuple[Dim, ...], known: Known) -> Look:
    """Judge the days of an origin's series that have changed since they were judged; of the others take what was kept.

    Days that may still change are looked at as they are: a count that is too high already will not become lower.
    """
    found = counted(desk, METRICS[source.metric], Ask(window).where(Dim.ORIGIN, (source.origin,)), by)
    names = tuple(name_of(by, group) for group in found.groups)
    judged, seen = _before(desk.connection, source, names, found)
    first = _first_changed(found, seen)
    before = Look(names, found, judged, first)
    return before if first is None else judge_from(before, first, known)


def judge_from(before: Look, first: int, known: Known) -> Look:
    """Judge all days from one on."""
    fresh = outbreak.judge(
        before.counted.counts,
        before.counted.weekday,
        excluded=excluded(before, known.confirmed),
        restarts=_restarts(before, known.restarts),
        first=first,
        alarmed=before.judged.alarmed,
    )
    columns = {name: getattr(before.judged, name).copy() for name in (*JUDGED, "alarmed")}
    for name, of in columns.items():
        of[:, first:] = getattr(fresh, name)[:, first:]
    since = first if before.first is None else min(first, before.first)
    return replace(before, judged=outbreak.Judged(**columns), first=since)


def with_changes(seen: Look, known: Known, within: int) -> tuple[Look, Known]:
    """The series judged anew from each day on from which they mean something else, and the known with these days.

    Series belong together whose first `within` groups are the same.
    """
    for _ in range(MOST_CHANGES if seen.first is not None else 0):
        new = min(_new_changes(seen, known, within), default=None)
        if new is None:
            break
        known = replace(known, restarts=(*known.restarts, new))
        seen = judge_from(seen, (new.day - seen.counted.days.since).days, known)
    return seen, known


def keep_look(connection: Connection, source: Source, seen: Look, now: datetime) -> None:
    """Keep what was judged anew."""
    if seen.first is None or seen.since is None:
        return
    columns = {"observed": seen.counted.counts, **{name: getattr(seen.judged, name) for name in JUDGED[:-1]}}
    rows = [
        {
            "series": name,
            "day": seen.day(day),
            **{key: _or_none(of[place, day]) for key, of in columns.items()},
            "provisional": bool(seen.judged.provisional[place, day]),
            "judged_at": now,
        }
        for place, name in enumerate(seen.series)
        for day in range(seen.first, seen.counted.days.length)
    ]
    keep_expectations(connection, source, seen.series, seen.since, rows)


def _before(
    connection: Connection, source: Source, names: Sequence[str], found: Counted
) -> tuple[outbreak.Judged, Numbers]:
    """What was made of these series before, NaN where nothing was, and the counts then; -1 for a day not judged."""
    place = {name: number for number, name in enumerate(names)}
    kept = {name: np.full(found.counts.shape, np.nan) for name in JUDGED[:-1]}
    provisional, seen = np.zeros(found.counts.shape, dtype=bool), np.full(found.counts.shape, -1.0)
    for row in expectations(connection, source, found.days, names):
        at = place[row["series"]], (row["day"] - found.days.since).days
        seen[at] = np.nan if row["observed"] is None else row["observed"]
        provisional[at] = row["provisional"]
        for name, of in kept.items():
            of[at] = np.nan if row[name] is None else row[name]
    off = outbreak.beyond(seen, kept["p"], kept["p_low"], kept["expected"])
    return outbreak.Judged(**kept, provisional=provisional, alarmed=off), seen


def _first_changed(found: Counted, seen: Numbers) -> int | None:
    """The first day on which any series is not what it was when it was judged; of long ago nobody asks."""
    same = (seen == found.counts) | (np.isnan(seen) & np.isnan(found.counts))
    changed = ~same.all(axis=0)
    if (seen != -1).any():
        changed[: max(0, found.days.length - DAYS)] = False
    places = np.flatnonzero(changed)
    return int(places[0]) if len(places) else None


def excluded(seen: Look, confirmed: Iterable[Finding]) -> Mask:
    """The days of confirmed incidents, but for those on which they were over, in their series and all that are part of
    these.
    """
    mask = np.zeros(seen.counted.counts.shape, dtype=bool)
    for one in confirmed:
        days = np.array([(day - seen.counted.days.since).days for day in one.seen.days], dtype=np.intp)
        known = days[(days >= 0) & (days < seen.counted.days.length)]
        mask[np.ix_(_within(seen.series, one.seen.named), known)] = True
    return mask


def _restarts(seen: Look, restarts: Iterable[Restart]) -> Mask:
    mask = np.zeros(seen.counted.counts.shape, dtype=bool)
    for one in restarts:
        at = (one.day - seen.counted.days.since).days
        if 0 <= at < seen.counted.days.length:
            mask[_within(seen.series, one.series), at] = True
    return mask


def _within(names: Sequence[str], series: Iterable[str]) -> NDArray[np.intp]:
    """The places of the names that are these series or part of them."""
    heads = tuple(f"{name}&" for name in series)
    return np.flatnonzero([f"{name}&".startswith(heads) for name in names])


def _new_changes(seen: Look, known: Known, within: int) -> list[Restart]:
    """The changes of definition that nobody knows of yet."""
    groups = systems(seen.counted.groups, within)
    found = []
    for places in groups.values():
        judged = outbreak.Judged(**{name: getattr(seen.judged, name)[places] for name in (*JUDGED, "alarmed")})
        for change in changes(seen.counted.over[places], judged):
            named = tuple(seen.series[places[number]] for number in change.series)
            found.append(Restart(seen.day(change.day), named))
    return [one for one in found if not any(_near(one, other) for other in (*known.restarts, *known.dismissed))]


def _near(one: Restart, other: Restart) -> bool:
    """Whether two changes are the same: of some of the same series, within a window in which one may be seen twice."""
    return abs((one.day - other.day).days) <= APART and not set(one.series).isdisjoint(other.series)


APART = 14


def systems(groups: Sequence[tuple[str, ...]], within: int) -> dict[tuple[str, ...], list[int]]:
    """The places of the series of each system: those whose first `within` groups are the same."""
    found: dict[tuple[str, ...], list[int]] = {}
    for place, group in enumerate(groups):
        found.setdefault(group[:within], []).append(place)
    return found


def _or_none(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
