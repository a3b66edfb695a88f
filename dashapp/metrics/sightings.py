"""From judged days to incidents: which alarms belong together, and what they look like."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashapp.domain.messages import Incident
from dashapp.domain.vocabulary import Dim, IncidentKind
from dashapp.metrics.counted import Mask, Numbers
from dashapp.metrics.hourly import Hourly, nothing
from dashapp.metrics.looking import Look, Restart, name_of, systems
from dashapp.metrics.stories import Numbered, quiet, spoken, stories
from dashapp.stats.outbreak import ALERT, FALL, LEAST, Judged, range_of_sum
from dashapp.store.findings import UP, Finding, Sighting

COORDINATED = 0.003
"""Days are alarms of coordination when signals as strong have less than this chance."""
LEAST_EXPECTED = 20
"""Fewer flags than expected are told of only where so many were to be expected."""
ALL_AT_ONCE = 0.5
"""Part of the series with enough flags that have to fall together for it to be the feed that failed, not a rule."""
FEWEST = 3
"""Series that can fall together."""
BY_REPORTERS = frozenset({"reporter_concentration", "co_reports"})
"""Signals that speak of who reports; the others speak of what is reported and how."""


@dataclass(frozen=True)
class Family:
    """Series that were judged together, with what else is known of their days, arrays (series, days).

    `combined` is the chance of signals of coordination as strong, and `signals` that of each by name; NaN where they
    were not judged. `ramp` are days of a slow rise, `hourly` what hours say of days, `settled` the incidents that an
    analyst has judged.
    """

    seen: Look
    combined: Numbers
    signals: Mapping[str, Numbers]
    ramp: Mask
    hourly: Hourly
    settled: tuple[Finding, ...]

    @property
    def series(self) -> tuple[str, ...]:
        """The names of the series."""
        return self.seen.series

    @property
    def counts(self) -> Numbers:
        """What was counted."""
        return self.seen.counted.counts

    @property
    def judged(self) -> Judged:
        """What the volume model made of it."""
        return self.seen.judged

    @property
    def up(self) -> Mask:
        """Days with more flags than chance explains."""
        return np.asarray((self.judged.p < ALERT) & (self.counts >= LEAST))

    @property
    def coordinated(self) -> Mask:
        """Days whose flags hang together more than chance explains."""
        return np.asarray(self.combined < COORDINATED)

    @property
    def loud(self) -> Mask:
        """Days that are alarms by themselves."""
        return self.up | self.coordinated | self.hourly.up

    @property
    def down(self) -> Mask:
        """Days that are over with fewer flags than chance explains."""
        return np.asarray((self.judged.p_low < FALL) & self.enough)

    @property
    def enough(self) -> Mask:
        """Days that are over on which a fall would be told of."""
        return np.asarray((self.judged.expected >= LEAST_EXPECTED) & self.seen.counted.settled)

    def said(self, kinds: Collection[IncidentKind], series: Iterable[str] | None = None) -> Numbered:
        """Which incidents of these kinds analysts have judged, see `spoken`."""
        of = [one for one in self.settled if one.seen.kind in kinds]
        return spoken(self.seen, of, self.series if series is None else series)


def alone(seen: Look, settled: tuple[Finding, ...] = ()) -> Family:
    """Series of which nothing but their counts is known."""
    shape = seen.counted.counts.shape
    return Family(seen, np.full(shape, np.nan), {}, np.zeros(shape, dtype=bool), nothing(seen.counted), settled)


def sightings(family: Family, attacks: Sequence[Incident], restarts: Iterable[Restart], within: int) -> list[Sighting]:
    """The incidents of a family, with the known attack that each is part of, and its changes of definition. Series come
    from one system whose first `within` groups are the same.
    """
    found = [*_rises(family), *_falls(family, within)]
    return [*(replace(one, attack=attack_of(one, attacks)) for one in found), *map(_change, restarts)]


def split_sightings(family: Family, alarms: Mask, told: Iterable[Sighting]) -> list[Sighting]:
    """The incidents of finer series: `alarms` are those that remain when so many are looked at. What an incident of the
    series that they are part of tells already is not told again.
    """
    known = list(told)
    return [
        one
        for place, run in stories(alarms, family.said(UP))
        for one in [_rise(family, place, run)]
        if not any(_is_part(one, of) for of in known)
    ]


def parts_of(one: Sighting, families: Iterable[Family]) -> list[dict[str, Any]]:
    """In which finer series the days of an incident lie above what was to be expected, the largest excess first."""
    found: list[dict[str, Any]] = []
    for family in families:
        since, until = ((day - family.seen.counted.days.since).days for day in (one.since, one.until))
        for place, name in enumerate(family.series):
            if since < 0 or not name.startswith(f"{one.series}&"):
                continue
            days = slice(since, until + 1)
            known = np.isfinite(family.judged.expected[place, days]) & np.isfinite(family.counts[place, days])
            observed = float(family.counts[place, days][known].sum())
            expected = float(family.judged.expected[place, days][known].sum())
            if known.any() and observed > expected:
                found.append({"series": name, "observed": observed, "expected": round(expected, 2)})
    return sorted(found, key=lambda part: part["expected"] - part["observed"])[:MOST_PARTS]


MOST_PARTS = 6


def _rises(family: Family) -> Iterator[Sighting]:
    """Incidents with more flags than expected; a slow rise is one by itself where no day of it is an alarm."""
    loud = family.loud
    for place, run in stories(loud | family.ramp, family.said(UP)):
        slow = not loud[place, run].any()
        yield _sighting(family, place, run, IncidentKind.RAMP) if slow else _rise(family, place, run)


def _rise(family: Family, place: int, run: NDArray[np.intp]) -> Sighting:
    """An incident of days with more flags than expected, or of flags that hang together, or both."""
    up = run[family.up[place, run]]
    found = _sighting(family, place, run, IncidentKind.SPIKE)
    hours = [hour for day in run.tolist() for hour in family.hourly.told.get((place, day), ())]
    kind = _kind(_signals(family, place, run), found.coordination, has_volume=len(up) > 0 or bool(hours))
    volume = _summed(found, family, place, up) if len(up) else found
    chances = np.concatenate([family.judged.p[place, up], family.hourly.p[place, run][family.hourly.up[place, run]]])
    evidence = {**(volume.evidence or {}), **({"hours": hours} if hours else {})}
    return replace(volume, kind=kind, p=_least(chances), evidence=evidence)


def _sighting(family: Family, place: int, run: NDArray[np.intp], kind: IncidentKind) -> Sighting:
    """An incident of some days of a series."""
    found = Sighting(
        family.series[place],
        kind,
        family.seen.day(int(run[0])),
        family.seen.day(int(run[-1])),
        p=_least((family.judged.p_low if kind is IncidentKind.DROP else family.judged.p)[place, run]),
        coordination=_least(family.combined[place, run]),
        provisional=bool(family.judged.provisional[place, run].all()),
        evidence={
            "days": _days(family, place, run),
            "quiet": [family.seen.day(day).isoformat() for day in quiet(run)],
            "signals": _signals(family, place, run),
        },
    )
    return _summed(found, family, place, run)


def _kind(signals: Mapping[str, float], coordination: float | None, *, has_volume: bool) -> IncidentKind:
    """What days of much volume or coordination look like. Without a signal nobody can tell a surge from an attack."""
    if coordination is not None and coordination < COORDINATED:
        strongest = min(signals, key=lambda name: signals[name])
        return IncidentKind.MASS_REPORTING if strongest in BY_REPORTERS else IncidentKind.BRIGADING
    return IncidentKind.SURGE if has_volume and coordination is not None else IncidentKind.SPIKE


def _falls(family: Family, within: int) -> Iterator[Sighting]:
    """Falls: of single series, or of all of a system as one where most of them fall on the same day. That takes in the
    falls of the days next to it, when it began in some series or ended in them.
    """
    down, drop = family.down, (IncidentKind.DROP,)
    for places in systems(family.seen.counted.groups, within).values():
        able = family.enough[places].sum(axis=0)
        most = (able >= FEWEST) & (down[places].sum(axis=0) >= ALL_AT_ONCE * able)
        together = beside(most) & down[places].any(axis=0)
        name = "&".join(family.series[places[0]].split("&")[:within])
        for _, run in stories(together[None], family.said(drop, (name,))):
            yield _fall_of_all(family, name, places, run)
        down[places] &= ~together
    for place, run in stories(down, family.said(drop)):
        yield _sighting(family, place, run, IncidentKind.DROP)


def beside(days: Mask) -> Mask:
    """Days, and those next to them, of which there may be as few as one."""
    return np.convolve(days, [1, 1, 1])[1:-1].astype(bool)


def _fall_of_all(family: Family, name: str, places: list[int], run: NDArray[np.intp]) -> Sighting:
    fallen = np.array([place for place in places if family.down[place, run].any()], dtype=np.intp)
    cells = np.ix_(fallen, run)
    return Sighting(
        name,
        IncidentKind.DROP,
        family.seen.day(int(run[0])),
        family.seen.day(int(run[-1])),
        float(np.nansum(family.counts[cells])),
        float(np.nansum(family.judged.expected[cells])),
        p=_least(family.judged.p_low[cells].ravel()),
        evidence={
            "summed": len(run),
            "series": [family.series[place] for place in fallen],
            "quiet": [family.seen.day(day).isoformat() for day in quiet(run)],
        },
    )


def _change(one: Restart) -> Sighting:
    """A day from which some series mean something else; it stands in the groups that all of them have."""
    first, *others = (name.split("&") for name in one.series)
    shared = takewhile(lambda part: all(part in other for other in others), first[:-1])
    return Sighting(
        "&".join(shared), IncidentKind.DEFINITION_CHANGE, one.day, one.day, evidence={"series": list(one.series)}
    )


def _summed(one: Sighting, family: Family, place: int, days: NDArray[np.intp]) -> Sighting:
    """An incident with the counts, and what was to be expected, of some days together, and how many these are."""
    observed, expected = (float(np.nansum(of[place, days])) for of in (family.counts, family.judged.expected))
    low, high = range_of_sum(family.judged, place, days)
    evidence = {**(one.evidence or {}), "summed": len(days)}
    return replace(one, observed=observed, expected=expected, low=low, high=high, evidence=evidence)


def _days(family: Family, place: int, run: NDArray[np.intp]) -> list[dict[str, Any]]:
    """What was seen and expected of each day from the first to the last."""
    columns = {
        "observed": family.counts,
        "expected": family.judged.expected,
        "low": family.judged.low,
        "high": family.judged.high,
        "p": family.judged.p,
        "p_low": family.judged.p_low,
        "coordination": family.combined,
    }
    return [
        {"day": family.seen.day(day).isoformat(), **{name: _number(of[place, day]) for name, of in columns.items()}}
        for day in range(int(run[0]), int(run[-1]) + 1)
    ]


def _signals(family: Family, place: int, run: NDArray[np.intp]) -> dict[str, float]:
    """The smallest chance of each signal on some days; those that could not be judged are left out."""
    least = {name: _least(of[place, run]) for name, of in family.signals.items()}
    return {name: p for name, p in least.items() if p is not None}


def attack_of(one: Sighting, attacks: Sequence[Incident]) -> str | None:
    """The known attack that a rise in a category is part of: of the same category, on its days or next to them."""
    margin = timedelta(days=1)
    return next(
        (
            attack.incident_id
            for attack in attacks
            if one.kind in UP
            and one.series == name_of((Dim.CATEGORY,), (attack.category,))
            and attack.since - margin <= one.until
            and one.since <= attack.until + margin
        ),
        None,
    )


def _is_part(one: Sighting, of: Sighting) -> bool:
    return one.series.startswith(f"{of.series}&") and one.since <= of.until and of.since <= one.until


def _least(values: Numbers) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.min()) if len(known) else None


def _number(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(f"{value:.6g}")
