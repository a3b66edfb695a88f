"""What an address says about a list of flags beside the filters, and the way from a figure to such an address."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from dashapp.domain.ask import Ask, Filters, Window, to_filters
from dashapp.domain.view import MOST_DAYS, MOST_VALUE, View
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import Desk, Kind, Metric, as_of
from dashapp.metrics.rows import COLUMNS, DEFAULT_SORT, Wanted

T = TypeVar("T")

PATH = "/flags"
PER_PAGE = 50
KEYS = ("sort", "desc", "page", "q")
SINCE_EVER = (Kind.STOCK, Kind.AGES)
"""What is counted at a moment, whenever it was raised."""


@dataclass(frozen=True)
class Listing:
    """The filters of an address, and its order, page and search; `problems` names what could not be read."""

    view: View
    sort: str = DEFAULT_SORT
    descending: bool = True
    page: int = 1
    search: str = ""
    problems: tuple[str, ...] = ()

    def wanted(self, desk: Desk) -> Wanted:
        """The flags that the address asks for."""
        ask = self.view.ask(as_of(desk, dict(self.view.filters).get(Dim.ORIGIN, ())))
        return Wanted(ask, self.view.case, self.search, self.sort, self.descending)

    def query(self) -> str:
        """The query string, without what is as usual; `parse` of it gives the listing back."""
        pairs = {
            "sort": self.sort if self.sort != DEFAULT_SORT else "",
            "desc": "" if self.descending else "0",
            "page": str(self.page) if self.page > 1 else "",
            "q": self.search,
        }
        own = urlencode({key: value for key, value in pairs.items() if value})
        return "&".join(part for part in (self.view.query(), own) if part)

    @classmethod
    def parse(cls, query: str) -> "Listing":
        """Read a query string; what it cannot read is left out and named."""
        return _Reader(parse_qsl(query.lstrip("?"), keep_blank_values=True)).listing()


class _Reader:
    """Takes the pairs of a query string apart once, collecting what is wrong with them."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self.view = View.parse(urlencode([pair for pair in pairs if pair[0] not in KEYS]))
        self.texts = {key: [value for name, value in pairs if name == key] for key in KEYS}
        self.problems = list(self.view.problems)

    def listing(self) -> Listing:
        """What the pairs say together."""
        sort, descending = self.one("sort", _sort, DEFAULT_SORT), self.one("desc", _descending, usual=True)
        page, search = self.one("page", page_number, 1), self.one("q", search_text, "")
        return Listing(self.view, sort, descending, page, search, tuple(self.problems))

    def one(self, key: str, read: Callable[[str], T], usual: T) -> T:
        """The one value of `key`, or the usual one and perhaps a problem."""
        texts = self.texts[key]
        if len(texts) > 1:
            self.problems.append(f"{key}: given {len(texts)} times")
        elif texts:
            try:
                return read(texts[0])
            except ValueError as reason:
                self.problems.append(f"{key}: {reason}")
        return usual


def _sort(text: str) -> str:
    if text not in COLUMNS:
        raise ValueError(f"{text[:40]!r} is not one of {', '.join(COLUMNS)}")
    return text


def _descending(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(f"{text[:40]!r} is not 0 or 1")
    return text == "1"


def page_number(text: str) -> int:
    """A number of a page, from 1 on; ValueError says why it is none."""
    if not re.fullmatch(r"[1-9][0-9]{0,6}", text):
        raise ValueError(f"{text[:40]!r} is not a page number")
    return int(text)


def search_text(text: str) -> str:
    """What is looked for; ValueError says why it cannot be."""
    if len(text) > MOST_VALUE or not text.isprintable():
        raise ValueError(f"is not a printable text of at most {MOST_VALUE} characters")
    return text.strip()


_condition = cache(Listing.parse)
"""What the query of a metric's rows says."""


def behind(metric: Metric, view: View) -> Listing | None:
    """The flags that a metric counts under a view, of any days; None where rows cannot be had so."""
    if metric.rows is None:
        return None
    condition = _condition(metric.rows)
    filters = _both(view.filters, condition.view.filters)
    if filters is None:
        return None
    return replace(condition, view=View(filters=filters, case=condition.view.case))


def _both(chosen: Filters, implied: Filters) -> Filters | None:
    """The filters of a view together with those of a metric; None where no flag can meet both."""
    both = dict(chosen)
    for dim, values in implied:
        both[dim] = tuple(value for value in values if value in both.get(dim, values))
        if not both[dim]:
            return None
    return to_filters(both)


def link(metric: Metric, view: View, window: Window, first: date | None = None) -> str | None:
    """The address of the flags behind a metric over a window; of a stock, of all since `first`, when data began."""
    found = behind(metric, view)
    if found is None:
        return None
    since = _since_ever(window.until, first) if metric.kind in SINCE_EVER else window.since
    return f"{PATH}?{replace(found, view=replace(found.view, since=since, until=window.until)).query()}"


def _since_ever(until: date, first: date | None) -> date:
    """When data began, as far back as an address reaches."""
    reach = until - timedelta(days=MOST_DAYS - 1)
    return max(reach, min(first, until)) if first else reach


def drill(metric: Metric, view: View, ask: Ask, first: date | None = None) -> dict[str, Any] | None:
    """What the browser needs to lead from a point of a figure to its flags: all but the point's days and groups.

    `first` is when data began: what is counted at a moment is listed since then, else the days of the bucket.
    """
    found = behind(metric, view)
    if found is None:
        return None
    return {
        "metric": metric.key,
        "query": found.query(),
        "since": ask.window.since.isoformat(),
        "until": ask.window.until.isoformat(),
        "grain": ask.grain,
        "by": list(ask.by),
        "first": _since_ever(ask.window.until, first).isoformat() if metric.kind in SINCE_EVER else None,
    }
