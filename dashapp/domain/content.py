"""A key that texts share which are nearly the same: a SimHash, from which the text cannot be read.

A pipeline computes it where the text is and sends it as `content_key`: the text itself is neither sent nor stored. It
needs the package `simhash`, which nothing else does.
"""

import re
import unicodedata
import warnings
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from typing import Any

LINK = re.compile(r"\b(?:https?://|www\.)\S+")
DIGITS = re.compile(r"\d+")
WRITTEN = frozenset("LMNS")
"""Kinds of characters that count: letters, marks, numbers and symbols. Punctuation, blanks and what is invisible are
what copies differ in.
"""
WIDTH = 4
"""Characters of the pieces that a text is compared by."""


def content_key(text: str) -> str | None:
    """The SimHash of a text as 16 hexadecimal digits; None where nothing is written in it.

    Of texts that are nearly the same it differs in few of its 64 bits; up to three count as the same here. What copies
    differ in on purpose is made equal before (`plain`).
    """
    written = plain(text)
    if not written:
        return None
    pieces = [written[start : start + WIDTH] for start in range(max(1, len(written) - WIDTH + 1))]
    return f"{_simhash()(pieces, hashfunc=_hash).value:016x}"


def plain(text: str) -> str:
    """A text without what copies of it differ in: forms of a character (NFKC) and case are one, a link is a link and a
    number a number whatever they say, and only what is WRITTEN is left.
    """
    same = unicodedata.normalize("NFKC", text).casefold()
    same = DIGITS.sub("0", LINK.sub(" link ", same))
    return "".join(one for one in same if unicodedata.category(one)[0] in WRITTEN)


@cache
def _simhash() -> Callable[..., Any]:
    """The library's class. It was written for older Pythons, and warns of an escape when it is compiled."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from simhash import Simhash
    made: Callable[..., Any] = Simhash
    return made


def _hash(piece: bytes) -> bytes:
    return blake2b(piece, digest_size=8).digest()
