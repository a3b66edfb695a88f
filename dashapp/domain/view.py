"""What an address says: days, grain, split, filters; and its canonical query string."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from dashapp.domain.ask import FIRST_DAY, LAST_DAY, STEPS, Ask, Filters, Grain, Window, to_filters
from dashapp.domain.vocabulary import CLOSED, NOT_GIVEN, Case, Dim, Method

DEFAULT_DAYS = 90
MOST_DAYS = 3660
MOST_VALUE = 200
MOST_SPLITS = 2
MOST_TRAILING = 90

T = TypeVar("T")


@dataclass(frozen=True)
class View:
    """What an address says. Everything left out is None or empty and gets its default where it is used.

    `case` restricts rows, not figures: no cube knows it. `method` finds the attacks.
    """

    days: int | None = None
    since: date | None = None
    until: date | None = None
    grain: Grain | None = None
    by: tuple[Dim, ...] | None = None
    trailing: int = 1
    compare: bool = False
    filters: Filters = ()
    case: Case | None = None
    method: Method | None = None
    problems: tuple[str, ...] = field(default=(), compare=False)
    unknown: tuple[str, ...] = field(default=(), compare=False)

    def window(self, as_of: date) -> Window:
        """The days that the address asks for; presets and open ends are counted from `as_of`."""
        until = self.until or as_of
        if self.since is not None:
            since = max(self.since, until - timedelta(days=MOST_DAYS - 1))
            return Window(since, max(since, until))
        return Window.ending(until, self.days or DEFAULT_DAYS)

    def ask(self, as_of: date, *, grain: Grain = Grain.DAY, by: tuple[Dim, ...] = ()) -> Ask:
        """The question, with the address's grain and split where it gives them and the caller's where not."""
        chosen = by if self.by is None else self.by
        return Ask(self.window(as_of), self.grain or grain, chosen, self.filters, self.trailing)

    def query(self) -> str:
        """The canonical query string; `View.parse` of it gives the view back."""
        pairs: list[tuple[str, str]] = []
        if self.days is not None:
            pairs.append(("range", f"{self.days}d"))
        pairs += [(key, day.isoformat()) for key, day in (("since", self.since), ("until", self.until)) if day]
        pairs += [("grain", self.grain)] if self.grain else []
        pairs += [("by", dim) for dim in self.by] if self.by else [("by", "none")] if self.by == () else []
        pairs += [("trailing", f"{self.trailing}d")] if self.trailing > 1 else []
        pairs += [("compare", "previous")] if self.compare else []
        pairs += [(dim, value) for dim, values in self.filters for value in values]
        pairs += [(key, value) for key, value in (("case", self.case), ("method", self.method)) if value]
        return urlencode(pairs)

    @classmethod
    def parse(cls, query: str) -> "View":
        """Read a query string. What it cannot read is left out: values named in `problems`, keys in `unknown`."""
        return _Reader(parse_qsl(query.lstrip("?"), keep_blank_values=True)).view()


class _Reader:
    """Takes the pairs of a query string apart once, collecting what is wrong with them."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.values: dict[str, list[str]] = {}
        self.problems: list[str] = []
        for key, value in pairs:
            self.values.setdefault(key, []).append(value)

    def view(self) -> View:
        """What the pairs say together."""
        days = self.one("range", _days)
        since, until = self.one("since", _day), self.one("until", _day)
        if since and until and not 0 <= (until - since).days < MOST_DAYS:
            self.problems.append(f"until: {until} is not within the {MOST_DAYS} days from since ({since})")
            since = until = None
        grain, trailing, by = self.one("grain", _grain), self.one("trailing", _trailing), self.by()
        compare, case = bool(self.one("compare", _compare)), self.one("case", Case)
        method = self.one("method", Method)
        filters = to_filters({dim: self.filter(dim) for dim in Dim if dim in self.values})
        unknown = tuple(f"{key[:40]}: not a known filter" for key in self.values)
        problems = tuple(self.problems)
        return View(days, since, until, grain, by, trailing or 1, compare, filters, case, method, problems, unknown)

    def one(self, key: str, read: Callable[[str], T]) -> T | None:
        """The one value of `key`, or None and a problem."""
        texts = self.values.pop(key, [])
        if len(texts) > 1:
            self.problems.append(f"{key}: given {len(texts)} times")
            return None
        return self.read(key, texts[0], read) if texts else None

    def read(self, key: str, text: str, read: Callable[[str], T]) -> T | None:
        """`text` read, or None and a problem that names the key and shows the value, cut."""
        try:
            return read(text)
        except ValueError as error:
            self.problems.append(f"{key}: {text[:40]!r} {_reason(error)}")
            return None

    def by(self) -> tuple[Dim, ...] | None:
        """The split: None when the address does not say, empty for `by=none`."""
        texts = self.values.pop("by", None)
        if texts is None or texts == ["none"]:
            return None if texts is None else ()
        dims = tuple(dict.fromkeys(dim for text in texts if (dim := self.read("by", text, Dim))))
        if len(dims) > MOST_SPLITS:
            self.problems.append(f"by: at most {MOST_SPLITS} dimensions")
        return dims[:MOST_SPLITS] or None

    def filter(self, dim: Dim) -> tuple[str, ...]:
        """The values to keep for one dimension; those outside a closed set are problems."""
        read = [self.read(dim, text, partial(_value, CLOSED.get(dim))) for text in self.values.pop(dim)]
        return tuple(value for value in read if value is not None)


def _reason(error: ValueError) -> str:
    """Why a value was refused, without Python's own phrases."""
    return str(error) if isinstance(error, _Refused) else "is not known"


class _Refused(ValueError):
    """A reason in our own words."""


def _days(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,3}d", text) or int(text[:-1]) > MOST_DAYS:
        raise _Refused(f"is not a number of days such as 30d, up to {MOST_DAYS}d")
    return int(text[:-1])


def _trailing(text: str) -> int:
    if (days := _days(text)) > MOST_TRAILING:
        raise _Refused(f"is more than {MOST_TRAILING}d")
    return days


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not re.fullmatch(r"\d{4}-\d\d-\d\d", text) or not FIRST_DAY <= day <= LAST_DAY:
        raise _Refused("is not a date such as 2024-03-30")
    return day


def _grain(text: str) -> Grain:
    grain = Grain(text)
    if grain in STEPS:
        raise _Refused("is shorter than a day")
    return grain


def _compare(text: str) -> bool:
    if text != "previous":
        raise _Refused('is not "previous"')
    return True


def _value(closed: tuple[str, ...] | None, text: str) -> str:
    if closed is not None and text not in (*closed, NOT_GIVEN):
        raise _Refused(f"is not one of {', '.join(closed)}")
    if not text or len(text) > MOST_VALUE or not text.isprintable():
        raise _Refused(f"is not a printable value of 1 to {MOST_VALUE} characters")
    return text
