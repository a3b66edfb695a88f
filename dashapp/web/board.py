"""What an address says about a leaderboard: of whom, in which order, which page, and what is looked for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim, Status
from dashapp.web.listing import page_number, search_text

T = TypeVar("T")

BOARDS = {Dim.PROVIDER: "Providers", Dim.SOURCE: "Sources", Dim.CREATOR: "Creators", Dim.ITEM_ID: "Items"}
"""Who can be ranked, the usual first: cubes know it, while creators and items are counted when somebody asks."""
USUAL = next(iter(BOARDS))
TOTAL, NAME = "total", "name"
RANKS = (TOTAL, *Status, NAME)
"""What rows can be ordered by, the usual first."""
KEYS = ("board", "rank", "page", "q")


@dataclass(frozen=True)
class Board:
    """The filters of an address and its leaderboard; what cannot be read is as usual."""

    view: View
    dim: Dim = USUAL
    rank: str = TOTAL
    page: int = 1
    search: str = ""

    def query(self) -> str:
        """The query string, without what is as usual; `parse` of it gives the board back."""
        pairs = {
            "board": "" if self.dim is USUAL else self.dim.value,
            "rank": "" if self.rank == TOTAL else self.rank,
            "page": str(self.page) if self.page > 1 else "",
            "q": self.search,
        }
        own = urlencode({key: value for key, value in pairs.items() if value})
        return "&".join(part for part in (self.view.query(), own) if part)

    @classmethod
    def parse(cls, query: str) -> "Board":
        """Read a query string."""
        pairs = parse_qsl(query.lstrip("?"), keep_blank_values=True)
        texts = dict(pairs)
        view = View.parse(urlencode([pair for pair in pairs if pair[0] not in KEYS]))
        return cls(
            view,
            _read(texts.get("board"), _dim, USUAL),
            _read(texts.get("rank"), _rank, TOTAL),
            _read(texts.get("page"), page_number, 1),
            _read(texts.get("q"), search_text, ""),
        )


def _read(text: str | None, read: Callable[[str], T], usual: T) -> T:
    """What a text says, or what is usual."""
    try:
        return usual if text is None else read(text)
    except ValueError:
        return usual


def _dim(text: str) -> Dim:
    found = Dim(text)
    if found not in BOARDS:
        raise ValueError(text)
    return found


def _rank(text: str) -> str:
    if text not in RANKS:
        raise ValueError(text)
    return text
