"""Looks for attacks again and again, and keeps what was expected, what was found, and since when."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, Engine

from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import Dim, Feed, Method, Triage
from dashapp.metrics.counted import Mask
from dashapp.metrics.desk import Desk
from dashapp.metrics.hanging import coordination
from dashapp.metrics.hourly import hourly, remembered
from dashapp.metrics.looking import REACH, Known, Look, excluded, keep_look, look, with_changes
from dashapp.metrics.registry import Policy
from dashapp.metrics.sightings import COORDINATED, Family, alone, attack_of, parts_of, sightings, split_sightings
from dashapp.metrics.stories import STORY
from dashapp.stats import outbreak
from dashapp.stats.ramps import LIMIT, ramps
from dashapp.stats.seeing import LEVEL, false_discoveries
from dashapp.store.expectations import has_judged
from dashapp.store.findings import DAYS, Finding, Sighting, Source, findings_of, keep_sightings, note_attacks
from dashapp.store.reads import Origin, known_attacks, origins
from dashapp.store.trail import DETECTOR, changes_of, note_change
from dashapp.store.version import note_looked, version

VERSION = 2
"""Of the detector and its settings: days judged by another are judged again."""

PARAMETERS = {
    "version": VERSION,
    "alert": outbreak.ALERT,
    "fall": outbreak.FALL,
    "coordinated": COORDINATED,
    "false_discoveries": LEVEL,
    "least": outbreak.LEAST,
    "ramp": LIMIT,
    "story": STORY,
    "daily": asdict(outbreak.DAILY),
    "hourly": asdict(outbreak.HOURLY),
}
"""What runs of this version go by; the trail has them from the first run on."""
SUBJECT = f"{DETECTOR} {Method.OUTBREAK}"


class Subject(NamedTuple):
    """What is looked at: the daily counts of a metric, by `main` and by the finer `splits`. Series whose first `within`
    groups are the same come from one system, which may change what it means by them.
    """

    metric: str
    feed: Feed
    main: tuple[Dim, ...]
    splits: tuple[tuple[Dim, ...], ...] = ()
    within: int = 0


SUBJECTS = (
    Subject("flags", Feed.FLAGS, (Dim.CATEGORY,), ((Dim.CATEGORY, Dim.REGION), (Dim.CATEGORY, Dim.MEDIA_TYPE))),
    Subject("statements", Feed.AGGREGATES, (Dim.PLATFORM, Dim.CATEGORY), within=1),
)


def detect(
    reader: Engine, writer: Engine, policy: Policy, now: datetime, check: Callable[[], None] = lambda: None
) -> dict[str, int]:
    """Look at all that origins send by day, and bring the incidents in line with it. Returns the version of the
    detector, how many origins had changed, how many series were judged, and how many incidents were opened, extended,
    ended and withdrawn.
    """
    counts: Counter[str] = Counter(dict.fromkeys(("origins", "series", "opened", "extended", "ended", "withdrawn"), 0))
    with reader.connect() as connection:
        desk = Desk(connection, now, policy)
        seen = version(connection)
        for subject in SUBJECTS:
            for one in origins(connection, subject.feed):
                if one.first_day and one.last_day:
                    counts.update(_look_at(desk, writer, subject, one))
                    check()
    with writer.begin() as writing:
        note_looked(writing, seen)
        _note_parameters(writing, now)
    return {"version": VERSION, **counts}


def _note_parameters(connection: Connection, now: datetime) -> None:
    """Have the trail say what the detector goes by, where that is not what it went by before."""
    before = changes_of(connection, SUBJECT)
    if not before or before[0].detail != PARAMETERS:
        note_change(connection, now, DETECTOR, "parameters", SUBJECT, PARAMETERS)


def _look_at(desk: Desk, writer: Engine, subject: Subject, one: Origin) -> Mapping[str, int]:
    """Look at one origin."""
    source = Source(one.name, subject.metric, Method.OUTBREAK, VERSION)
    window, judged = _windows(desk, source, one)
    said = _matched(desk, writer, one, findings_of(desk.connection, source))
    known = Known.of(said)
    main, known = with_changes(look(desk, source, window, subject.main, known), known, subject.within)
    splits = [look(desk, source, window, by, known) for by in subject.splits]
    changed = [seen for seen in (main, *splits) if seen.since]
    if not changed:
        return {}
    found = [one for one in _seen(desk, source, subject, main, splits, known) if one.until >= judged.since]
    with writer.begin() as writing:
        if _states(findings_of(writing, source)) != _states(said):
            return {}  # an analyst spoke meanwhile, which is news: the next run goes by it
        for seen in changed:
            keep_look(writing, source, seen, desk.now)
        kept = keep_sightings(writing, source, judged, found, desk.now)
    return {"origins": 1, "series": sum(len(seen.series) for seen in changed), **kept}


def _matched(desk: Desk, writer: Engine, one: Origin, said: Sequence[Finding]) -> Sequence[Finding]:
    """The incidents with the known attack that each is part of: attacks are often declared when they are over."""
    if not said:
        return said
    day = timedelta(days=1)
    reach = Window(min(found.seen.since for found in said) - day, max(found.seen.until for found in said) + day)
    attacks = known_attacks(desk.connection, (one.name,), reach)
    told = {found.id: attack_of(found.seen, attacks) for found in said}
    changed = {found.id: told[found.id] for found in said if told[found.id] != found.seen.attack}
    if changed:
        with writer.begin() as writing:
            note_attacks(writing, changed, desk.now)
    return [replace(found, seen=replace(found.seen, attack=told[found.id])) for found in said]


def _states(findings: Iterable[Finding]) -> dict[int, Triage]:
    return {one.id: one.state for one in findings}


def _windows(desk: Desk, source: Source, one: Origin) -> tuple[Window, Window]:
    """The days to read, and of these the ones whose incidents may change: all that there are the first time, then the
    last ones, with those that they are held against.
    """
    last = min(one.last_day or desk.today, desk.today)
    first = min(one.first_day or last, last)
    if not has_judged(desk.connection, source):
        return Window(first, last), Window(first, last)
    begins = (max(first, last - timedelta(days=days)) for days in (DAYS + REACH, DAYS - 1))
    read, judged = (Window(begin, last) for begin in begins)
    return read, judged


def _seen(
    desk: Desk, source: Source, subject: Subject, main: Look, splits: Sequence[Look], known: Known
) -> list[Sighting]:
    """All incidents of an origin, with what drives each."""
    attacks = known_attacks(desk.connection, (source.origin,), main.counted.days)
    finer = [alone(seen, known.settled) for seen in splits]
    found = [
        replace(one, evidence={**(one.evidence or {}), "parts": parts_of(one, finer)}) if one.series else one
        for one in sightings(_family(desk, source, main, known), attacks, known.restarts, subject.within)
    ]
    for family in finer:
        found += split_sightings(family, _discoveries(family), found)
    return found


def _family(desk: Desk, source: Source, main: Look, known: Known) -> Family:
    """The main series with slow rises and, of flags, with what hangs together."""
    rising = ramps(main.counted.over, main.judged) & (main.counted.counts >= outbreak.LEAST)
    if source.metric != "flags":
        return replace(alone(main, known.settled), ramp=rising)
    left_out = excluded(main, known.confirmed)
    combined, signals = coordination(desk.connection, source.origin, main.counted, left_out)
    off = left_out | main.judged.alarmed
    zone = desk.policy.zone
    fresh = hourly(desk.connection, source.origin, zone, main.counted, off, desk.now)
    hours = remembered(fresh, main, known.by_hours, zone)
    return Family(main, combined, signals, rising, hours, known.settled)


def _discoveries(family: Family) -> Mask:
    """The alarms among many finer series that remain when the false ones among those of a day are held down."""
    p = np.where(family.counts >= outbreak.LEAST, family.judged.p, np.where(np.isfinite(family.judged.p), 1.0, np.nan))
    found = np.zeros(p.shape, dtype=bool)
    for day in np.flatnonzero((p < LEVEL).any(axis=0)):
        found[:, day] = false_discoveries(p[:, day])
    return found & family.up
