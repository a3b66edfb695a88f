"""Words of a draft that say that there is none of something, or that all is well: that is a number, too."""

import re
from collections.abc import Iterator

from dashapp.summary.clauses import Clause
from dashapp.summary.fact import Facts
from dashapp.summary.moves import supposed
from dashapp.summary.terms import ATTACK, BACKLOG, FLAGS, REPORTS, RISK, SLA, UNUSUAL, Terms, Topic

COUNTED = (ATTACK, BACKLOG, FLAGS, REPORTS, SLA, RISK)
NO = re.compile(
    r"\b(?:no|without|none of the|not (?:an?|one|any|a single)|hardly (?:an?y?|one)|scarcely any"
    r"|barely any|free of|free from"
    r"|clear of|absence of|spared|zero)(?! the\b)(?: any)?(?= )(?!.*\bexplain)",
    re.IGNORECASE,
)
"""That no attack explains something does not say that there was none."""
NOBODY = re.compile(
    r"\b(?:nothing|nobody|no one|none|never|nowhere)\b(?!.*\b(?:explain|said|told|errors?|labell?ed|overloaded)\b)",
    re.IGNORECASE,
)
"""Words that deny wherever they stand."""
EMPTY = re.compile(
    r"\b(?:empty|emptied|(?:was|were|is|are|been|got|all|now) (?:\w+ly )?(?:cleared|gone|eliminated"
    r"|resolved|spotless)"
    r"|worked (?:through|off)|cleared|spotless|vanish\w*|disappear\w*|absent|eradicated)\b",
    re.IGNORECASE,
)
"""What is told of a queue in which there is nothing."""
EVERY = re.compile(
    r"^(?:and |but |so |that )?(?:all|every|each|everything|everyone)\b(?! that).*\b(?:was|were|is|are"
    r"|has|have|had|met|got|came|went|stayed)\b"
    r"|\b(?:always|without exception|throughout|entirely|completely)\b",
    re.IGNORECASE,
)
"""Words that tell of all there is."""
MANY = re.compile(
    r"\b(?:several|many|multiple|numerous|various|a few|a number of|waves? of|series of|repeated"
    r"|more than one|a string of)"
    r"(?: \w+)? (?:attacks?|incidents?|campaigns?)\b|\b(?:attack|incident|campaign)\b.* of (?:several"
    r"|many)\b|\b(?:attacks|incidents|campaigns) (?:came|arrived|hit|struck|were (?:seen|found|a|daily))\b",
    re.IGNORECASE,
)
NOT = re.compile(r"\b(?:not|never|\w+n['\u2019]t|yet to)\b", re.IGNORECASE)
APART = re.compile(r"\b(?:for|of|to|in|on|from|by|against)\b", re.IGNORECASE)
"""What stands between a word that denies and a word that it does not deny: `no room for an attack`."""
KNOWN = re.compile(r"\bknown\b", re.IGNORECASE)
INCIDENT = re.compile(r"\bincident\w*", re.IGNORECASE)
RULE = "none is said of what the facts count, or do not know"


def none(clause: Clause, facts: Facts, terms: Terms) -> Iterator[str]:
    """Why what a clause says there is none of, or of all, is not so."""
    if supposed(clause):
        return
    near = {
        topic.name for match in NO.finditer(clause.words) for topic in clause.topics if _denied(match, topic, clause)
    }
    if NOBODY.search(clause.words):
        near |= clause.spoken
    empty = EMPTY.search(clause.words)
    if empty and not clause.figures and not NOT.search(clause.words[: empty.start()]):
        near |= clause.spoken & {BACKLOG}
    named = clause.spoken & terms.names
    if named and named.isdisjoint(terms.attacked):
        near -= {ATTACK}  # another category was attacked
    if near.intersection(COUNTED) and not _all_none(near, clause, facts, terms):
        yield RULE
    if (
        EVERY.search(clause.words)
        and not clause.figures
        and clause.spoken & {SLA, BACKLOG, FLAGS}
        and SLA_WORDS.search(clause.words)
    ):
        yield "something is said of all that no fact tells"
    if MANY.search(clause.words) and not any(_number(facts, key) > 1 for key in ("attacks", "incidents")):
        yield "several are told of: there are not"


SLA_WORDS = re.compile(
    r"\b(?:in time|on time|late|overdue|slas?|breach\w*|within|missed|met|cleared|decided|undecided|deadlines?)\b",
    re.IGNORECASE,
)


def _denied(match: re.Match[str], topic: Topic, clause: Clause) -> bool:
    return topic.at >= match.end() and not APART.search(clause.words, match.end(), topic.at)


def _all_none(near: set[str], clause: Clause, facts: Facts, terms: Terms) -> bool:
    """Whether every fact that may be meant is known, and 0."""
    if ATTACK in near or UNUSUAL in near:
        known = (
            ("attacks",)
            if KNOWN.search(clause.words) and not INCIDENT.search(clause.words)
            else ("attacks", "incidents")
        )
        return all((fact := facts.get(key)) is not None and fact.value == 0 for key in known)
    meant = terms.meant(near)
    return bool(meant) and all(facts[key].value == 0 for key in meant)


def _number(facts: Facts, key: str) -> float:
    fact = facts.get(key)
    return fact.value if fact and isinstance(fact.value, int | float) else 0
