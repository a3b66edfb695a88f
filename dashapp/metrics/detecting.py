"""Looks for attacks again and again, and keeps what was expected, what was found, and since when."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine

from dashapp.domain.ask import Ask, Window
from dashapp.domain.vocabulary import Dim, Feed, Method, Triage
from dashapp.metrics.counted import Counted, Numbers, counted
from dashapp.metrics.desk import Desk
from dashapp.metrics.pool import Groups
from dashapp.metrics.registry import METRICS, Policy
from dashapp.metrics.sightings import Family, parts_of, sightings, split_sightings
from dashapp.stats import outbreak
from dashapp.store.expectations import expectations, first_judged, keep_expectations
from dashapp.store.findings import Finding, Sighting, Source, findings_within, keep_sightings
from dashapp.store.reads import Origin, known_attacks, origins

VERSION = 1
"""Of the detector and its settings: days judged by another are judged again."""

DAYS = 90
"""Looked at again each time: what comes later than that changes nothing that anybody looks at."""

KEPT = ("observed", "expected", "low", "high", "p", "p_low", "provisional")


class Subject(NamedTuple):
    """What is looked at: the daily counts of a metric, by each of `main`, and by the finer `splits`."""

    metric: str
    feed: Feed
    main: tuple[Dim, ...]
    splits: tuple[tuple[Dim, ...], ...]


SUBJECTS = (
    Subject("flags", Feed.FLAGS, (Dim.CATEGORY,), ((Dim.CATEGORY, Dim.REGION), (Dim.CATEGORY, Dim.MEDIA_TYPE))),
)


@dataclass(frozen=True)
class Look:
    """What one run makes of the series of an origin that are split alike; `since` is the first day judged anew, None
    where nothing had changed.
    """

    family: Family
    since: date | None


def detect(
    reader: Engine, writer: Engine, policy: Policy, now: datetime, check: Callable[[], None] = lambda: None
) -> dict[str, int]:
    """Look at all that origins send by day, and bring the incidents in line with it. Returns how many origins had
    changed, how many series were judged, and how many incidents were opened, extended, ended and withdrawn.
    """
    counts: Counter[str] = Counter(dict.fromkeys(("origins", "series", "opened", "extended", "ended", "withdrawn"), 0))
    with reader.connect() as connection:
        desk = Desk(connection, now, policy)
        for subject in SUBJECTS:
            for one in origins(connection, subject.feed):
                if one.first_day and one.last_day:
                    counts.update(_look_at(desk, writer, subject, one))
                    check()
    return dict(counts) | {"version": VERSION}


def name_of(by: Sequence[Dim], group: Groups) -> str:
    """The name of a series: the query string of its groups."""
    return urlencode(list(zip(by, group, strict=True)))


def _look_at(desk: Desk, writer: Engine, subject: Subject, one: Origin) -> Mapping[str, int]:
    """Look at one origin."""
    source = Source(one.name, subject.metric, Method.OUTBREAK, VERSION)
    confirmed = [
        known
        for known in findings_within(desk.connection, [one.name])
        if known.state is Triage.CONFIRMED and known.source.metric == subject.metric
    ]
    looks = [look(desk, source, one, by, confirmed) for by in (subject.main, *subject.splits)]
    changed = [found for found in looks if found.since]
    if not changed:
        return {}
    main, *finer = (found.family for found in looks)
    judged = Window(min(found.since for found in changed if found.since), main.counted.days.until)
    seen = [one for one in _seen(desk.connection, source, main, finer) if one.until >= judged.since]
    with writer.begin() as writing:
        for found in changed:
            _keep(writing, source, found, desk.now)
        kept = keep_sightings(writing, source, judged, seen, desk.now)
    return {"origins": 1, "series": sum(len(found.family.series) for found in changed), **kept}


def _seen(connection: Connection, source: Source, main: Family, finer: Sequence[Family]) -> list[Sighting]:
    """All incidents of an origin, with what drives each."""
    attacks = known_attacks(connection, (source.origin,), main.counted.days)
    found = [
        replace(one, evidence={**(one.evidence or {}), "parts": parts_of(one, finer)}) if one.series else one
        for one in sightings(main, attacks)
    ]
    for family in finer:
        found += split_sightings(family, _discoveries(family), found)
    return found


def _discoveries(family: Family) -> NDArray[np.bool_]:
    """The alarms among many finer series that remain when the false ones among those of a day are held down."""
    return np.asarray(family.up & (family.p < outbreak.CRITICAL))


def look(desk: Desk, source: Source, one: Origin, by: tuple[Dim, ...], confirmed: Iterable[Finding]) -> Look:
    """Judge the days of an origin's series that have changed since they were judged; of the others take what was kept.

    Days that may still change are looked at as they are: a count that is too high already will not become lower.
    """
    connection = desk.connection
    assert one.first_day  # noqa: S101 # an origin without days is not looked at
    last = min(one.last_day or desk.today, desk.today)
    begun = first_judged(connection, source)
    since = one.first_day if begun is None else max(one.first_day, last - timedelta(days=DAYS + REACH))
    found = counted(desk, METRICS[source.metric], Ask(Window(since, last)).where(Dim.ORIGIN, (one.name,)), by)
    names = tuple(name_of(by, group) for group in found.groups)
    before = _before(connection, source, names, found)
    first = _first_changed(found, before)
    if first is None:
        return Look(_family(names, found, before), None)
    excluded, alarmed = _mask(names, found, confirmed), _alarmed(before)
    fresh = outbreak.judge(found.counts, found.weekday, excluded=excluded, alarmed=alarmed, first=first)
    after = {name: before[name].copy() for name in KEPT}
    for name in KEPT[1:]:
        after[name][:, first:] = getattr(fresh, name)[:, first:]
    after["observed"] = found.counts
    return Look(_family(names, found, after), found.days.since + timedelta(days=first))


REACH = outbreak.DAILY.window + outbreak.DAILY.guard


def _before(connection: Connection, source: Source, names: Sequence[str], found: Counted) -> dict[str, Numbers]:
    """What was kept of these series and days, NaN where nothing was; `day` is 1 where something was."""
    place = {name: number for number, name in enumerate(names)}
    kept = {name: np.full(found.counts.shape, np.nan) for name in (*KEPT, "day")}
    for row in expectations(connection, source, found.days, names):
        at = place[row["series"]], (row["day"] - found.days.since).days
        kept["day"][at] = 1.0
        for name in KEPT:
            if row[name] is not None:
                kept[name][at] = row[name]
    kept["provisional"] = np.nan_to_num(kept["provisional"])
    return kept


def _first_changed(found: Counted, before: Mapping[str, Numbers]) -> int | None:
    """The first day on which any series is not what it was when it was judged; of long ago nobody asks."""
    same = (before["observed"] == found.counts) | (np.isnan(before["observed"]) & np.isnan(found.counts))
    changed = ~(same & (before["day"] == 1.0)).all(axis=0)
    if np.isfinite(before["day"]).any():
        changed[: max(0, found.days.length - DAYS)] = False
    places = np.flatnonzero(changed)
    return int(places[0]) if len(places) else None


def _alarmed(before: Mapping[str, Numbers]) -> NDArray[np.bool_]:
    return np.asarray((before["p"] < outbreak.CRITICAL) | (before["p_low"] < outbreak.CRITICAL))


def _mask(names: Sequence[str], found: Counted, confirmed: Iterable[Finding]) -> NDArray[np.bool_]:
    """The days of confirmed incidents, in their series and all that are part of these."""
    mask = np.zeros(found.counts.shape, dtype=bool)
    for one in confirmed:
        since, until = ((day - found.days.since).days for day in (one.seen.since, one.seen.until))
        within = [place for place, name in enumerate(names) if f"{name}&".startswith(f"{one.seen.series}&")]
        if until >= 0:
            mask[within, max(0, since) : until + 1] = True
    return mask


def _family(names: tuple[str, ...], found: Counted, judged: Mapping[str, Numbers]) -> Family:
    return Family(
        names,
        found,
        judged["expected"],
        judged["low"],
        judged["high"],
        judged["p"],
        judged["p_low"],
        provisional=judged["provisional"] > 0,
        combined=np.full(found.counts.shape, np.nan),
        signals={},
        ramp=np.zeros(found.counts.shape, dtype=bool),
    )


def _keep(connection: Connection, source: Source, found: Look, now: datetime) -> None:
    """Keep what was judged anew."""
    family, since = found.family, found.since
    if since is None:
        return
    first = (since - family.counted.days.since).days
    columns = {"observed": family.counted.counts, **{name: getattr(family, name) for name in KEPT[1:-1]}}
    rows = [
        {
            "series": name,
            "day": family.day(day),
            **{key: _or_none(of[place, day]) for key, of in columns.items()},
            "provisional": bool(family.provisional[place, day]),
            "judged_at": now,
        }
        for place, name in enumerate(family.series)
        for day in range(first, family.counted.days.length)
    ]
    keep_expectations(connection, source, family.series, since, rows)


def _or_none(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
