"""Incidents in words: what, how sure, why, and what to look at first."""

import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from dashapp.domain.vocabulary import Dim, IncidentKind, label
from dashapp.metrics.registry import METRICS
from dashapp.metrics.sightings import COORDINATED
from dashapp.metrics.standing import Standing
from dashapp.store.findings import Sighting

BEYOND_DOUBT = 1e-6
"""Chances below it are not told as numbers: no model knows its tail so far out."""
USUAL = 0.5
"""Chances above it are of days like any other."""
STANDS_OUT, MUCH = 1.2, 0.25
"""A part is named that grew so many times as much as the whole did, and makes up so much of its excess."""
MOST_NAMED = 2
"""Series that a sentence names."""

KINDS = {
    IncidentKind.SPIKE: "Spike",
    IncidentKind.RAMP: "Slow rise",
    IncidentKind.SURGE: "Surge",
    IncidentKind.DROP: "Fall",
    IncidentKind.BRIGADING: "Brigading",
    IncidentKind.MASS_REPORTING: "Mass reporting",
    IncidentKind.DEFINITION_CHANGE: "Definition change",
}
MEANT = {
    IncidentKind.SPIKE: "more than chance explains; nothing tells whether it hangs together",
    IncidentKind.RAMP: "a slow rise, of which no single day stands out",
    IncidentKind.SURGE: "many at once, but nothing hangs together: an organic surge",
    IncidentKind.DROP: "fewer than chance explains: a rule that broke, or a feed that was lost",
    IncidentKind.BRIGADING: "hangs together by what is flagged and when: the work of a few",
    IncidentKind.MASS_REPORTING: "hangs together by who reports: the work of a few reporters",
    IncidentKind.DEFINITION_CHANGE: "several series broke together: they are counted in another way from then on",
}
"""What each kind means."""

SIGNALS = {
    "target_concentration": ("few targets draw most of it", "the targets with most flags"),
    "new_accounts": ("many of its accounts are new", "the accounts made last"),
    "near_duplicates": ("much of its content is nearly the same", "the content that is nearly the same"),
    "burst": ("much of it comes within a quarter of an hour", "its busiest hour"),
    "reporter_concentration": ("few reporters send most of it", "how much the busiest reporters sent"),
    "co_reports": ("the same reporters report together", "the targets with most flags"),
}
"""What a strong signal says, and what to look at then."""


def chance(p: float | None) -> str:
    """A chance as people tell it: "1 in 3,200", two digits of it."""
    if p is None:
        return "not known"
    if p < BEYOND_DOUBT:
        return "beyond doubt"
    if p > USUAL:
        return "as usual"
    times = 1 / p
    digits = max(0, math.floor(math.log10(times)) - 1)
    return f"1 in {round(times, -digits):,.0f}"


def unit(metric: str) -> str:
    """What an incident counts: "flags"."""
    return str(METRICS[metric].unit) if metric in METRICS else metric


def series(groups: Mapping[Dim, str]) -> str:
    """The series in words: "Fraud", "Fraud · region EMEA"; "all series" without groups."""
    told = (
        label(value) if dim is Dim.CATEGORY else f"{label(dim).lower()} {label(value)}"
        for dim, value in sorted(groups.items(), key=lambda one: one[0] is not Dim.CATEGORY)
    )
    return " · ".join(told) or "all series"


def title(one: Standing) -> str:
    """The kind and the series: "Spike in Fraud"."""
    return f"{KINDS[one.found.seen.kind]} in {series(one.groups)}"


def why(one: Standing) -> str:
    """What speaks for an incident: its volume, and what hangs together in it."""
    seen = one.found.seen
    told = [_volume(seen, unit(one.found.source.metric)), _together(seen)]
    return ". ".join(text[0].upper() + text[1:] for text in told if text) or _capital(MEANT[seen.kind])


def look_first(one: Standing) -> str:
    """Where to begin: what its strongest signal points at, and the finer series that stands out; nothing if none."""
    seen = one.found.seen
    strongest = _strongest(seen)
    told = [SIGNALS[strongest][1]] if strongest in SIGNALS else []
    return "; ".join([*told, *_parts(one)])


def strong(p: float | None) -> bool:
    """Whether a signal of coordination counts."""
    return p is not None and p < COORDINATED


def signal(name: str) -> str:
    """What a signal says when it is strong."""
    return SIGNALS[name][0] if name in SIGNALS else label(name).lower()


def fold(observed: float, expected: float) -> str:
    """How far a count lies from what was to be expected: "4.3x", "12 % of it"."""
    if expected < 0.5:
        return "none were expected"
    times = observed / expected
    return f"{times:,.1f}x" if times >= 1 else f"{100 * times:.0f} % of it"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _volume(seen: Sighting, what: str) -> str:
    if seen.observed is None or seen.expected is None:
        return ""
    one = what.removesuffix("s") if round(seen.observed) == 1 else what
    return f"{seen.observed:,.0f} {one} where {seen.expected:,.0f} were expected, {fold(seen.observed, seen.expected)}"


def _together(seen: Sighting) -> str:
    """What the signals of coordination say: the strongest, or that there is none; nothing where none was judged."""
    if seen.kind is IncidentKind.SURGE:
        return "nothing hangs together: an organic surge"
    strongest = _strongest(seen)
    return signal(strongest) if strongest else ""


def _strongest(seen: Sighting) -> str:
    """The signal of the least chance, where signals as strong are no chance."""
    signals = (seen.evidence or {}).get("signals") or {}
    return min(signals, key=signals.__getitem__) if signals and strong(seen.coordination) else ""


def _parts(one: Standing) -> list[str]:
    """The finer series in which most of it lies; of a fall or a change the series that have it."""
    evidence = one.found.seen.evidence or {}
    parts = evidence.get("parts") or []
    names = [part["series"] for part in parts] or list(evidence.get("series") or [])
    if not names:
        return []
    if parts and "observed" in parts[0]:
        out = [part for part in parts if _stands_out(part, one.found.seen)][:1]
        told = "mostly {}: {:,.0f}, {:,.0f} expected"
        return [told.format(part_name(one, part["series"]), part["observed"], part["expected"]) for part in out]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return [f"{', '.join(part_name(one, name) for name in names[:MOST_NAMED])}{more}"]


def _stands_out(part: Mapping[str, Any], whole: Sighting) -> bool:
    """Whether a part is more than its share of an incident."""
    if not whole.observed or not whole.expected or whole.observed <= whole.expected:
        return True
    excess = (part["observed"] - part["expected"]) / (whole.observed - whole.expected)
    grown = part["observed"] / max(part["expected"], 0.5)
    return bool(excess >= MUCH and grown >= STANDS_OUT * whole.observed / whole.expected)


def part_name(one: Standing, name: str) -> str:
    """A finer series by what it has beside the groups of the incident: "region EMEA"."""
    groups = {Dim(dim): value for dim, value in parse_qsl(name, keep_blank_values=True)}
    return series({dim: value for dim, value in groups.items() if one.groups.get(dim) != value})
