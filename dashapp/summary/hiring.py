"""Words of a draft that say that reviewers are missing, or have too much to do."""

import re
from collections.abc import Iterator

from dashapp.summary.clauses import Clause, Place
from dashapp.summary.fact import RISK_STATES, Facts

PEOPLE = r"(?:reviewers?|people|staff|moderators?|hands|headcount|analysts?|capacity|hiring|shifts)"
MORE = re.compile(
    r"\b(?:more(?! than)|hir(?:e[ds]?|ing)|add(?:s|ed|ing)?|additional(?:ly)?|extra|lack\w*|short(?:age"
    r"|fall|handed)?|recruit\w*"
    r"|missing|another|in addition|on top of|onboard\w*|further|gap|understaffed)\b",
    re.IGNORECASE,
)
"""Words that make a number of reviewers one of those that are not there."""
CLAIMED = re.compile(
    rf"\b(?:hir(?:e|es|ing)|recruit(?:s|ing)?|onboard(?:ing)?|add(?:s|ing)?|bring in|take on)"
    rf" (?:\w+ ){{0,3}}{PEOPLE}\b"
    rf"|\b(?:needs?|requires?|wants?|calls? for|deserves?) (?:\w+ )?(?:more|additional|extra|new"
    rf"|other) (?:\w+ )?{PEOPLE}\b"
    rf"|\b(?:more|additional|extra) (?:\w+ )?{PEOPLE} (?:are|is|were|should|must|would be) (?!missing)\w*"
    rf"|\b(?:lack|lacks|lacking|shortage|want) of (?:\w+ )?{PEOPLE}|\blacks? (?:\w+ )?{PEOPLE}"
    rf"|\bshort of (?:\w+ )?{PEOPLE}"
    rf"|\btoo few (?:\w+ )?{PEOPLE}|\b{PEOPLE} (?:are|is|were) (?:missing|short|lacking|too few)"
    r"|\b(?:under-?staffed|understaffing|short-?staffed|short-?handed|undermanned|hiring is (?:needed|due"
    r"|indicated|urgent))\b",
    re.IGNORECASE,
)
"""That reviewers are missing, said without a figure."""
OVERLOADED = re.compile(
    r"\b(?:overwhelmed|over-?loaded|over-?stretched|over-?worked|over-?burdened|swamped|inundated"
    r"|stretched (?:too )?thin"
    r"|drowning|(?:cannot|can['\u2019]t|could not|unable to|do not|did not) (?:keep (?:up|pace)|cope)"
    r"|cannot cope|exhausted|maxed out|dangerously high|(?:near|at|beyond|over) (?:full |its "
    r"|their )?capacity"
    r"|at full stretch|fully used|at (?:its|their|the) limits?)\b",
    re.IGNORECASE,
)
"""That they have too much to do."""
SLACK = re.compile(
    r"\b(?:has|have|had|with|leaves?|left|enjoys?) (?:(?:some|much|plenty of|enough|ample"
    r"|a lot of) )?(?:slack|room|headroom|reserves?|time to spare|free capacity)\b",
    re.IGNORECASE,
)
"""That they have time left."""
DENIED = re.compile(
    r"\b(?:no|not|never|nobody|none|neither|nor|without|cannot|before|rather than|instead of|than|against"
    r"|\w+n['\u2019]t)\b",
    re.IGNORECASE,
)
NO_HELP = re.compile(
    r"\b(?:not|n['\u2019]t) (?:\w+ )?(?:help|needed|required|missing|change|be needed|recommended)\b", re.IGNORECASE
)
IF = re.compile(r"^(?:and |but )?(?:if|unless|whether|until)\b", re.IGNORECASE)


def unstaffed(clause: Clause, facts: Facts) -> Iterator[str]:
    """Why what a clause says of missing or overloaded reviewers is not so."""
    short = facts.get("staffing.short")
    missing = short is not None and isinstance(short.value, int | float) and short.value > 0
    counts = [
        place for place in clause.figures if place.base.startswith("staffing.") and place.fact.unit == "reviewers"
    ]
    if any(place.base != "staffing.short" for place in counts) and MORE.search(clause.words):
        yield "reviewers are told as missing or more with a figure of something else"
    if any(place.base == "staffing.short" for place in counts) and not missing and MORE.search(clause.words):
        yield "reviewers are told as missing: none are"
    claim = None if missing or IF.match(clause.words) else CLAIMED.search(clause.words)
    if claim and not (DENIED.search(clause.words[: claim.end()]) or NO_HELP.search(clause.words)):
        yield "reviewers are told as missing: none are, or nothing tells"
    load = OVERLOADED.search(clause.words)
    if load and not missing and not DENIED.search(clause.words[: load.start()]) and not _strained(clause, facts):
        yield "reviewers are told as overloaded: nothing tells that they are"
    if SLACK.search(clause.words) and _used(clause.places) and _strained(clause, facts):
        yield "reviewers are told as having time: their utilisation says otherwise"


def _strained(clause: Clause, facts: Facts) -> bool:
    """Whether the utilisation that a clause, or its sentence, speaks of is beyond a threshold."""
    here = _used(clause.places) or _used(place for one in clause.sentence for place in one.places)
    keys = here or ["utilisation"]
    return any((fact := facts.get(key)) is not None and fact.state in RISK_STATES for key in keys)


def _used(places: "Iterator[Place] | list[Place]") -> list[str]:
    """The keys of utilisation among places, with those of the teams that are named."""
    stems = (place.fact.key.removesuffix(".name") for place in places)
    return [stem for stem in stems if stem.startswith("utilisation")]
