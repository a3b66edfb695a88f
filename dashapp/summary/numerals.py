"""Numbers that are written in words or letters, and characters that have no place in a draft."""

import re
from collections.abc import Iterator

ALLOWED = re.compile(r"[A-Za-z ,.;:()'\"\u2018\u2019\u201c\u201d\u2013\u2014-]*")
"""Letters, spaces and plain punctuation: what marks up, links or encodes needs others."""

TENS = "twenty|thirty|forty|fourty|fifty|sixty|seventy|eighty|ninety"
ORDINAL = re.compile(rf"\b(?:(?:{TENS})-)?(?:first|second|third|\w+th|\w+tieth)\b", re.IGNORECASE)
"""Ordinals tell an order and pass. `sixth` would else be taken for a six."""

CARDINAL = re.compile(
    r"\b(?:two\w*|three\w*|four\w*|five\w*|fift\w+|six\w*|seven\w*|eight\w*|nine\w*|ten|tens|tenfold|eleven\w*"
    rf"|twelve\w*|thirteen|(?:{TENS})\w*|\w*(?:dozen|hundred|thousand)(?:s|fold)?|\w+illions?|\w+illionfold"
    r"|zero\w*|nil|nought|naught|nullity)\b",
    re.IGNORECASE,
)
MULTIPLE = re.compile(
    r"\b(?:half|halves|halv\w+|doubl\w+|redoubl\w+|twice|thrice|triple\w*|tripl\w+|treble\w*|trebl\w+|quadrupl\w+"
    r"|(?:quint|sext|sept|oct|non|dec|cent)upl\w+|quarters?|couples?|pairs?|trio|quartet|duo|percents?|per cent"
    r"|scores of|a score of (?:flags|reports|decisions)|myriads?|gross of|fortnight\w*|decades?|century"
    r"|centuries)\b",
    re.IGNORECASE,
)
PARTS = r"(?:third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|twelfth|twentieth|hundredth|thousandth)"
FRACTION = re.compile(
    rf"\b(?:{PARTS}s|{PARTS} (?:of|more|fewer|less|higher|lower|larger|smaller|faster|slower|above|below"
    rf"|over|under)"
    rf"|(?:by|rose|fell|up|down|grew|dropped|nearly|almost|about|roughly|over|add|cut) (?:by )?(?:an?|one) {PARTS}"
    rf"|(?:an?|one) {PARTS}(?= *(?:[.,;:)]|$|(?:to|from|than|at|in|on|against|since|and|or|but|while"
    rf"|as)\b)))(?!\w)",
    re.IGNORECASE,
)
"""A third of something is a share; the third of something in a row is one too, and is refused with it."""

UNMEASURED = re.compile(
    r"\b(?:majority|minority|(?:the|great|vast) bulk of|most of it|lion's share|(?:nearly|almost"
    r"|virtually) (?:all|every|none)|all of them|every one|each one"
    r"|most (?:flags|reports|decisions|reviews|incidents|attacks|cases)|on record|all-time|record (?:high|low|week)"
    r"|ever (?:seen|recorded|measured)|than ever|any other (?:category|team|week))\b",
    re.IGNORECASE,
)
"""A share, or a place among all, that no fact tells."""

ROMAN = re.compile(r"\bm{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})\b", re.IGNORECASE)
WORDS = ("mix", "i")
"""English words that are Roman numerals too."""
LETTER = re.compile(r"(?<!['\u2019])\b[b-hj-z]\b", re.IGNORECASE)
"""One that stands alone may count, or be part of a word that is spelt apart."""


def numbers(words: str) -> Iterator[str]:
    """Why words that hold no placeholders hold a number, if they do."""
    if any(character.isnumeric() for character in words):
        yield "a digit outside a placeholder"
    rest = ORDINAL.sub(" ", words)
    if CARDINAL.search(rest) or MULTIPLE.search(rest) or FRACTION.search(words):
        yield "a number in words outside a placeholder"
    if UNMEASURED.search(words):
        yield "a share or a record that no fact tells"
    if any(found[0] and found[0].lower() not in WORDS for found in ROMAN.finditer(rest)) or LETTER.search(rest):
        yield "a Roman numeral or a letter that stands alone"
