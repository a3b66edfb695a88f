"""Whether a draft says nothing that the facts do not: its figures, its directions, and what it says they are of.

No rule makes a text true; these keep numbers that nobody measured, wrong signs and swapped meanings out of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dashapp.summary.absent import none
from dashapp.summary.belonging import swapped
from dashapp.summary.clauses import FIRST, Clause, Place, clauses
from dashapp.summary.draft import Draft
from dashapp.summary.fact import Fact, Facts
from dashapp.summary.figures import FIGURES
from dashapp.summary.hiring import unstaffed
from dashapp.summary.judged import misjudged
from dashapp.summary.levels import misplaced
from dashapp.summary.moves import COMPUTED, contradictions, moved_at, moves, supposed
from dashapp.summary.numerals import ALLOWED, numbers
from dashapp.summary.opposites import reversed_
from dashapp.summary.ranks import misranked
from dashapp.summary.rates import mistimed
from dashapp.summary.terms import LEVELS, Terms
from dashapp.summary.text import COUNT, PARTS, PLACEHOLDER, form

CLOSED = re.compile(r".*[a-z)\ue000-\uf8ff]\.", re.IGNORECASE | re.DOTALL)
GLUED = re.compile(r"[.,;:](?=[^\s)'\"\u2019\u201d])|(?<![\w)\ue000-\uf8ff])-|-(?![\w\ue000-\uf8ff])")
"""Points within words, as in addresses, and dashes that stand alone, as in lists."""
BEFORE = re.compile(
    r"\b(?:from|before|earlier|previous\w*|prior|last week|against|compared|versus|than|after|week ago|had been"
    r"|(?:up|down) on)\b|\(was\b",
    re.IGNORECASE,
)
WEEK_BEFORE = re.compile(
    r"\b(?:(?:week|days) (?:before|earlier)|(?:previous|prior|preceding) week)\b|\bbefore\W*$", re.IGNORECASE
)
CASES = re.compile(r"\b(?:cases?|based|sample|counted|measured|labelled)\b", re.IGNORECASE)
AS_CHANGE = re.compile(r"\b(?:chang\w+|differ\w+)(?: of| by|:)? ?$", re.IGNORECASE)
AS_DRIFT = re.compile(r"\s+(?:away )?(?:from|off) (?:its|the) baseline\b", re.IGNORECASE)
COMPARED = re.compile(r"\bcompared to\s*$", re.IGNORECASE)
CHANGE = re.compile(
    r"\b(?:chang\w+|differ\w*|mov(?:e[ds]?|ement|ing)|shift\w*|swing\w*|gap|on the week before)\b", re.IGNORECASE
)
AS_LEVEL = re.compile(
    r"\b(?:thresholds?|levels?|warning|alert|limits?|baselines?|targets?|above|below|over|under|past"
    r"|beyond|within)\b",
    re.IGNORECASE,
)
RANGE = re.compile(r"\b(?:rang|var)\w+ from $", re.IGNORECASE)
IS_LEVEL = re.compile(
    r"\b(?:thresholds?|levels?|warning|(?<!in )alert|limits?|baselines?|targets?)"
    r"(?: of| is| was| at|:)* ?$",
    re.IGNORECASE,
)
LABELS = {
    "n": (CASES, "a number of cases that is not told as such"),
    **dict.fromkeys(LEVELS, (AS_LEVEL, "a threshold that is not told as such")),
}
"""Words that must stand with a figure's further parts."""
LOOSE = re.compile(
    r"\b(?:over|under|above|below|beyond|(?:more|less|fewer|higher|lower|greater|larger|smaller) than"
    r"|at (?:least|most)"
    r"|up to|nearly|almost|about|around|roughly|some|approximately|minus|plus|negative|times)\s*$",
    re.IGNORECASE,
)
NOUN = re.compile(
    r"\s+(?:[a-z]+ly )?(?P<noun>flags?|reports?|reviewers?|hours?|days?|weeks?|decisions?|attacks?"
    r"|incidents?|teams?"
    r"|categor(?:y|ies)|points?|events?|people|users?|times)\b",
    re.IGNORECASE,
)
NOUNS = {
    "flags": ("flag",),
    "reports": ("report",),
    "reviewers": ("reviewer",),
    "attacks": ("attack",),
    "incidents": ("incident",),
}
AT_LEAST = ("staffing.needed",)
"""Bounds by themselves."""


@dataclass(frozen=True)
class Problem:
    """Why a draft is refused: in which part, and by which rule. The model is told the words, too."""

    part: str
    rule: str
    words: str = ""

    def __str__(self) -> str:
        return f"{self.part}: {self.rule}"

    @property
    def quoted(self) -> str:
        """What the model is told."""
        return f"{self}: {self.words}" if self.words else str(self)


def problems(draft: Draft, facts: Facts) -> list[Problem]:
    """Why a draft cannot be used; none where it can."""
    terms = Terms(facts)
    found = list(_chosen(draft, facts))
    for part, words, about in draft.passages():
        heading = about if about and facts.get(about) else None
        found += (Problem(part, rule, quoted) for rule, quoted in _of(words, facts, terms, heading))
    found += (
        Problem("top risks", "a risk without a figure", risk)
        for risk in draft.top_risks
        if not any(part in ("", *map(form, facts.known.values())) for _, part in PLACEHOLDER.findall(risk))
    )
    return list(dict.fromkeys(found))


def _chosen(draft: Draft, facts: Facts) -> Iterator[Problem]:
    """The category and the metric that a draft tells of must be such."""
    if draft.category_to_watch.category not in facts.part("flags"):
        yield Problem("category to watch", "a category that the facts do not know")
    metric = draft.key_metric_next_week.metric
    if metric not in FIGURES or facts.get(metric) is None:
        yield Problem("key metric next week", "a metric that the facts do not know")


def _of(words: str, facts: Facts, terms: Terms, about: str | None = None) -> Iterator[tuple[str, str]]:
    """What is wrong with a passage: first how it is written, and where that is right, what it says."""
    rest = PLACEHOLDER.sub(chr(FIRST), words)
    bare = rest.replace(chr(FIRST), " ")
    wrong = [*_written(rest, bare), *_placed(words, facts)]
    if wrong:
        yield from ((rule, words) for rule in wrong)
        return
    for clause in clauses(words, facts, terms, about):
        yield from ((rule, _shown(clause)) for rule in _said(clause, facts, terms))


def _written(rest: str, bare: str) -> Iterator[str]:
    yield from numbers(bare)
    if not ALLOWED.fullmatch("".join(character for character in bare if not character.isnumeric())):
        yield "something other than letters, spaces, plain punctuation and placeholders"
    if GLUED.search(rest):
        yield "a point or a dash that is none of prose"
    if not CLOSED.fullmatch(rest):
        yield "a sentence without an end"


def _placed(words: str, facts: Facts) -> Iterator[str]:
    """What is wrong with placeholders by themselves."""
    for key, part in PLACEHOLDER.findall(words):
        fact = facts.get(key)
        if fact is None:
            yield "a placeholder of no fact"
        elif part in PARTS and not getattr(fact, part):
            yield f"a {part} that is not known"
        elif part and part not in (*PARTS, form(fact)):
            yield "a placeholder with a form that is not its unit's"


def _shown(clause: Clause) -> str:
    """A clause as the model wrote it, nearly."""
    found = iter(clause.places)
    return "".join(
        f"{{{{{next(found).fact.key}}}}}" if ord(character) >= FIRST else character for character in clause.words
    )


def _said(clause: Clause, facts: Facts, terms: Terms) -> Iterator[str]:
    """What is wrong with what a clause says."""
    yield from contradictions(clause, facts, terms)
    yield from misplaced(clause, facts, terms)
    yield from none(clause, facts, terms)
    yield from misjudged(clause, facts, terms)
    if clause.spoken & terms.unknown:
        yield "a category that the facts do not know"
    yield from swapped(clause, terms)
    yield from mistimed(clause, facts)
    yield from misranked(clause, facts, terms)
    yield from unstaffed(clause, facts)
    yield from reversed_(clause, terms)
    for place in clause.figures:
        yield from _role(clause, place)


def _role(clause: Clause, place: Place) -> Iterator[str]:
    """What is wrong with how a figure is told: as one of this week, of the week before, as a change or a threshold."""
    before, after = clause.words[: place.at], clause.words[place.at + 1 :]
    if place.part in PARTS:
        return
    fact = place.fact
    colon = not before and clause.before is not None and clause.before.words.endswith(":")
    if fact.value is None and not colon and before != "(":
        yield "a figure that has no value"
    exact = place.end not in (*LEVELS, "n") and fact.key not in AT_LEAST and not isinstance(fact.value, str)
    if exact and LOOSE.search(before):
        yield "a figure is told as a bound or a guess: it is exact"
    noun = NOUN.match(after)
    if noun and noun["noun"].lower().rstrip("s") not in _nouns(fact):
        yield "a figure is counted in what it does not count"
    if AS_DRIFT.match(after) and place.base != "score_mean.drift":
        yield "a figure is told as the distance from the baseline"
    yield from _time(clause, place, before)


def _nouns(fact: Fact) -> tuple[str, ...]:
    """What a figure may be said to count."""
    if form(fact) != COUNT:
        return ()
    return NOUNS.get(fact.unit or fact.key.partition(".")[0], ())


def _time(clause: Clause, place: Place, before: str) -> Iterator[str]:
    """Of when a figure is told to be."""
    last = before.rstrip().rpartition(" ")[2].lower()
    if place.end == "before":
        yield from _earlier(clause, before, last)
    elif place.end == "change":
        yield from _change(clause, before, last)
    elif place.end in LABELS:
        pattern, rule = LABELS[place.end]
        if not pattern.search(clause.words):
            yield rule
    elif isinstance(place.fact.value, str):
        return
    elif IS_LEVEL.search(before) and place.base != "score_mean.drift":
        yield "a figure is told as a threshold"
    elif RANGE.search(before) or (last == "from" and supposed(clause)):
        return
    elif last == "from" or (last == "by" and _moves(clause)) or AS_CHANGE.search(before) or moved_at(clause, before):
        yield "a figure of this week is told as a change or as one of the week before"
    elif WEEK_BEFORE.search(_timed(clause)) and not _compares(clause):
        yield "a figure of this week is told as one of the week before"


def _earlier(clause: Clause, before: str, last: str) -> Iterator[str]:
    aside = clause.before.words if before == "(" and clause.before else ""
    if not BEFORE.search(f"{aside} {_timed(clause)}"):
        yield "a figure of the week before that is not told as such"
    if last == "to" and not COMPARED.search(before):
        yield "a figure of the week before is told as one of this week"


def _timed(clause: Clause) -> str:
    """The words of a clause, with those that say before it of when it is."""
    before = clause.before
    leads = before is clause.sentence[0] and before and not (before.places or before.strong)
    return f"{before.words} {clause.words}" if before and leads else clause.words


def _change(clause: Clause, before: str, last: str) -> Iterator[str]:
    moved = last == "by" or CHANGE.search(clause.words) or any(map(_moves, (*clause.sentence, clause.before or clause)))
    if not (moved or before.endswith("(") or BEFORE.search(clause.words)):
        yield "a change that is not told as such"
    if last in ("to", "from"):
        yield "a change is told as a figure"


def _moves(clause: Clause) -> bool:
    """Whether a clause says how something moved."""
    return bool(moves(clause)) or any(place.part in COMPUTED for place in clause.places)


def _compares(clause: Clause) -> bool:
    """Whether a clause holds something against the week before."""
    return any(
        place.end in ("before", "change") or place.part or place.fact.key == "week.before" for place in clause.places
    )
