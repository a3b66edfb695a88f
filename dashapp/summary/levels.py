"""Words of a draft that say on which side of a threshold a figure lies, and whether it does."""

import re
from collections.abc import Iterator

from dashapp.summary.clauses import Clause
from dashapp.summary.fact import RISK_STATES, Facts
from dashapp.summary.moves import meant, supposed
from dashapp.summary.terms import Terms

LEVELS = {"alert": "alert", "warning": "warn"}
SIDE = re.compile(
    r"\b(?:(?P<above>above|over|exceed(?:s|ed|ing)?)|(?P<below>below|under|short of|within)"
    r"|past|beyond|crossed|breached|reached|hit|tripped|outside)\b[\w ]{0,30}?\b(?P<level>alert|warning)\b"
    r"|\bin (?P<state>alert|warning)\b",
    re.IGNORECASE,
)
PLAIN = re.compile(
    r"\b(?:(?P<above>above|over|exceed(?:s|ed|ing)?|higher than|(?<!below and )more than)|(?P<below>below"
    r"|under|beneath"
    r"|short of|lower than|less than)"
    r"|(?P<past>past|beyond|crossed|breach(?:es|ed|ing)|outside|off|missed|misses"
    r"|on the wrong side of)"
    r"|(?P<within>within|inside|meets?|met|meeting|on the right side of|in line with|respects?|clear of|on|at))"
    r" (?:(?!alert|warn)[a-z]+ ){0,2}?(?P<what>thresholds?|limits?|targets?|baselines?|tolerances?|bounds)\b",
    re.IGNORECASE,
)
"""A side of something that is not named as the warning or the alert level."""
TARGET = re.compile(r"\b(?:targets?|goals?|objectives?)\b", re.IGNORECASE)
FULL = re.compile(r"\bat (?:its|their|the) limits?\b", re.IGNORECASE)
WELL = re.compile(
    r"\b(?:healthy|excellent|acceptabl[ey]|safe(?:ly)?|under control|tolerabl[ey]|satisfactory"
    r"|in good (?:shape|health)|flawless"
    r"|unproblematic|(?:highly|very|fully|quite) (?:accurate|precise|reliable)|no cause for concern"
    r"|nothing to worry about)\b",
    re.IGNORECASE,
)
"""Words that judge a figure as one on the good side."""
NEGATED = re.compile(r"\b(?:not|no longer|never|far from|hardly|neither|\w+n['\u2019]t)\b", re.IGNORECASE)


def misplaced(clause: Clause, facts: Facts, terms: Terms) -> Iterator[str]:
    """Why what a clause says of thresholds is not so."""
    if supposed(clause):
        return
    for match in SIDE.finditer(clause.words):
        level = LEVELS[(match["level"] or match["state"]).lower()]
        keys = [key for key in _named(match, clause, terms) if facts.get(f"{key}.{level}")]
        if not keys:
            yield "a threshold is told of something that has none, or is not named in its clause"
        elif not all(_lies(match, level, key, facts) for key in keys):
            yield "a figure is said to lie on the wrong side of its threshold"
    for match in PLAIN.finditer(FULL.sub(lambda found: "-" * len(found[0]), clause.words)):
        yield from _plain(match, clause, facts, terms)
    if any(place.end in ("warn", "alert", "baseline") for place in clause.figures) and TARGET.search(clause.words):
        yield "a threshold is told as a target"
    well = WELL.search(clause.words)
    if well and not NEGATED.search(clause.words[: well.start()]) and not _well(well, clause, facts, terms):
        yield "a figure is judged as good: its threshold says otherwise, or it has none"


def _named(match: re.Match[str], clause: Clause, terms: Terms) -> list[str]:
    """The keys of what a clause speaks of, else of the figures of its sentence."""
    return meant(clause, match.start(), terms) or [place.base for one in clause.sentence for place in one.figures]


def _lies(match: re.Match[str], level: str, key: str, facts: Facts) -> bool:
    """Whether a figure lies where it is said to."""
    value, limit, state = facts[key].value, facts[f"{key}.{level}"].value, facts[key].state
    if not isinstance(value, int | float) or not isinstance(limit, int | float):
        return False
    if match["above"] or match["below"]:
        return value > limit if match["above"] else value < limit
    return state in ("alert", level)


def _plain(match: re.Match[str], clause: Clause, facts: Facts, terms: Terms) -> Iterator[str]:
    """Sides of a threshold, a limit or a baseline that is not named further; nothing is told of targets."""
    what = match["what"].lower().rstrip("s")
    parts = ("baseline",) if what == "baseline" else ("warn", "alert")
    keys = [key.removesuffix(".drift") for key in _named(match, clause, terms)]
    keys = [key for key in keys if facts.get(f"{key}.{parts[-1]}")]
    if what == "target" or not keys:
        yield "a threshold is told of something that has none, or is not named in its clause"
    elif NEGATED.search(clause.words[: match.start()]) or not all(_beside(match, parts, key, facts) for key in keys):
        yield "a figure is said to lie on the wrong side of its threshold"


def _beside(match: re.Match[str], parts: tuple[str, ...], key: str, facts: Facts) -> bool:
    """Whether a figure lies on that side of each of its levels."""
    fact = facts[key]
    limits = [facts[f"{key}.{part}"].value for part in parts if facts.get(f"{key}.{part}")]
    if match["above"] or match["below"]:
        told = [limit for limit in limits if isinstance(limit, int | float)]
        value = fact.value if isinstance(fact.value, int | float) else None
        return value is not None and all(value > one if match["above"] else value < one for one in told)
    if "baseline" in parts:
        return bool(match["past"]) != (fact.value in limits)
    return fact.state in RISK_STATES if match["past"] else fact.state == "ok"


def _well(match: re.Match[str], clause: Clause, facts: Facts, terms: Terms) -> bool:
    """Whether all that a judgement is of lies on the good side of its threshold."""
    states = [facts[key].state for key in _named(match, clause, terms) if key in facts.known]
    return bool(states) and all(state == "ok" for state in states)
