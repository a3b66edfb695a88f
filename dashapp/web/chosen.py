"""Which summary an address is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qs, urlencode

from sqlalchemy.exc import SQLAlchemyError

from dashapp.domain.ask import to_filters
from dashapp.domain.view import View
from dashapp.metrics import Desk
from dashapp.store.engine import TooSlow
from dashapp.store.summaries import Kept, Listed, archive, get_summary, newest_summary, shown_version, versions_of
from dashapp.summary.charts import month
from dashapp.summary.document import Document
from dashapp.summary.scope import KNOWN
from dashapp.summary.weeks import NoWeek, Week
from dashapp.web.triaging import number_in

PATH = "/summary"
KEYS = ("week", "version")
MOST_LISTED = 100
"""Summaries that the page lists."""


@dataclass(frozen=True)
class Chosen:
    """The newest summaries, one more than are listed, and the one that is asked for; without it, why there is none to
    show.
    """

    listed: Sequence[Listed]
    kept: Kept | None
    why: str = ""

    @cached_property
    def document(self) -> Document | None:
        """The summary, read."""
        return Document.of(self.kept) if self.kept else None


def chosen(desk: Desk, address: str) -> Chosen:
    """The version of a week that an address names; without one the newest of the week, and without a week of the last
    that there is one of.
    """
    return desk.once(("summary", address), lambda: _chosen(desk, address))


def _chosen(desk: Desk, address: str) -> Chosen:
    listed = archive(desk.connection, MOST_LISTED + 1)
    given = {key: values[-1] for key, values in parse_qs(address.lstrip("?")).items() if key in KEYS}
    if not listed and not given:
        return Chosen(listed, None, "No summary has been made yet.")
    try:
        week = Week.parse(given["week"]).name if "week" in given else listed[0].week if listed else ""
    except NoWeek as error:
        return Chosen(listed, None, f"There is no such summary: {error}.")
    versions = versions_of(desk.connection, week)
    version = number_in(given["version"]) if "version" in given else shown_version(versions)
    kept = get_summary(desk.connection, week, version) if version else None
    if kept is None:
        which = f"version {given['version'][:9]} of the summary" if versions and "version" in given else "summary"
        return Chosen(listed, None, f"There is no {which} of {week}." if week else "No summary has been made yet.")
    return Chosen(listed, kept)


def before(desk: Desk, kept: Kept) -> Document | None:
    """The newest summary of the week before, under the same filters."""
    found = newest_summary(desk.connection, Week.parse(kept.week).previous.name, kept.filters)
    return Document.of(found) if found else None


def view_of_week(desk: Desk, address: str) -> View:
    """What the charts beside a summary show: the weeks up to its own, under its filters. That none can be read is said
    by the cards.
    """
    try:
        kept = chosen(desk, address).kept
    except (SQLAlchemyError, TooSlow):
        return View()
    if kept is None:
        return View()
    window = month(Week.parse(kept.week))
    return View(since=window.since, until=window.until, filters=View.parse(kept.filters).filters)


def filters_in(address: str) -> str:
    """The filters of an address that a summary may be made under."""
    filters = View.parse(address).filters
    return View(filters=to_filters({dim: values for dim, values in filters if dim in KNOWN})).query()


def link(week: str, version: int | None = None, filters: str = "") -> str:
    """The address of a summary; with filters for the next one that is made there."""
    named = {"week": week, **({"version": version} if version else {})}
    return f"{PATH}?{urlencode(named)}{f'&{filters}' if filters else ''}"
