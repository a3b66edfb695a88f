"""Words of a draft that say the opposite of what a figure counts, or the rest of it."""

import re
from collections.abc import Iterator
from itertools import pairwise

from dashapp.summary.clauses import Clause, Place
from dashapp.summary.terms import LEVELS, Terms

WRONG = r"errors?|mistake\w*|wrong\w*|incorrect\w*|inaccura\w*|in error|fail(?:ed|ures?)|unfounded|false\w*"
LATE = (
    r"met|meets?|meeting|kept|honou?red|fulfill?ed|achiev\w+|complied|complian\w+|in time|on time"
    r"|punctual\w*|timely"
    r"|(?:decided|reviewed|handled|done|closed|answered|left) (?:within|inside)|success\w*|attain\w*"
    r"|before (?:its|their|the) (?:sla|deadline)\w*|respected|satisfied"
)
OPPOSITES = {
    "sla_breach_rate": LATE,
    "sla_breach_rate_reviewed": LATE,
    "precision_decided": rf"{WRONG}|overturned|rejected|dismissed|reversed",
    "report_accuracy": f"{WRONG}|rejected|dismissed",
    "report_accuracy_decided": f"{WRONG}|rejected|dismissed",
    "automation_rate": (
        rf"{WRONG}|(?:that|which|who) (?:\w+ )?(?:reviewers|people|humans|moderators|waited|went to people|reached)"
        r"|(?:decided|reviewed|handled|taken|settled) by (?:\w+ )?(?:reviewers|people|humans|hand|moderators)"
        r"|(?:reviewers|people|humans|moderators) (?:\w+ )?(?:decided|decide|reviewed|handled)|by hand|manual\w*"
        r"|without automation|instead of automation|(?:needed|required|took|got) (?:an? )?(?:human|person"
        r"|reviewer|manual)|waited for"
    ),
    "escalation_rate": rf"{WRONG}|de-?escalat\w*|routine",
    "utilisation": (
        r"unused|capacity (?:was |were |is |went )?(?:left|remaining|to spare)|idle\w*|spare|free|unoccupied"
        r"|untapped|wasted|left over|unspent"
        r"|[\ue000-\uf8ff] of (?:the )?(?:reviewers|staff|people|moderators)"
    ),
    "report_duplication": f"unique|original|distinct|{WRONG}",
    "flags_human_review": r"decided|cleared|closed|finished|completed|resolved|judged",
    "sla_at_risk": r"breached|were late|are late|overdue|missed|lost",
    **dict.fromkeys(("time_to_decision_p50", "time_to_decision_p50_censored"), r"averag\w*|mean|slowest|longest"),
    **dict.fromkeys(("time_to_decision_p99", "time_to_decision_p99_censored"), r"averag\w*|mean|typical\w*|medians?"),
    "unscored_share": r"were scored|with (?:a )?scores?",
    "unlabelled_share": r"were labell?ed|with (?:a )?labels?",
}
"""What a figure does not count, but its rest, by the figure's key."""
PATTERNS = {key: re.compile(rf"\b(?:{words})\b|(?<= )(?:{words})\b", re.IGNORECASE) for key, words in OPPOSITES.items()}
NOT = re.compile(
    r"\b(?:not(?! (?:only|just|merely|yet settled|settled|final|judged))|never|cannot|\w+n['\u2019]t"
    r"|neither|nor|none|nobody|nothing"
    r"|no (?=flag|report|decision|urgent|case|reviewer|breach)"
    r"|without (?!the |(?:an? |any )?(?:(?:known |single )*attack|score|label|cause|obvious|reserve|slack|need))"
    r"|un(?:escalated|automated|reviewed|breached|duplicated|touched|affected|met)|non-\w+|other than"
    r"|except|all but|outside)\b",
    re.IGNORECASE,
)
"""Words that make a figure one of what is not so."""
SOME = re.compile(
    r"\b(?:most|few|many|some|none|bulk|much|part|several|rest|fraction|share) of (?:the |these |those "
    r"|all )*(?=[\ue000-\uf8ff])",
    re.IGNORECASE,
)
EXPECTED = re.compile(r"\b(?:un)?(?:expect\w*|usual\w*|normal\w*|predict\w*|forecast\w*|foreseen)\b", re.IGNORECASE)
FOUND = re.compile(r"\b(?:found|find|detect\w*|caught|spotted|saw|notic\w*|marked|unusual|flagged)\b", re.IGNORECASE)
MISSED = re.compile(
    r"\b(?:miss(?:ed|es|ing)?|overlook\w*|un(?:detected|noticed|seen)|false|fail\w*|slipped|not|never"
    r"|\w+n['\u2019]t|escaped)\b",
    re.IGNORECASE,
)
UNEXPLAINED = re.compile(
    r"\b(?:unexplain\w*|no (?:known )?attack|without (?:a |any )?(?:known )?attack|unaccounted)\b", re.IGNORECASE
)
WORDED = re.compile("[a-z]{3,}", re.IGNORECASE)
DAYS = {"attacks.days": False, "attacks.detected_days": True, "attacks.found_days": True}
"""Counted days of attacks, and whether they are days that the detector found."""


def reversed_(clause: Clause, terms: Terms) -> Iterator[str]:
    """Why the words of a clause say the rest, or the opposite, of its figures."""
    told = _told(clause)
    numbers = [
        place for place in clause.figures if place.end not in LEVELS and isinstance(place.fact.value, int | float)
    ]
    denied = bool(NOT.search(clause.words)) and any(place.part is None for place in numbers)
    turned = any(place.base_of in PATTERNS and PATTERNS[place.base_of].search(told) for place in map(_Metric, numbers))
    if denied != turned:
        yield "a figure is told as the opposite of what it counts, or is negated"
    if numbers and SOME.search(clause.words):
        yield "a share or a record that no fact tells"
    yield from (problem for place in numbers for problem in _days(place, clause))
    yield from _expected(clause)
    if clause.sentence and clause is clause.sentence[-1]:
        yield from _ordered(clause.sentence, terms)


class _Metric:
    """A figure, and the metric that it is of: the same for all groups."""

    def __init__(self, place: Place) -> None:
        self.base_of = place.base if place.base in OPPOSITES else place.base.partition(".")[0]


def _told(clause: Clause) -> str:
    """The words of a clause with those that go on to say what its figure is, and those before a mere figure."""
    place = clause.sentence.index(clause)
    after = clause.sentence[place + 1 : place + 2]
    words = clause.words
    if after and not after[0].figures and after[0].words.lower().startswith(("that", "which", "who")):
        words = f"{words} {after[0].words}"
    before = clause.sentence[place - 1 : place] if place else []
    if before and not before[0].figures and not WORDED.search(clause.words):
        words = f"{before[0].words} {words}"
    return words


def _days(place: Place, clause: Clause) -> Iterator[str]:
    """Days of attacks must be told as those that they are."""
    words = clause.words
    if place.base in DAYS and (DAYS[place.base] != bool(FOUND.search(words)) or MISSED.search(words)):
        yield "days of attacks are told as others"
    if place.base == "attacks.unexplained_days" and not UNEXPLAINED.search(words):
        yield "days of attacks are told as others"


def _expected(clause: Clause) -> Iterator[str]:
    """What an incident was expected to bring and what it brought must not stand for each other."""
    counts = [place for place in clause.figures if place.base.endswith((".observed", ".expected"))]
    if not counts or clause is not next(one for one in clause.sentence if _seen(one)):
        return
    all_ = [(one.at(place), place.base) for one in clause.sentence for place in _seen(one)]
    words = [one.start + match.start() for one in clause.sentence for match in EXPECTED.finditer(one.words)]
    near = [min(all_, key=lambda told, at=at: abs(told[0] - at)) for at in words]  # type: ignore[misc]
    if {told for told in all_ if told[1].endswith(".expected")} != set(near):
        yield "what was expected is told as what was seen, or the other way round"


def _seen(clause: Clause) -> list[Place]:
    return [place for place in clause.figures if place.base.endswith((".observed", ".expected"))]


def _ordered(sentence: list[Clause], terms: Terms) -> Iterator[str]:
    """Names in a row, and figures in a row after or before them, must be in one order."""
    tokens = [
        (one.start + topic.at, "name", topic.name)
        for one in sentence
        for topic in one.topics
        if topic.name in terms.names
    ]
    tokens += [
        (one.start + place.at, "figure", terms.groups[place.base])
        for one in sentence
        for place in one.figures
        if place.base in terms.groups
    ]
    runs: list[tuple[str, list[str]]] = []
    for _, kind, name in sorted(set(tokens)):
        if not runs or runs[-1][0] != kind:
            runs.append((kind, []))
        if name not in runs[-1][1][-1:]:
            runs[-1][1].append(name)
    for (_, first), (_, second) in pairwise(runs):
        both = [name for name in first if name in second]
        if len(both) > 1 and both != [name for name in second if name in first]:
            yield "names and their figures stand in another order"
