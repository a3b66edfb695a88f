"""Words of a draft that say what an incident is, what was seen of an attack, and what is final."""

import re
from collections.abc import Iterator

from dashapp.summary.clauses import Clause
from dashapp.summary.fact import Facts
from dashapp.summary.moves import meant, supposed
from dashapp.summary.terms import ATTACK, Terms

FINAL = re.compile(
    r"\b(?:settled(?! (?:cases|decisions|flags|reports|fewer|more|by))|final|finali[sz]ed|definitive|conclusive"
    r"|(?:will|can|may) (?:not|no longer) (?:change|move))\b",
    re.IGNORECASE,
)
NOT_YET = re.compile(r"\b(?:not|yet|until|once|before|when|never|\w+n['\u2019]t|to be)\b", re.IGNORECASE)
INCIDENT = re.compile(r"\bincidents?\b", re.IGNORECASE)
KINDS = {
    "Spike": r"spike",
    "Slow rise": r"ramp\w*|slow rise|gradual rise|creep\w*",
    "Surge": r"surge|organic\w*",
    "Fall": r"drop|fall|lost feed|broken rule",
    "Brigading": r"brigad\w*|coordinated",
    "Mass reporting": r"mass[ -]report\w*",
    "Definition change": r"definition change|change of definition|redefin\w+",
}
STATES = {
    "dismissed": r"dismissed|rejected|thrown out|harmless|benign|false alarms?",
    "confirmed": r"confirmed|upheld|proven|genuine|verified",
    "open": r"(?:is|are|was|still|remains?|left|stays?) (?:open|unjudged|undecided|unresolved)|under review",
    "part of a known attack": r"part of (?:an?|the) (?:known )?attack",
    "closed": r"closed|resolved|over|solved|contained",
}
TOLD = {
    part: {state: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for state, words in known.items()}
    for part, known in (("kind", KINDS), ("state", STATES))
}
COUNTS = ("incidents.open", "incidents.confirmed", "incidents.dismissed")
UNSEEN = re.compile(
    r"\b(?:(?:un(?:noticed|detected|seen)|overlooked)|(?:not|never|\w+n['\u2019]t) (?:\w+ )?(?:found"
    r"|detected|caught|seen|noticed|spotted|find|detect|catch|see|notice|spot)"
    r"|missed (?:by|it|the|this|that|an?)|detector (?:\w+ )?(?:missed|failed|overlooked))\b",
    re.IGNORECASE,
)
SEEN = re.compile(
    r"\bdetector (?:\w+ )?(?:found|caught|saw|spotted|detected|noticed)\b|\b(?:was|were"
    r"|been) detected\b",
    re.IGNORECASE,
)
UNTOLD = re.compile(
    r"\b(?:state actors?|bots?|botnets?|run by|the work of|one country|abroad|under ?way|ongoing"
    r"|continu(?:es|ed|ing)|still (?:running|active|going)"
    r"|all week|over now|has (?:ended|stopped|ceased)|every category|all categories|every team)\b",
    re.IGNORECASE,
)
"""What nobody knows of an attack."""


def misjudged(clause: Clause, facts: Facts, terms: Terms) -> Iterator[str]:
    """Why what a clause says of incidents, attacks and what is final is not so."""
    if supposed(clause):
        return
    final = FINAL.search(clause.words)
    if (
        final
        and not NOT_YET.search(clause.words[: final.start()])
        and _provisional(clause, final.start(), facts, terms)
    ):
        yield "a figure that may still change is told as final"
    incident = INCIDENT.search(clause.words) or any(
        place.fact.key.startswith("incidents.found_") for place in clause.places
    )
    if incident and not any(place.base in COUNTS for place in clause.figures):
        yield from _incident(clause, facts, terms)
    if ATTACK in clause.spoken or any(place.fact.key.startswith("attacks.") for place in clause.places):
        yield from _attack(clause, facts)


def _provisional(clause: Clause, at: int, facts: Facts, terms: Terms) -> bool:
    """Whether what a clause speaks of may still change."""
    figures = [place.fact for place in clause.figures] or [
        place.fact for one in clause.sentence for place in one.figures
    ]
    return any(fact.provisional for fact in figures or [facts[key] for key in meant(clause, at, terms)])


def _incident(clause: Clause, facts: Facts, terms: Terms) -> Iterator[str]:
    """What is said of an incident must be so of each that may be meant."""
    stems = _stems(clause, facts, terms)
    words = INCIDENT.sub("", clause.words)
    for part, known in TOLD.items():
        for state, pattern in known.items():
            if pattern.search(words) and not (stems and all(facts[f"{stem}.{part}"].text == state for stem in stems)):
                yield "an incident is told as what it is not"


def _stems(clause: Clause, facts: Facts, terms: Terms) -> list[str]:
    """Which incidents a clause may speak of: those of its figures, else those of the categories that it names."""
    placed = [place.fact.key.rpartition(".")[0] for one in (clause, *clause.sentence) for place in one.places]
    own = [stem for stem in placed if stem.startswith("incidents.found_")]
    found = [
        f"incidents.{key.split('.')[1]}"
        for key in facts.known
        if key.startswith("incidents.found_") and key.endswith(".kind")
    ]
    named = {
        terms.topics(facts[f"{stem}.name"].text)[0].name: stem
        for stem in found
        if terms.topics(facts[f"{stem}.name"].text)
    }
    return own[:1] or [stem for name, stem in named.items() if name in clause.spoken] or found


def _attack(clause: Clause, facts: Facts) -> Iterator[str]:
    """Whether the detector saw an attack, and what nobody knows of it."""
    found = facts.get("attacks.found_days")
    days = found.value if found else None
    if UNSEEN.search(clause.words) and days != 0:
        yield "an attack is told as not seen: the detector found it, or nothing tells"
    elif SEEN.search(clause.words) and not UNSEEN.search(clause.words) and days == 0:
        yield "an attack is told as seen: the detector did not find it"
    if UNTOLD.search(clause.words):
        yield "something is told of an attack that no fact tells"
