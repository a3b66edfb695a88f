"""What an address says about the trail: of which days, of whom, and of which actions."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from dashapp.domain.ask import FIRST_DAY, LAST_DAY
from dashapp.domain.view import MOST_VALUE
from dashapp.store.auditing import Asked
from dashapp.web.triaging import number_in

KEYS = ("since", "until", "actor", "action", "below")
MOST_SHOWN = 40
"""Characters of what cannot be read that are told."""


@dataclass(frozen=True)
class AuditSearch:
    """The entries that an address asks for; None for all. What cannot be read is all, and named in `problems`."""

    since: date | None = None
    until: date | None = None
    actor: str | None = None
    action: str | None = None
    below: int | None = None
    """The number of the entry after which, going back, the page begins."""
    problems: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, query: str) -> "AuditSearch":
        """Read a query string."""
        given = {key: values[-1] for key, values in parse_qs(query.lstrip("?")).items()}
        since, until = (_day(given.get(key, "")) for key in ("since", "until"))
        actor, action = (_name(given.get(key, "")) for key in ("actor", "action"))
        below = number_in(given.get("below", ""))
        read = dict(zip(KEYS, (since, until, actor, action, below), strict=True))
        problems = [f"{key[:MOST_SHOWN]}: is not known here" for key in given if key not in read]
        problems += [
            f"{key}: {given[key][:MOST_SHOWN]!r} cannot be read" for key in given if key in read and read[key] is None
        ]
        return cls(since, until, actor, action, below, tuple(problems))

    def asked(self, zone: ZoneInfo) -> Asked:
        """The same for the store: days are those of the reporting zone, both inclusive."""
        after = self.until + timedelta(days=1) if self.until else None
        return Asked(_midnight(self.since, zone), _midnight(after, zone), self.actor, self.action, self.below)


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=zone)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def _name(text: str) -> str | None:
    return text if 0 < len(text) <= MOST_VALUE and text.isprintable() else None
