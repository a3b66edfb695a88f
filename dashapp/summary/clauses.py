"""A draft's prose in sentences and clauses, with the figures that stand in them and what they speak of."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from dashapp.summary.fact import Fact, Facts
from dashapp.summary.terms import ATTACK, LACK, NEED, STAFF, UNITS, Terms, Topic, Use, base, neutral
from dashapp.summary.terms import PARTS as ENDS
from dashapp.summary.text import PLACEHOLDER

FIRST = 0xE000
"""Placeholders are read as characters from here on, which no draft may hold."""

CONJUNCTIONS = (
    "and|but|while|whilst|whereas|which|who|whose|that|because|since|so|although|though|when|where|if|yet|or|as"
    r"|with|despite|after|whether|why|how|given|in spite of|until|unless|once|due to|owing to"
    r"|ahead of|outpac\w+|overtook|overtak\w+|unlike"
)
CUT = re.compile(
    r"(?=\()|(?<=[,;:)])(?! (?:to|by) [\ue000-\uf8ff])\s*"
    rf"|\s*[\u2013\u2014]\s*|(?<!compared)\s+(?=(?:{CONJUNCTIONS})\b)",
    re.IGNORECASE,
)
LEAD = re.compile(
    rf"(?:(?:{CONJUNCTIONS}|the|all|total|weekly|overall|incoming|new|daily|its|in total)\s+)*"
    r"(?=\w+(?P<rest> (?:in|of|on|for|from|by|waiting|awaiting|past|still|sent|decided|routed|escalated|handled)\b)?)",
    re.IGNORECASE,
)
"""What may stand before the subject of a clause, and what goes on after it to say of which it is."""
THE_SAME = re.compile(r"\b(?:the|this|that) (?:same )?(?:category|metric|rate|figure|share)\b|\bits?\b", re.IGNORECASE)
CAUSE = re.compile(
    r"\b(?:on the back of|because of|due to|amid|driven by|following|owing to|in a week with) "
    r"(?:an? |the |one )?(?:\w+ )?(?=attack|incident)",
    re.IGNORECASE,
)
"""Attacks told of as the cause of a figure are not what it counts."""
SENTENCES = re.compile(r"(?<=\.)\s+")


@dataclass(frozen=True)
class Place:
    """A figure in a clause: where, of which fact, and the base of that."""

    at: int
    fact: Fact
    base: str
    part: str | None
    use: Use

    @property
    def end(self) -> str:
        """Which part of its base it is: `before`, `change`, ...; empty for the base itself."""
        last = self.fact.key.rpartition(".")[2]
        return last if self.fact.key != self.base and last in ENDS else ""

    def same(self, other: "Place") -> bool:
        """Whether it tells the same of the same fact."""
        return (self.fact.key, self.part) == (other.fact.key, other.part)

    @property
    def counts(self) -> bool:
        """Whether it is a figure, or a word that we computed of one; neither a date nor a mere name."""
        return not neutral(self.fact.key) and not self.named

    @property
    def named(self) -> bool:
        """Whether it is a name."""
        return self.part == "name" or self.fact.key.endswith(".name")


@dataclass(eq=False)
class Clause:
    """Part of a sentence, its figures, and its topics in their order; where it starts in its sentence, and what was
    spoken of before that sentence.
    """

    words: str
    places: list[Place]
    topics: list[Topic]
    start: int = 0
    before: "Clause | None" = None
    sentence: "list[Clause]" = field(default_factory=list, repr=False)
    context: frozenset[str] = frozenset()

    @property
    def figures(self) -> list[Place]:
        """Figures, and words that we computed of them."""
        return [place for place in self.places if place.counts]

    @property
    def spoken(self) -> set[str]:
        """All that it speaks of."""
        return {topic.name for topic in self.topics}

    @property
    def strong(self) -> set[str]:
        """What it speaks of but for mere units; `all flags` where it is about flags."""
        subjects = {f"all {topic.name}" for topic in self.topics if topic.name in UNITS and self._subject(topic)}
        return {topic.name for topic in self.topics if topic.name not in UNITS and not topic.loose} | subjects

    def foreign(self, place: Place) -> set[str]:
        """What it speaks of that a figure is not of, and none of its own figures either."""
        return self.strong.difference(place.use.covers, *(own.use.covers for own in [*self.figures, *self._aside()]))

    def _aside(self) -> list[Place]:
        """Its figures that stand in brackets after it."""
        after = next((one for one in self.sentence if one.before is self), None)
        return after.figures if after and after.words.startswith("(") else []

    def at(self, place: Place) -> int:
        """Where a figure of it stands in its sentence."""
        return self.start + place.at

    def _subject(self, topic: Topic) -> bool:
        """Whether flags or reports are what the clause is about: it begins with them."""
        begin = LEAD.match(self.words)
        return begin is not None and topic.at == begin.end() and not begin["rest"]


def clauses(words: str, facts: Facts, terms: Terms, about: str | None = None) -> Iterator[Clause]:
    """The clauses of a passage, each linked to its neighbours; the placeholders must be known. `about` is the key of
    the fact that stands above the passage.
    """
    keys = PLACEHOLDER.findall(words)
    count = iter(range(len(keys)))
    marked = PLACEHOLDER.sub(lambda _: chr(FIRST + next(count)), words)
    above = last = _heading(about, terms) if about else None
    before = above.spoken if above else set[str]()
    for sentence in SENTENCES.split(marked):
        found = [_clause(part.strip(), keys, facts, terms) for part in CUT.split(sentence) if part.strip(" .,;:)")]
        start = 0
        for clause in found:
            if above:
                _refer(clause, above)
            clause.start, clause.before, clause.sentence, clause.context = start, last, found, frozenset(before)
            start, last = start + len(clause.words) + 1, clause
        _staffing(found)
        yield from found
        spoken = {topic for clause in found for topic in clause.spoken}
        strong = {topic for clause in found for topic in clause.strong}
        before = spoken | (above.spoken if above else set()) | (set() if strong else before)


def _refer(clause: Clause, above: Clause) -> None:
    """`It` and `the category` may speak of what stands above the passage."""
    for match in THE_SAME.finditer(clause.words):
        clause.topics += [Topic(topic.name, match.start(), loose=True) for topic in above.topics]


def _staffing(sentence: list[Clause]) -> None:
    """Needs are spoken of only beside reviewers and their figures: other things are needed, too."""
    staffed = False
    for clause in sentence:
        figures = any(place.fact.key.startswith("staffing.") for place in clause.places)
        if not (staffed or figures or STAFF in clause.spoken):
            clause.topics = [topic for topic in clause.topics if topic.name not in (NEED, LACK)]
        staffed = figures


def _heading(key: str, terms: Terms) -> Clause:
    """What is spoken of before a passage begins."""
    return Clause("", [], [Topic(topic, 0) for need in terms.use(key).needs for topic in sorted(need)])


def _clause(words: str, keys: list[tuple[str, str]], facts: Facts, terms: Terms) -> Clause:
    places = []
    for at, character in enumerate(words):
        if ord(character) >= FIRST:
            key, part = keys[ord(character) - FIRST]
            places.append(Place(at, facts[key], base(key, facts), part or None, terms.use(key)))
    attacked = any(ATTACK in place.use.covers for place in places)
    causes = set() if attacked else {match.end() for match in CAUSE.finditer(words)}
    topics = [topic for topic in terms.topics(words) if topic.at not in causes]
    for place in places:
        if place.named:
            topics += [Topic(topic, place.at) for need in place.use.needs for topic in sorted(need)]
            topics += [Topic(topic.name, place.at, topic.loose) for topic in terms.topics(place.fact.text)]
    return Clause(words, places, sorted(topics, key=lambda topic: topic.at))
