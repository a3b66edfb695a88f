"""Words of a draft that say over what time, and a head, a figure is."""

import re
from collections.abc import Iterator

from dashapp.summary.clauses import FIRST, Clause, Place
from dashapp.summary.fact import Facts
from dashapp.summary.terms import LEVELS

HEAD = r"reviewer|person|head|moderator|analyst|team"
SPAN = r"hour|day|night|weekend|month|shift|quarter|year"
RATE = re.compile(
    rf"\b(?:an?|per|each|every|one) (?:\w+ing |full |single )?(?P<of>{SPAN}|week|{HEAD})\b(?! (?:earlier"
    rf"|ago|before|later|of|in|is|\w+ed))"
    r"|\b(?P<often>hourly|daily|nightly|monthly|yearly|apiece|per capita)\b"
    r"|\b(?:reviewers|people|teams|moderators) (?P<each>each)\b|\beach of (?:them|the \w+)\b|\beach\W*$",
    re.IGNORECASE,
)
"""Words that make a figure one of so much an hour, or of each."""
WITHIN = re.compile(
    r"(?<!came )(?<!come )\b(?:in|within|of|on|over|than|for|after|by|as|since|through|from|to|against) (?:only "
    r"|just )?$",
    re.IGNORECASE,
)
"""What makes the span behind it one in which something was: `in one day`."""
A_DAY = re.compile(rf"day|daily|{HEAD}|apiece|each.*", re.IGNORECASE)
"""Of what the one fact is that is a rate: flags a reviewer decides a day."""
ALL_WEEK = re.compile(
    r"\b(?:this|the|last|past|a|whole|of) week\b(?! before)|\bweek's\b|\btoday\b|\byesterday\b", re.IGNORECASE
)
LONGER = ("staffing.arrivals", "staffing.shifts", "staffing.days", "staffing.workload")
"""Facts of more weeks than one."""
HELD = re.compile(
    r"\b(?:than|against|versus|compared (?:to|with)|over|from|since)(?: (?:in|of|during|the))* $"
    r"|\S (?:up|down|more|less|fewer|[\ue000-\uf8ff]) on $",
    re.IGNORECASE,
)
"""Ends what holds a figure against a week."""
KNOWN_TO = re.compile(r"\b(?:as of|as at|at the time of writing,?(?: on)?) $", re.IGNORECASE)
LASTED = re.compile(
    rf"\b(?:an?|one|several|many|some|few) (?:\w+ )?(?:{SPAN}|week)s?\b(?! (?:earlier|ago|before|later|in which))",
    re.IGNORECASE,
)
AGE = re.compile(
    rf"\b(?:an?|one|several|many|some) (?:{SPAN}|week)s? (?:old|long|late|overdue)\b|\b(?:time|longer"
    rf"|shorter|less|more) than (?:the |its |their )?SLAs?\b",
    re.IGNORECASE,
)


def mistimed(clause: Clause, facts: Facts) -> Iterator[str]:
    """Why a figure of a clause is not one of the time that its words say."""
    numbers = [
        place for place in clause.figures if place.end not in LEVELS and isinstance(place.fact.value, int | float)
    ]
    if numbers and any(_rated(match, clause, numbers) for match in RATE.finditer(clause.words)):
        yield "a figure is told as one of each, or of another time"
    if any(place.fact.key in LONGER for place in numbers) and (
        ALL_WEEK.search(clause.words) or any(place.fact.key.startswith("week") for place in clause.places)
    ):
        yield "a figure of several weeks is told as one of a week"
    for place in clause.places:
        if numbers and not _dated(place, clause, numbers, facts):
            yield "a figure stands with a date that is not its own"
    if AGE.search(clause.words) or (_aside(clause) and LASTED.search(clause.words)):
        yield "a time that no placeholder tells"


def _rated(match: re.Match[str], clause: Clause, numbers: list[Place]) -> bool:
    """Whether words of a rate are of figures that are none of it."""
    of = next((told for told in match.groups() if told), "each")
    if match["of"] and match[0].lower().startswith(("a", "one")) and WITHIN.search(clause.words[: match.start()]):
        return False
    return not all(place.base == "staffing.capacity" and A_DAY.fullmatch(of) for place in numbers)


def _dated(place: Place, clause: Clause, numbers: list[Place], facts: Facts) -> bool:
    """Whether a date may stand with the figures of its clause."""
    key, before = place.fact.key, clause.words[: place.at]
    if key == "week.before":
        nearest = min(numbers, key=lambda one: abs(one.at - place.at))
        return bool(HELD.search(before)) or nearest.end in ("before", "change")
    if key in ("week", "week.days"):
        return any(one.end != "before" for one in numbers)
    if key in ("made", "data.as_of"):
        return bool(KNOWN_TO.search(before)) or (key == "made" and all(_now(one) for one in numbers))
    stem, _, part = key.rpartition(".")
    if part != "days" or not isinstance(place.fact.value, str):
        return True
    return all(_of_attack(stem, one, facts) for one in numbers)


def _now(place: Place) -> bool:
    """Whether a figure is one of the moment."""
    return place.base in ("sla_at_risk", "oldest_open", "incidents.open", "incidents.confirmed", "incidents.dismissed")


def _of_attack(stem: str, place: Place, facts: Facts) -> bool:
    """Whether a figure may stand with the days of an attack or an incident: its own, and those of its category."""
    key = place.base
    if key.startswith((f"{stem}.", "week")) or key in ("attacks", "incidents", "attacks.days", "attacks.found_days"):
        return True
    if key.startswith(("attacks.known_", "incidents.found_")):
        return _same(stem, key.rpartition(".")[0], facts, "days")
    name = facts.get(f"{key}.name")
    return name is not None and name.text == facts[f"{stem}.name"].text


def _same(one: str, other: str, facts: Facts, part: str) -> bool:
    """Whether an attack and an incident have the same days and are of the same category."""
    told = [facts.get(f"{stem}.{end}") for stem in (one, other) for end in (part, "name")]
    return all(told) and [fact and fact.text for fact in told[:2]] == [fact and fact.text for fact in told[2:]]


def _aside(clause: Clause) -> bool:
    """Whether a clause says without a figure how long hours are that stand before it."""
    before = clause.before
    hours = (
        before is not None and before in clause.sentence and [place.fact.unit for place in before.figures[-1:]] == ["h"]
    )
    begins = (
        clause.words.lstrip(chr(FIRST)).lower().startswith(("which is", "that is", "or ", "about", "nearly", "some"))
    )
    return bool(hours and not clause.figures and begins)
