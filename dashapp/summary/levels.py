"""Words of a draft that say on which side of a threshold a figure lies, and whether it does."""

import re
from collections.abc import Iterator

from dashapp.summary.clauses import Clause
from dashapp.summary.fact import Facts
from dashapp.summary.moves import meant, supposed
from dashapp.summary.terms import Terms

LEVELS = {"alert": "alert", "warning": "warn"}
SIDE = re.compile(
    r"\b(?:(?P<above>above|over|exceed(?:s|ed|ing)?)|(?P<below>below|under|short of|within)"
    r"|past|beyond|crossed|breached|reached|hit|tripped|outside)\b[\w ]{0,30}?\b(?P<level>alert|warning)\b"
    r"|\bin (?P<state>alert|warning)\b",
    re.IGNORECASE,
)


def misplaced(clause: Clause, facts: Facts, terms: Terms) -> Iterator[str]:
    """Why what a clause says of thresholds is not so."""
    for match in [] if supposed(clause) else SIDE.finditer(clause.words):
        level = LEVELS[(match["level"] or match["state"]).lower()]
        named = meant(clause, match.start(), terms) or {place.base for one in clause.sentence for place in one.figures}
        keys = [key for key in named if facts.get(f"{key}.{level}")]
        if not keys:
            yield "a threshold is told of something that has none, or is not named in its clause"
        elif not all(_lies(match, level, key, facts) for key in keys):
            yield "a figure is said to lie on the wrong side of its threshold"


def _lies(match: re.Match[str], level: str, key: str, facts: Facts) -> bool:
    """Whether a figure lies where it is said to."""
    value, limit, state = facts[key].value, facts[f"{key}.{level}"].value, facts[key].state
    if not isinstance(value, int | float) or not isinstance(limit, int | float):
        return False
    if match["above"] or match["below"]:
        return value > limit if match["above"] else value < limit
    return state in ("alert", level)
