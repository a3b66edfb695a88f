"""What an address says to the page that shows the trail: how far back, whose doing, what was done, and which part."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import parse_qs, urlencode

from dashapp.domain.view import MOST_VALUE
from dashapp.web.audit_search import AuditSearch

ALL = "all"
DEFAULT_WITHIN = "30d"
WITHIN: Mapping[str, int | None] = {"1d": 1, "7d": 7, DEFAULT_WITHIN: 30, "90d": 90, "365d": 365, ALL: None}
"""Days up to today, by what the address calls them."""
MOST_PAGE = 100_000


@dataclass(frozen=True)
class Trail:
    """The entries that an address asks for; None for all. What cannot be read is as if it was not said."""

    within: str = DEFAULT_WITHIN
    actor: str | None = None
    action: str | None = None
    page: int = 1

    @classmethod
    def parse(cls, query: str) -> "Trail":
        """Read a query string."""
        given = {key: values[-1] for key, values in parse_qs(query.lstrip("?")).items()}
        within, page = given.get("within", DEFAULT_WITHIN), given.get("page", "1")
        number = int(page) if page.isascii() and page.isdigit() and len(page) <= len(str(MOST_PAGE)) else 1
        return cls(
            within if within in WITHIN else DEFAULT_WITHIN,
            _named(given.get("actor", ALL)),
            _named(given.get("action", ALL)),
            min(max(number, 1), MOST_PAGE),
        )

    def search(self, today: date) -> AuditSearch:
        """The same as programs ask for it."""
        days = WITHIN[self.within]
        since = today - timedelta(days=days - 1) if days else None
        return AuditSearch(since=since, actor=self.actor, action=self.action)

    def query(self) -> str:
        """The same as a query string."""
        named = {"actor": self.actor, "action": self.action}
        given = {key: name for key, name in named.items() if name is not None}
        return urlencode({"within": self.within, **given, "page": self.page})


def _named(text: str) -> str | None:
    return text if text != ALL and 0 < len(text) <= MOST_VALUE and text.isprintable() else None
