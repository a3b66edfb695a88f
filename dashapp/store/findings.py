"""Incidents that a detector found: kept from run to run, judged by analysts."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, update

from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import IncidentKind, Triage
from dashapp.stats.outbreak import LARGEST_GAP
from dashapp.store.incidents import expectation, finding
from dashapp.store.trail import DETECTOR, note_change
from dashapp.store.version import note_looked

NEAR = timedelta(days=LARGEST_GAP + 1)
"""How far apart the last day of one sighting and the first of the next may lie for both to be the same incident."""

DAYS = 90
"""Judged days that a run looks at again: what comes later than that changes nothing that anybody looks at."""

UP = frozenset(IncidentKind) - {IncidentKind.DROP, IncidentKind.DEFINITION_CHANGE}
"""Kinds that one incident may change between as more of it is seen."""

MOST_NOTE = 500
"""Characters of an analyst's note."""


class Source(NamedTuple):
    """Whose incidents: the origin, the metric that was looked at, the detector and its version."""

    origin: str
    metric: str
    detector: str
    version: int


@dataclass(frozen=True)
class Sighting:
    """An incident as one run sees it. `series` is the query string of its groups; `observed` and `expected` are sums
    over the days that are alarms, between `low` and `high` their sum is no alarm; `p` is None where volume is no part
    of it, `coordination` where no signal could be judged.
    """

    series: str
    kind: IncidentKind
    since: date
    until: date
    observed: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    coordination: float | None = None
    provisional: bool = False
    attack: str | None = None
    evidence: Mapping[str, Any] | None = None

    @property
    def named(self) -> list[str]:
        """The series that it is of: those that broke or fell together, or its own."""
        evidence = self.evidence or {}
        together = evidence.get("series") or [part["series"] for part in evidence.get("parts", ()) if not self.series]
        return list(together) or [self.series]

    @property
    def days(self) -> list[date]:
        """Its days but for those on which it was over, until it came back."""
        over = set((self.evidence or {}).get("quiet", ()))
        return [day for day in Window(self.since, self.until) if day.isoformat() not in over]

    def alike(self, other: "Sighting") -> bool:
        """Whether two sightings are of one series, and of kinds that one incident may have."""
        return self.series == other.series and (self.kind == other.kind or {self.kind, other.kind} <= UP)

    def same(self, other: "Sighting") -> bool:
        """Whether two sightings are of one incident: alike, and of days that are not apart."""
        return self.alike(other) and self.side(other.since - NEAR, other.until + NEAR) == 0

    def side(self, since: date, until: date) -> int:
        """-1 for one whose days are all before these, 1 for one whose days are all after them, else 0."""
        return (self.since > until) - (self.until < since)


@dataclass(frozen=True)
class Finding:
    """An incident as the store has it. Once an analyst has judged it, its days are those that the analyst saw."""

    id: int
    source: Source
    seen: Sighting
    state: Triage
    note: str | None
    found_at: datetime
    changed_at: datetime
    ended_at: datetime | None
    withdrawn_at: datetime | None

    @property
    def subject(self) -> str:
        """What the trail of changes calls it."""
        return subject(self.id)

    @property
    def settled(self) -> bool:
        """Whether an analyst has judged it."""
        return self.state is not Triage.OPEN

    def takes(self, one: Sighting, settled: Iterable["Finding"]) -> bool:
        """Whether a sighting is of this incident: on its days if settled, else near to them, none settled between."""
        if self.settled:
            return one.alike(self.seen) and one.side(self.seen.since, self.seen.until) == 0
        return one.same(self.seen) and not any(_between(other.seen, one, self.seen) for other in settled)


def subject(number: int) -> str:
    """What the trail of changes calls an incident."""
    return f"finding {number}"


def findings_within(connection: Connection, origins: Iterable[str], window: Window | None = None) -> list[Finding]:
    """The incidents of some origins that stand, those that touch the window where one is given, by number."""
    of = finding.c
    here = and_(of.origin.in_(list(origins)), of.withdrawn_at.is_(None))
    if window:
        here = and_(here, of.since <= window.until, of.until >= window.since)
    return [_finding(row) for row in connection.execute(select(finding).where(here).order_by(of.id))]


def findings_of(connection: Connection, source: Source) -> list[Finding]:
    """All incidents of a source that stand, whatever version of the detector found them, by number."""
    here = (*_of(source), finding.c.withdrawn_at.is_(None))
    return [_finding(row) for row in connection.execute(select(finding).where(*here).order_by(finding.c.id))]


def finding_by_id(connection: Connection, number: int) -> Finding | None:
    """One incident, also one that was withdrawn."""
    row = connection.execute(select(finding).where(finding.c.id == number)).one_or_none()
    return _finding(row) if row else None


def keep_sightings(
    connection: Connection, source: Source, judged: Window, seen: Sequence[Sighting], now: datetime
) -> dict[str, int]:
    """Bring what the store has of a source in line with what a run saw in the days that it judged: open what is new,
    extend what goes on, end what is over, withdraw what is seen no more and nobody has confirmed or dismissed. What was
    confirmed or dismissed keeps its days. Returns how many of each.
    """
    counts, left = Counter[str](), list(seen)
    recent = [known for known in findings_of(connection, source) if known.seen.until >= judged.since - NEAR]
    settled = [known for known in recent if known.settled]
    for known in sorted(recent, key=lambda one: not one.settled):
        found = [one for one in left if known.takes(one, settled)]
        left = [one for one in left if one not in found]
        if found:
            counts[_follow(connection, known, _joined(found), judged, now)] += 1
        elif not known.settled and known.seen.since >= judged.since:
            connection.execute(update(finding).where(finding.c.id == known.id).values(withdrawn_at=now, changed_at=now))
            note_change(connection, now, DETECTOR, "withdrawn", known.subject, {})
            counts["withdrawn"] += 1
        elif known.ended_at is None and _over(known.seen, judged):
            _end(connection, known, now)
            counts["ended"] += 1
    for one in left:
        _open(connection, source, one, judged, now)
        counts["opened"] += 1
    return {name: counts[name] for name in ("opened", "extended", "ended", "withdrawn")}


def note_attacks(connection: Connection, attacks: Mapping[int, str | None], now: datetime) -> None:
    """Say of incidents, by number, which known attack each is part of."""
    for number, attack in attacks.items():
        connection.execute(update(finding).where(finding.c.id == number).values(attack=attack, changed_at=now))
        note_change(connection, now, DETECTOR, "matched", subject(number), {"attack": attack})


def triage(
    connection: Connection, number: int, state: Triage, note: str | None, actor: str, now: datetime
) -> Finding | None:
    """Say what an analyst makes of an incident; None where there is none of this number. It holds for the days that the
    incident has by then. The series is judged again from its first day on, as far as runs look back: what is confirmed
    is no part of a baseline.
    """
    known = finding_by_id(connection, number)
    if known is None:
        return None
    values = {"state": state, "note": note or None, "changed_at": now}
    connection.execute(update(finding).where(finding.c.id == number).values(values))
    detail = {"from": known.state, "state": state, **({"note": note} if note else {})}
    note_change(connection, now, actor, str(state), known.subject, detail)
    if Triage.CONFIRMED in (state, known.state) or known.seen.kind is IncidentKind.DEFINITION_CHANGE:
        _judge_again(connection, known)
        note_looked(connection, None)
    return replace(known, state=state, note=note or None, changed_at=now)


def _judge_again(connection: Connection, known: Finding) -> None:
    """Forget what the next run judges again; what it does not look at stays as it is."""
    of, source = expectation.c, known.source
    here = and_(of.origin == source.origin, of.metric == source.metric, of.detector == source.detector)
    names = known.seen.named
    parts = [of.series.startswith(f"{name}&", autoescape=True) for name in names]
    there = and_(here, or_(of.series.in_(names), *parts))
    last = connection.scalar(select(func.max(of.day)).where(there))
    if last is not None:
        since = max(known.seen.since, last - timedelta(days=DAYS - 1))
        connection.execute(delete(expectation).where(there, of.day >= since))


def _of(source: Source) -> tuple[ColumnElement[bool], ...]:
    of = finding.c
    return of.origin == source.origin, of.metric == source.metric, of.detector == source.detector


def _between(middle: Sighting, *others: Sighting) -> bool:
    """Whether the days of a sighting lie between those of others like it."""
    return middle.alike(others[0]) and len({one.side(middle.since, middle.until) for one in others}) > 1


def _joined(found: Sequence[Sighting]) -> Sighting:
    """Sightings of one incident as one: the strongest, over all of their days."""
    strongest = min(found, key=lambda one: min(one.p or 1.0, one.coordination or 1.0))
    return replace(strongest, since=min(one.since for one in found), until=max(one.until for one in found))


def _follow(connection: Connection, known: Finding, seen: Sighting, judged: Window, now: datetime) -> str:
    """Bring a stored incident up to date, and say what became of it."""
    seen = _over_days(known, seen, judged)
    ended = _over(seen, judged)
    if seen == known.seen and ended == (known.ended_at is not None):
        return "unchanged"
    values = {**_columns(seen), "changed_at": now, "ended_at": (known.ended_at or now) if ended else None}
    connection.execute(update(finding).where(finding.c.id == known.id).values(values))
    if ended and known.ended_at is None:
        action = "ended"
    elif (seen.since, seen.until, seen.kind) != (known.seen.since, known.seen.until, known.seen.kind):
        action = "extended"
    else:
        return "unchanged"
    detail = {"kind": seen.kind, "since": seen.since.isoformat(), "until": seen.until.isoformat(), "p": seen.p}
    note_change(connection, now, DETECTOR, action, known.subject, detail)
    return action


def _over_days(known: Finding, seen: Sighting, judged: Window) -> Sighting:
    """A sighting over the days that an analyst has judged, else over its own and those that no run judges again."""
    if known.settled:
        return replace(seen, since=known.seen.since, until=known.seen.until)
    return replace(seen, since=min(known.seen.since, seen.since)) if known.seen.since < judged.since else seen


def _end(connection: Connection, known: Finding, now: datetime) -> None:
    """End an incident that is seen no more and stays, for an analyst spoke of it or it began before what was judged."""
    connection.execute(update(finding).where(finding.c.id == known.id).values(ended_at=now, changed_at=now))
    note_change(connection, now, DETECTOR, "ended", known.subject, {})


def _over(seen: Sighting, judged: Window) -> bool:
    """Whether an incident is over: the days after it were judged, and are no part of it."""
    return seen.until + NEAR <= judged.until


def _open(connection: Connection, source: Source, seen: Sighting, judged: Window, now: datetime) -> None:
    row = {
        **source._asdict(),
        **_columns(seen),
        "state": Triage.OPEN,
        "found_at": now,
        "changed_at": now,
        "ended_at": now if _over(seen, judged) else None,
    }
    number = connection.execute(insert(finding).values(row)).inserted_primary_key
    detail = {"kind": seen.kind, "series": seen.series, "since": seen.since.isoformat(), "p": seen.p}
    note_change(connection, now, DETECTOR, "opened", subject(number[0] if number else 0), detail)


def _columns(seen: Sighting) -> dict[str, Any]:
    return {**asdict(seen), "kind": str(seen.kind), "evidence": json.dumps(seen.evidence or {}, sort_keys=True)}


def _finding(row: Row[Any]) -> Finding:
    of = row._mapping  # noqa: SLF001 # SQLAlchemy's name of a public accessor
    names = Sighting.__dataclass_fields__.keys() - {"evidence", "kind"}
    return Finding(
        of["id"],
        Source(*(of[name] for name in Source._fields)),
        Sighting(
            kind=IncidentKind(of["kind"]), evidence=json.loads(of["evidence"]), **{name: of[name] for name in names}
        ),
        Triage(of["state"]),
        of["note"],
        of["found_at"],
        of["changed_at"],
        of["ended_at"],
        of["withdrawn_at"],
    )
