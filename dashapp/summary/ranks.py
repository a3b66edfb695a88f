"""Words of a draft that say which category or team comes first, and what is so of all of them."""

import re
from collections.abc import Iterator

from dashapp.summary.clauses import Clause
from dashapp.summary.fact import FELL, ROSE, UNCHANGED, Facts
from dashapp.summary.moves import Move, moves, supposed
from dashapp.summary.terms import GROUPS, Terms

OF = r"(?:categor(?:y|ies)|teams?|shares?|volumes?|counts?|numbers?|loads?|utilisation|source|part)"
MOVE = r"(?:rise|increase|growth|jump|surge|gain|climb|growing|rising|change|move|shift)"
LOSS = r"(?:fall|drop|decline|decrease|loss|falling|shrinking|dip)"
MOST = r"(?:larg|bigg|great|high|steep|sharp|strong|fast|heav|furth)est|most"
LEAST = r"(?:small|low|slow|weak|light|quiet|few)est|least"
GROWN = re.compile(
    rf"\b(?:{MOST}) (?:\w+ )?{MOVE}\b|\b(?:rose|grew|increased|climbed|gained|moved) (?:the )?(?:most"
    rf"|fastest|furthest)\b|\bfastest[ -]growing\b",
    re.IGNORECASE,
)
FALLEN = re.compile(
    rf"\b(?:{MOST}) (?:\w+ )?{LOSS}\b|\b(?:fell|dropped|declined|shrank) (?:the )?(?:most|fastest|furthest)\b",
    re.IGNORECASE,
)
FIRST = re.compile(
    rf"\b(?:{MOST}|top|busiest|leading|main|dominant|number one|heaviest|worst|hardest)(?: (?:stretched"
    rf"|loaded|common|frequent|used|hit))? {OF}\b"
    r"|\bthe (?:busiest|most (?:stretched|loaded|common|used))\b(?! team first)|\b(?:leads?|tops?|leading"
    r"|topping|outnumbers?|exceeds?) (?:all|every|the) "
    r"|\bmost common\b|\branks? (?:first|highest|top)\b|\bcomes? first\b|\b(?:has|holds|takes"
    r"|in) the lead\b|\bmain (?:driver|source)\b|\bmore \S+ than (?:anything|any)\b"
    r"|\bis (?:the )?(?:largest|biggest|highest|busiest|top)\b",
    re.IGNORECASE,
)
MOVED = re.compile(rf"\b(?:{MOVE}|{LOSS})\b|\bgrew\b", re.IGNORECASE)
LOST = re.compile(rf"\b(?:{LOSS})\b", re.IGNORECASE)
LAST = re.compile(
    rf"\b(?:{LEAST}|rarest)(?: (?:stretched|loaded|busy|common|frequent|used))? {OF}\b"
    r"|\bthe (?:quietest|least (?:stretched|loaded|busy|common|used))\b|\b(?:ranks?|comes?) last\b"
    r"|\bis (?:the )?(?:smallest|lowest"
    r"|rarest|quietest)\b",
    re.IGNORECASE,
)
SPOKEN_OF = re.compile(r"\b(?:move|shift|give|look|start|begin|help)\b.*\bfirst\b", re.IGNORECASE)
RECORD = re.compile(
    r"\b(?:hit|hits|reach\w*|set|sets|at|touch\w*|near) an? (?:\w+ )?(?:high|low|peak|record|trough"
    r"|bottom|ceiling|floor)\b|\ba (?:\w+ )?record\b"
    r"|\boff (?:its|their|the) (?:\w+ )?(?:peak|high|low)\b|\b(?:new|fresh|weekly|yearly"
    r"|all-time) (?:high|low|peak)s?\b|\bbottomed\b|\bpeaked\b"
    r"|\b(?:highest|lowest|best|worst|largest|smallest|busiest|quietest) (?:\w+ )?(?:level|value|figure"
    r"|rate|week|month|score|of the (?:year|month)|in (?:weeks|months|years))\b"
    r"|\b(?:is|was|at) (?:the|its|their) (?:highest|lowest|best|worst)\b",
    re.IGNORECASE,
)
"""A place among weeks that no fact tells."""
THAN = re.compile(
    r"\b(?P<more>outnumber\w*|outweigh\w*|overtook|(?:larger|bigger|higher|busier|more frequent"
    r"|more common)(?: by far| still)? than|ahead of)\b"
    r"|\b(?P<less>trail\w*|(?:smaller|lower|quieter|rarer|less common)(?: by far| still)? than"
    r"|lags? behind|behind)\b",
    re.IGNORECASE,
)
ALL = re.compile(
    r"(?<!of )\b(?:all|every|each)(?: of)?(?: the| our| other)? (?P<of>categor(?:y|ies)"
    r"|teams?)\b(?! (?:of|together))",
    re.IGNORECASE,
)
SO_DID = re.compile(r"(?:and )?(?:so|as) (?:did|do|does|has|have|had|is|are|was|were)\b", re.IGNORECASE)
APART = re.compile(
    r"\b(?:unlike|except|but|than|from|apart|while|whereas|whose|not|no|without|against|to"
    r"|overtook)\b",
    re.IGNORECASE,
)
"""What keeps a name from being a subject."""


def misranked(clause: Clause, facts: Facts, terms: Terms) -> Iterator[str]:
    """Why what a clause says of ranks, and of all or several, is not so."""
    if supposed(clause) or SPOKEN_OF.search(clause.words):
        return
    if RECORD.search(clause.words) and not ("utilisation" in clause.words.lower() and "team" in clause.words.lower()):
        yield "a share or a record that no fact tells"
    for pattern, sign, part in ((GROWN, 1, "change"), (FALLEN, -1, "change"), (FIRST, 1, ""), (LAST, -1, "")):
        match = pattern.search(clause.words)
        if match and not _leads(match, clause, sign, part, facts, terms):
            yield "a rank is said that the facts contradict, or do not tell"
    yield from _compared(clause, facts, terms)
    yield from _together(clause, facts, terms)


def _key(name: str, terms: Terms) -> str:
    return next(key for key, group in terms.groups.items() if group == name)


def _named(clause: Clause, terms: Terms) -> list[tuple[int, str]]:
    """Where a clause names categories and teams that have figures, and their keys."""
    known = set(terms.groups.values())
    return sorted((topic.at, _key(topic.name, terms)) for topic in clause.topics if topic.name in known)


def _subjects(match: re.Match[str], clause: Clause, facts: Facts, terms: Terms) -> list[str]:
    """The keys of what a rank is said of: the nearest name, else the figure's, else that of the sentence."""
    named = _named(clause, terms)
    if named:
        before = [key for at, key in named if at < match.start()]
        return [before[-1]] if before else [named[0][1]]
    figures = [place.base for place in clause.figures if place.base in terms.groups]
    if figures:
        return figures[:1]
    place = clause.sentence.index(clause)
    for one in [*reversed(clause.sentence[:place]), *clause.sentence[place + 1 :]]:
        found = [key for _, key in _named(one, terms)] or [at.base for at in one.figures if at.base in terms.groups]
        if found:
            return found[:1]
    return [
        key for key in (_key(name, terms) for name in clause.context & set(terms.groups.values())) if key in facts.known
    ]


def _leads(match: re.Match[str], clause: Clause, sign: int, part: str, facts: Facts, terms: Terms) -> bool:
    """Whether what a clause speaks of comes first of its kind; in growth by either count."""
    subjects = _subjects(match, clause, facts, terms)
    if not part and MOVED.search(clause.words):
        part, sign = "change", -sign if LOST.search(clause.words) else sign
    if not subjects:
        return not (clause.figures and re.search(rf"\b{OF}\b", match[0]))
    return all(_first(key, sign, part, facts, terms) for key in subjects)


def _first(key: str, sign: int, part: str, facts: Facts, terms: Terms) -> bool:
    """Whether a category or a team comes first: by value, or by its change in percent or in number."""
    group = key.partition(".")[0]
    keys = [other for other in terms.groups if other.startswith(f"{group}.")]
    measures = [_value, _moved_by, _grown] if part else [_value]
    for measure in measures[1:] if part else measures:
        values = {other: value for other in keys if (value := measure(other, facts)) is not None}
        if key in values and sign * values[key] >= max(sign * value for value in values.values()):
            return True
    return False


def _value(key: str, facts: Facts) -> float | None:
    fact = facts.get(key)
    return float(fact.value) if fact and isinstance(fact.value, int | float) else None


def _moved_by(key: str, facts: Facts) -> float | None:
    return _value(f"{key}.change", facts)


def _grown(key: str, facts: Facts) -> float | None:
    now, before = _value(key, facts), _value(f"{key}.before", facts)
    return None if now is None or before is None else now - before


def _compared(clause: Clause, facts: Facts, terms: Terms) -> Iterator[str]:
    """Of two that are named on both sides of a comparison one must be larger."""
    named = _named(clause, terms)
    for match in THAN.finditer(clause.words):
        before = [key for at, key in named if at < match.start()][-1:]
        after = [key for at, key in named if at > match.start()][:1]
        values = [_value(key, facts) for key in (*before, *after)]
        if len(values) == len({*before, *after}) == 2 and None not in values:
            first, second = values if match["more"] else reversed(values)
            if not (first or 0) > (second or 0):
                yield "a rank is said that the facts contradict, or do not tell"


def _together(clause: Clause, facts: Facts, terms: Terms) -> Iterator[str]:
    """Each of several that are said to have moved must have moved so."""
    told = [move for move in moves(clause) if move.meaning in (ROSE, FELL, UNCHANGED)]
    if not told:
        return
    match = ALL.search(clause.words) or _before(clause, told[0])
    keys = set(_chain(told[0], clause, terms))
    if match:
        keys |= set(_all(match["of"], clause, terms))
    later = clause.sentence[clause.sentence.index(clause) + 1 :]
    keys |= {key for one in later if SO_DID.match(one.words) for _, key in _named(one, terms)}
    for key in sorted(keys):
        moved = facts[key].direction
        if moved != told[0].meaning:
            yield f"a direction is said that the facts contradict: it {moved}"


def _before(clause: Clause, move: Move) -> re.Match[str] | None:
    """Words of all that stand before a clause whose direction is of them."""
    if any(topic.at < move.at for topic in clause.topics):
        return None
    earlier = clause.sentence[: clause.sentence.index(clause)]
    return next((found for one in earlier if not moves(one) and (found := ALL.search(one.words))), None)


def _all(of: str, clause: Clause, terms: Terms) -> list[str]:
    """The keys of all categories or teams, but for those that a sentence excepts."""
    group = GROUPS[1] if of.lower().startswith("team") else GROUPS[0]
    apart = {
        key
        for one in clause.sentence
        for at, key in _named(one, terms)
        if re.search(r"\b(?:but|except|than)\b", one.words[:at])
    }
    return [key for key in terms.groups if key.startswith(f"{group}.") and key not in apart]


def _chain(move: Move, clause: Clause, terms: Terms) -> Iterator[str]:
    """What is named in a row before a word of direction that no figure of another follows."""
    own = [key for at, key in _named(clause, terms) if at < move.at and not APART.search(clause.words[:at])]
    if any(place.base not in terms.groups for place in clause.figures) or re.match(
        r"whose|who|which|where|while", clause.words
    ):
        return
    yield from own
    both = bool(re.search(r"\b(?:both|all|each)\b", clause.words))
    place = clause.sentence.index(clause)
    for one in reversed(clause.sentence[:place]):
        if moves(one) or (one.figures and not both) or (clause.figures and not _like(one)) or APART.search(one.words):
            return
        if not own and not _like(one) and not both and one.words.startswith("("):
            return
        yield from (key for _, key in _named(one, terms))


def _like(clause: Clause) -> bool:
    return clause.words.lower().startswith(("like ", "and ", "as well as"))
