"""The text of a summary: words, and placeholders where figures go. It holds no figure of its own."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from dashapp.summary.fact import Fact, Facts

PLACEHOLDER = re.compile(r"\{\{([a-zA-Z0-9_.-]+)(?:\|([a-z]+))?\}\}")
"""`{{key}}` stands for a fact's text, `{{key|part}}` for another part of it: see `PARTS`."""

PARTS = ("name", "direction", "verdict")
"""What else of a fact a text may place: words that we computed."""

FORMS = {
    "%": "pct",
    "pt": "points",
    "h": "hours",
    "days": "days",
    "score": "score",
}
"""What a text may say of a figure's unit, by the unit; of all others `count`."""
COUNT = "count"


@dataclass(frozen=True)
class Line:
    """A paragraph, or an item of a list."""

    words: str
    item: bool = False


@dataclass(frozen=True)
class Section:
    """A part of a summary under its heading. The first is the summary's title, with what its figures rest on."""

    heading: str
    lines: tuple[Line, ...]


Text = tuple[Section, ...]


@dataclass(frozen=True)
class Figure:
    """A place in a text at which a fact stands, and what is written there."""

    key: str
    written: str
    part: str | None = None


Piece = str | Figure


def pieces(words: str, facts: Facts) -> Iterator[Piece]:
    """Words and figures in their order. Raises KeyError for a fact that is not known, and for a part that none has."""
    end = 0
    for match in PLACEHOLDER.finditer(words):
        if match.start() > end:
            yield words[end : match.start()]
        key, part = match.groups()
        yield Figure(key, _written(facts[key], part), part if part in PARTS else None)
        end = match.end()
    if end < len(words):
        yield words[end:]


def plain(words: str, facts: Facts) -> str:
    """The words with the figures in their places."""
    return "".join(piece if isinstance(piece, str) else piece.written for piece in pieces(words, facts))


def form(fact: Fact) -> str:
    """What a text may say of the unit of a figure: `{{flags|count}}`."""
    return FORMS.get(fact.unit, COUNT)


def kept(text: Text) -> str:
    """The text as JSON, to be kept."""
    told = [
        {
            "heading": section.heading,
            "lines": [{"words": line.words, "item": line.item} for line in section.lines],
        }
        for section in text
    ]
    return json.dumps(told, ensure_ascii=False)


def read(kept: str) -> Text:
    """A text that was kept."""
    return tuple(
        Section(section["heading"], tuple(Line(line["words"], line["item"]) for line in section["lines"]))
        for section in json.loads(kept)
    )


def _written(fact: Fact, part: str | None) -> str:
    if part is None or part == form(fact):
        return fact.text
    word = getattr(fact, part) if part in PARTS else None
    if word is None:
        raise KeyError(f"{fact.key}|{part}")
    return str(word)
