"""Words of a draft that say how something moved, and whether the facts say so too."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dashapp.summary.clauses import Clause, Place
from dashapp.summary.fact import BETTER, FELL, ROSE, UNCHANGED, WORSE, Facts
from dashapp.summary.terms import LEVELS, Terms

UP = (
    r"rose|rise[sn]?|rising|grew|grow(?:s|n|ing|th)?|climb\w*|up|upwards?|upturn|uptick|higher|increas\w+"
    r"|surg(?:e[sd]?|ing)"
    r"|jump\w*|spik(?:e[sd]?|ing)|gain(?:s|ed|ing)?|swell\w*|swollen|soar\w*|mount(?:s|ed|ing)|expand\w*|expansion"
    r"|accelerat\w+|heavier|larger|bigger|longer|greater|more (?:flags|reports|decisions|incidents|attacks|cases)"
    r"|(?<=[\ue000-\uf8ff] )more|balloon\w*|skyrocket\w*|rocketed|explod\w+|mushroom\w*|snowball\w*"
    r"|burgeon\w*|boom(?:ed|ing)"
    r"|bulg(?:ed|ing)|multipl(?:ied|ying)|leap(?:t|ed|s|ing)?|rebound\w*|bounced|advanced|shot|flar(?:ed"
    r"|ing)|piled|built|picked up|north"
    r"|(?:push|lift|driv|drov|rais)\w*(?= (?:[a-z'\u2019 ]+ )?to [\ue000-\uf8ff])"
)
DOWN = (
    r"fell|fall(?:s|en|ing)?|drop\w*|down|downwards?|downturn|lower(?:s|ed|ing)?|declin\w+|decreas\w+"
    r"|eas(?:ed|es|ing)"
    r"|shr[aiu]nk\w*|shrinkage|slid|slid(?:es|ing)|slip\w*|dip(?:s|ped|ping)?|s[aiu]nk(?:s|ing)?"
    r"|reduc(?:ed|es|tion)|fewer"
    r"|smaller|lighter|shorter|less (?:than|work)|(?<=[\ue000-\uf8ff] )less"
    r"|reced\w+|subsid\w+|plung\w+|plummet\w*|tumbl\w+|diminish\w*|dwindl\w+|narrow\w*|abat\w+|retreat\w*"
    r"|loss|lost|ebb\w*"
    r"|collapsed|crash(?:ed|ing)|crater\w*|cool(?:ed|s|ing)|soften\w*|taper\w*|relaxed|contract(?:ed|s"
    r"|ing)|contraction"
    r"|bottomed|nosediv\w+|slump\w*|sagg(?:ed|ing)|wan(?:ed|ing)|thinn(?:ed|ing)|deflat\w+|melted"
    r"|evaporat\w+|trailed off"
    r"|died down|come off|came off|south|halv\w+|shed"
)
SAME = (
    r"(?:remained|stayed|held|kept)(?= at [\ue000-\uf8ff])|the same(?= *$)|in line(?= *$)"
    r"|the same (?:as|level|value|number|share)|little changed"
    r"|changed little|(?:hardly|barely|scarcely) (?:changed|moved)|unmoved"
    r"|much as before|as before|as usual|in line with the (?:week|previous|same)|level with|normal(?:ised"
    r"|ized)|on a par|unchanged|stable|steady|flat|constant|static|plateau\w*"
)
GOOD = r"better|improv\w+|healthier|stronger|recover\w*|faster|quicker|strengthen\w*"
BAD = r"worse\w*|deteriorat\w+|degrad\w+|slower|weaker|weaken\w*|erod\w+|erosion"

MEANINGS = {UP: ROSE, DOWN: FELL, SAME: UNCHANGED, GOOD: BETTER, BAD: WORSE}
WORDS = {re.compile(rf"\b(?:{words})\b", re.IGNORECASE): meaning for words, meaning in MEANINGS.items()}
IDIOMS = re.compile(
    r"\b(?:(?:follow|keep|kept|keeping|catch|caught|catching|set|back|make|made|used?|look|free|freed"
    r"|freeing|speed|topp?|clear|tidy"
    r"|step|sign|end|ended|ends|stand|stood|hold|held)(?:s|ing)? up|(?:break|breaks|broken|breaking) down"
    r"|g[ai]ve rise"
    r"|(?:higher|lower|greater)[ -](?:severity|priority|risk)|no longer"
    r"|(?:hold|held|back|slow)s? (?:it|them|things) (?:up|down)"
    r"|bring(?:s|ing)? (?:\w+ ){0,4}(?:up|down)|(?:faster|slower|quicker) than"
    r"|f[ae]ll(?:s|en|ing)? (?:behind|in|on|within|into|between)"
    r"|(?:room|slack|buffer|cover) (?:for|against) (?:an? |the next )?\w+|(?:absorb|another|further"
    r"|future|any) \w+)\b",
    re.IGNORECASE,
)
"""Phrases with a word of direction that tell none."""
NEGATION = re.compile(
    r"\b(?:not|never|cannot|\w+n['\u2019]t|fail\w*|avoid\w*|stop\w*|instead|far from|yet to|anything but|revers\w+"
    r"|opposite|contrary|halt\w*|ceas\w+|untrue|neither)\b",
    re.IGNORECASE,
)
"""Words that negate wherever they stand in a clause."""
DENIED = re.compile(
    r"\b(?:no|nor|without|hardly|barely|scarcely|nothing|none|rather than)(?: (?!scores?\b"
    r"|labels?\b)[a-z]+){0,3} ?$",
    re.IGNORECASE,
)
"""Words that negate what follows."""
SUPPOSED = re.compile(
    r"^(?:and |but |only |even )?(?:(?:if|until|unless|whether|how|should|to|in order to)\b"
    r"|an? (?:\w+ly )?(?:lower|higher|smaller|larger|longer|shorter)\b)"
    r"|\b(?:will|would|should|could|may|might|must|ought|can|cannot|likely to)\b(?! have\b)",
    re.IGNORECASE,
)
"""What is feared, hoped or planned is not said to have been."""
PRESENT = re.compile(r"(?:and |but |only )?(?:once|when|before|as soon as)\b", re.IGNORECASE)
PLAIN = re.compile(r"r[io]se\w*|rising|grew|grow\w*|f[ae]ll\w*|increas\w+|decreas\w+|climb\w*|drop\w*", re.IGNORECASE)
"""Words of direction that are hardly used for anything but figures."""
AMOUNT = re.compile(r"(?:fewer|more|less|larger|bigger|smaller|longer|shorter|greater)\b.*", re.IGNORECASE)
"""Words that compare what comes after them."""
OTHERS = re.compile(r"\b(?:others?|the rest|elsewhere)\b", re.IGNORECASE)
"""Things that are not told of."""
DIRECT = re.compile(r" ?(?:\w+ly ?,? ?)?(?:to|by|from|at)? ?", re.IGNORECASE)
"""What stands between a word of direction and its figure."""
LEADS = re.compile(
    r"\b(?:c[ao]mes?|coming|amount\w*|close|compar\w+|next|accord\w+|due|equal\w*|add\w*|attention|led"
    r"|leads|br(?:ing|ought)\w*|mov(?:e|ed|es|ing)"
    r"|relat\w+|thanks|contribut\w*|tak(?:es|en|ing)|took|get|gets|got|near|similar|used)\b[^\ue000-\uf8ff]*to $",
    re.IGNORECASE,
)
"""What leads to a figure without a direction."""
COMPUTED = ("direction", "verdict")


@dataclass(frozen=True)
class Move:
    """A word of direction or verdict in a clause."""

    at: int
    word: str
    meaning: str


def moves(clause: Clause) -> list[Move]:
    """The words of direction and verdict, in their order."""
    words = IDIOMS.sub(lambda match: "-" * len(match[0]), clause.words)
    found = [
        Move(match.start(), match[0], meaning)
        for pattern, meaning in WORDS.items()
        for match in pattern.finditer(words)
    ]
    return sorted(found, key=lambda move: move.at)


def moved_at(clause: Clause, words: str) -> bool:
    """Whether the words of a clause up to somewhere end with one that says up or down, as before a change."""
    return any(
        move.meaning in (ROSE, FELL) and move.at + len(move.word) == len(words.rstrip()) for move in moves(clause)
    )


def contradictions(clause: Clause, facts: Facts, terms: Terms) -> Iterator[str]:
    """Why what a clause says of how things moved is not what the facts say."""
    found = [] if supposed(clause) else [move for move in moves(clause) if _counts(move, clause)]
    told = [*(move.at for move in found), *(place.at for place in clause.places if place.part in COMPUTED)]
    if told and (NEGATION.search(clause.words) or any(DENIED.search(clause.words[:at]) for at in told)):
        yield "a direction is negated: say the direction itself"
    for move in found:
        yield from _contradiction(move, clause, facts, terms)
    if any(_unknown(place, clause, terms) for place in clause.figures):
        yield "a word of no known direction leads to a figure"


def _unknown(place: Place, clause: Clause, terms: Terms) -> bool:
    """Whether a figure is said to have been come to by words that tell no direction."""
    before = clause.words[: place.at]
    if place.part or place.end or not terms.moves(place.base) or not before.endswith("to ") or LEADS.search(before):
        return False
    told = clause.sentence[: clause.sentence.index(clause) + 1]
    moved = any(pattern.search(one.words) for one in told for pattern in WORDS)
    return not (moved or any(at.part in COMPUTED for one in told for at in one.places))


def _counts(move: Move, clause: Clause) -> bool:
    """Whether a word says how something moved: one of general use does where a figure or its subject stands with it."""
    if PRESENT.match(clause.words) and move.word.endswith("s"):
        return False  # "once the backlog falls" does not say that it did
    if AMOUNT.fullmatch(move.word) and not clause.figures:
        return move.at == 0
    subject = clause.words[: move.at].strip() in ("", "and", "but") or any(one.at < move.at for one in clause.topics)
    return bool(clause.figures or subject or PLAIN.fullmatch(move.word))


def supposed(clause: Clause) -> bool:
    """Whether a clause says what may be, or speaks of all but what is named, without a figure of what is."""
    figures = [
        place for place in clause.figures if place.end not in LEVELS and not clause.words[: place.at].endswith("from ")
    ]
    return not figures and bool(SUPPOSED.search(clause.words) or OTHERS.search(clause.words))


def _contradiction(move: Move, clause: Clause, facts: Facts, terms: Terms) -> Iterator[str]:
    part = "verdict" if move.meaning in (BETTER, WORSE) else "direction"
    keys = [key for key in meant(clause, move.at, terms) if terms.moves(key) or _direct(move, clause)]
    known = {key: told for key in keys if (told := getattr(facts[key], part))}
    if not keys:
        others = [told for key in _around(clause, terms) if (told := getattr(facts[key], part))]
        if PLAIN.fullmatch(move.word) and not (others and set(others) == {move.meaning}):
            yield "a direction is said of something that is not named in its clause"
    elif not known:
        yield f"a {part} is said where none is known"
    for told in known.values():
        if told != move.meaning:
            yield f"a direction is said that the facts contradict: it {told if part == 'direction' else f'is {told}'}"


def _direct(move: Move, clause: Clause) -> bool:
    """Whether a figure follows a word of direction at once."""
    end = move.at + len(move.word)
    return any(place.at >= end and DIRECT.fullmatch(clause.words, end, place.at) for place in clause.figures)


def _around(clause: Clause, terms: Terms) -> set[str]:
    """The keys of the facts whose figures stand in the sentence, else of those that were spoken of before."""
    figures = {place.base for one in clause.sentence for place in one.figures if terms.moves(place.base)}
    return figures or set(terms.meant(clause.context))


def meant(clause: Clause, at: int, terms: Terms) -> list[str]:
    """The keys of the facts of which a word at a place in a clause can be: of the figure nearest behind it, else before
    it, and of what is spoken of before it; else what the clause, or the one before it, speaks of.
    """
    figures = [place.base for place in clause.figures]
    behind = [place.base for place in clause.figures if place.at > at]
    nearest = behind[:1] or figures[-1:]
    covered = {topic for place in clause.figures if place.base in nearest for topic in place.use.covers}
    topics = {topic.name for topic in clause.topics if topic.at < at and not topic.loose} or clause.spoken
    if nearest:
        named = terms.meant(topics - covered)
        return [*nearest, *(key for key in named if key not in figures)]
    named = terms.meant(topics)
    return named or (meant(clause.before, len(clause.before.words), terms) if clause.before else [])
