"""Whether the figures of a draft stand with the words of what they are of."""

import re
from collections.abc import Iterator

from dashapp.summary.clauses import Clause, Place
from dashapp.summary.terms import ATTACK, FLAGS, NEED, UNITS, WEAK, Terms
from dashapp.summary.text import COUNT, form

LED = re.compile(r"\b(?:to|at|by|from) ?$|\($", re.IGNORECASE)
"""Ends what leads to a level that something reached, not to how much something brought."""

WHERE = re.compile(r"(?:where|whose)\b", re.IGNORECASE)
"""Begins a clause that speaks of part of what the one before does."""


def swapped(clause: Clause, terms: Terms) -> Iterator[str]:
    """Why the figures of a clause are not of what it speaks of."""
    for place in clause.figures:
        if not all(need & clause.spoken or _near(clause, place, need, terms) for need in place.use.needs):
            yield "a figure without the words of its metric or category"
    covered = {topic for place in clause.figures for topic in place.use.covers}
    uncovered = clause.strong - covered
    held = {topic for topic in uncovered if any(_held(clause, topic, place, terms) for place in clause.figures)}
    if held:
        yield f"words of {', '.join(sorted(held))} with a figure of something else"


def _near(clause: Clause, place: Place, need: frozenset[str], terms: Terms) -> bool:
    """Whether one of these words stands elsewhere in the sentence, nearer than any of something else; or was spoken of
    before a sentence that speaks of nothing else.
    """
    here = clause.at(place)
    own = [
        (abs(one.start + topic.at - here), place_)
        for place_, one in enumerate(clause.sentence)
        for topic in one.topics
        if topic.name in need and (one is clause or not any(same.same(place) for same in one.figures))
    ]
    foreign = [
        abs(one.start + topic.at - here)
        for one in clause.sentence[: clause.sentence.index(clause) + 1]
        for topic in one.topics
        if topic.name in one.foreign(place) - {NEED} and not topic.loose
    ]
    if not own:
        return not foreign and bool(need & clause.context)
    distance, found = min(own)
    narrowed = clause.sentence[found].foreign(place) & terms.narrower(place.use)
    return distance <= min(foreign, default=distance) and not (narrowed - terms.names)


def _held(clause: Clause, topic: str, place: Place, terms: Terms) -> bool:
    """Whether a word of something else makes a figure seem to be of that."""
    if topic == ATTACK:
        return place.fact.unit == FLAGS and form(place.fact) == COUNT and not LED.search(clause.words[: place.at])
    if topic.removeprefix("all ") in UNITS:
        return not WHERE.match(clause.words)
    if topic in terms.names or topic in terms.narrower(place.use):
        return True
    last = max(one.at for one in clause.topics if one.name == topic)
    needs = frozenset[str]().union(*place.use.needs) - WEAK
    return not any(one.name in needs and last < one.at < place.at for one in clause.topics)
