"""What the address of a live page says."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from dashapp.domain.ask import FIRST_DAY, LAST_DAY, STEPS, Ask, Filters, Grain, Stretch, Window, stretch_of
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim

MOST_BUCKETS = 2016
"""In one stretch: a week by five minutes."""
DEFAULT_HOURS = {Grain.FIVE_MINUTES: 3, Grain.HOUR: 24, Grain.DAY: 24 * 7}
"""What is looked at where nobody says how much, by grain."""
MOST_HOURS = 24 * 84
OF_DAYS = ("range", "trailing", "compare")
"""Keys that say something of days only."""

T = TypeVar("T")


@dataclass(frozen=True)
class LiveView:
    """What the address of a live page says: how many hours until now, in which buckets, filtered how."""

    hours: int = DEFAULT_HOURS[Grain.FIVE_MINUTES]
    grain: Grain = Grain.FIVE_MINUTES
    filters: Filters = ()
    problems: tuple[str, ...] = field(default=(), compare=False)

    @property
    def told(self) -> str:
        """How much time it is about: 3 h or 7 days."""
        return f"{self.hours} h" if self.hours % 24 or self.hours == 24 else f"{self.hours // 24} days"

    def ask(self, now: datetime, zone: ZoneInfo, by: tuple[Dim, ...] = ()) -> Ask:
        """The question until now; by day it is about whole days."""
        begin = now - timedelta(hours=self.hours)
        if self.grain is Grain.DAY:
            days = max(1, round(self.hours / 24))
            return Ask(Window.ending(now.astimezone(zone).date(), days), Grain.DAY, by, self.filters)
        return within(stretch_of(begin + STEPS[self.grain], now, self.grain, zone), self.grain, by, self.filters)

    @classmethod
    def parse(cls, address: str) -> "LiveView":
        """Read a query string. What it cannot read is left out, with a problem; too many buckets become larger ones."""
        pairs = parse_qsl(address.lstrip("?"), keep_blank_values=True)
        given = dict(pairs)
        rest = View.parse(urlencode([pair for pair in pairs if pair[0] not in ("last", "bin")]))
        problems = list(rest.problems)
        grain = _read(given.get("bin"), _grain, problems, "bin") or Grain.FIVE_MINUTES
        hours = _read(given.get("last"), _hours, problems, "last") or DEFAULT_HOURS[grain]
        if grain is Grain.FIVE_MINUTES and timedelta(hours=hours) > MOST_BUCKETS * STEPS[grain]:
            problems.append(f"bin: {hours} h are too many buckets of 5 minutes, so they are shown by hour")
            grain = Grain.HOUR
        return cls(hours, grain, rest.filters, tuple(problems))


def within(of: Stretch, grain: Grain, by: tuple[Dim, ...], filters: Filters) -> Ask:
    """The question about a stretch of time."""
    return Ask(of.days, grain, by, filters, stretch=of)


def asked_within(pairs: Sequence[tuple[str, str]], now: datetime, zone: ZoneInfo) -> tuple[Ask, list[str]]:
    """The question that a query string puts about less than a day, and what is wrong with it. `since` and `until` are
    moments or days; a day as `until` is meant to its end. Without them it is about the last hours until now.
    """
    given = dict(pairs)
    rest = View.parse(urlencode([pair for pair in pairs if pair[0] not in ("grain", "since", "until", *OF_DAYS)]))
    days_only = [f"{key}: is about days; since and until take moments" for key in OF_DAYS if key in given]
    problems = [*rest.problems, *rest.unknown, *days_only]
    grain = Grain(given["grain"])
    until = _read(given.get("until"), partial(_moment, zone, 1), problems, "until") or now
    begin = until.astimezone(UTC) - timedelta(hours=DEFAULT_HOURS[grain])
    since = _read(given.get("since"), partial(_moment, zone, 0), problems, "since") or begin
    if not timedelta(0) < until.astimezone(UTC) - since.astimezone(UTC) <= MOST_BUCKETS * STEPS[grain]:
        problems.append(f"until: is not within {MOST_BUCKETS} buckets of {grain} after since")
        since, until = begin, now
    return within(stretch_of(since, until, grain, zone), grain, rest.by or (), rest.filters), problems


def query_within(ask: Ask) -> str:
    """A question about a stretch of time as the query string that `asked_within` reads."""
    ends = (("since", ask.stretch.since), ("until", ask.stretch.until)) if ask.stretch else ()
    times = [(key, moment.isoformat()) for key, moment in ends]
    kept = [(dim, value) for dim, values in ask.filters for value in values]
    return urlencode([*times, ("grain", ask.grain), *(("by", dim) for dim in ask.by), *kept])


def _moment(zone: ZoneInfo, days: int, text: str) -> datetime:
    """A moment as RFC 3339 writes it, or the midnight so many days after one of which only the day is given."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a moment such as 2024-03-30T14:05:00Z") from None
    if not FIRST_DAY < found.date() < LAST_DAY:
        raise ValueError(f"is not between {FIRST_DAY.year} and {LAST_DAY.year}")
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return (found + timedelta(days=days)).replace(tzinfo=zone)
    if found.tzinfo is None:
        raise ValueError("has no offset such as Z or +01:00")
    return found


def _read(text: str | None, read: Callable[[str], T], problems: list[str], key: str) -> T | None:
    try:
        return None if text is None else read(text)
    except ValueError as error:
        problems.append(f"{key}: {text!r:.42} {error}")
        return None


def _grain(text: str) -> Grain:
    if text not in DEFAULT_HOURS:
        raise ValueError(f"is not one of {', '.join(DEFAULT_HOURS)}")
    return Grain(text)


def _hours(text: str) -> int:
    found = re.fullmatch(r"([1-9]\d{0,3})(h|d)", text)
    hours = int(found[1]) * (24 if found[2] == "d" else 1) if found else 0
    if not 0 < hours <= MOST_HOURS:
        raise ValueError(f"is not a number of hours or days such as 3h or 7d, up to {MOST_HOURS // 24}d")
    return hours
