"""What all parts of a page share: where to ask, what the address says, how far the data go, who has which colour."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from sqlalchemy.exc import SQLAlchemyError

from dashapp.alerts.rules import Attention, attention
from dashapp.domain.access import Permission
from dashapp.domain.ask import Ask, Filters, Grain, Window
from dashapp.domain.live import LiveView
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import Desk, Metric, as_of
from dashapp.metrics.standard import WEEK, last_week
from dashapp.store.reads import Origin, Value, values_of
from dashapp.store.runs import jobs
from dashapp.web.board import Board
from dashapp.web.page import Card, Chart, Page
from dashapp.web.theme import Positions, positions


@dataclass(frozen=True)
class Scene:
    """One page at one moment under one address."""

    desk: Desk
    view: View
    as_of: date
    origins: list[Origin]
    values: dict[Dim, list[Value]]
    address: str = ""
    attend: Callable[[Desk, Filters], Attention] = attention
    live: LiveView | None = None

    @cached_property
    def known(self) -> Positions:
        """The places of values, which pick their colours."""
        return positions(self.values)

    @cached_property
    def attention(self) -> Attention:
        """What needs attention now; asked once, for the menu and the page."""
        return self.attend(self.desk, self.view.filters)

    def may(self, permission: Permission) -> bool:
        """Whether whoever looks may do something, so that nobody is offered what would be refused."""
        return permission in self.desk.permissions

    @property
    def jobs(self) -> list[str]:
        """The jobs that ever ran; none where that cannot be read, which the card of jobs says."""
        try:
            return jobs(self.desk.connection)
        except SQLAlchemyError:
            return []

    @property
    def chosen_origins(self) -> tuple[str, ...]:
        """The origins that the address names."""
        return dict(self.view.filters).get(Dim.ORIGIN, ())

    @property
    def first_day(self) -> date | None:
        """The first day that any of the origins looked at covers."""
        names = self.chosen_origins or [origin.name for origin in self.origins]
        return min((o.first_day for o in self.origins if o.name in names and o.first_day), default=None)

    @cached_property
    def first_seen(self) -> list[tuple[Dim, Value]]:
        """The values that a dimension took for the first time within the window; on the first day of all data every
        value is new.
        """
        if self.first_day is None:
            return []
        since = max(self.first_day + timedelta(days=1), self.window.since)
        return [
            (dim, value)
            for dim, values in self.values.items()
            for value in values
            if since <= value.first_day <= self.window.until
        ]

    def ask(self, card: Card) -> Ask:
        """The card's question under the address."""
        if self.live:
            return self.live.ask(self.desk.now, self.desk.policy.zone, card.by)
        asked = replace(self.view.ask(self.as_of, by=card.by), trailing=1)
        if card.chart.detects:
            return replace(asked, grain=Grain.DAY, by=())
        if card.chart is Chart.CHANGES:
            return replace(
                asked, window=Window.ending(self.last_week(card.metric).until, 2 * WEEK), grain=Grain.DAY, by=card.by
            )
        if card.chart is Chart.BOARD:
            return replace(asked, grain=Grain.WHOLE, by=(Board.parse(self.address).dim, Dim.STATUS))
        if card.chart.whole:
            return replace(asked, grain=Grain.WHOLE, by=card.by)
        return asked if card.follows_split else replace(asked, by=card.by)

    @property
    def window(self) -> Window:
        """The days that the address asks for."""
        if self.live:
            return self.live.ask(self.desk.now, self.desk.policy.zone).window
        return self.view.window(self.as_of)

    def last_week(self, metric: Metric) -> Window:
        """The last seven days of the window on which the metric has settled."""
        return last_week(self.desk, metric, min(self.window.until, self.as_of))


def scene(
    desk: Desk,
    address: str,
    page: Page,
    attend: Callable[[Desk, Filters], Attention] = attention,
) -> Scene:
    """The scene of one request of a page; `attend` finds what needs attention, perhaps among what was found before."""
    view = page.view(desk, address) if page.view else _of_page(View.parse(address), page)
    found = desk.origins(page.feed)
    chosen = dict(view.filters).get(Dim.ORIGIN, ())
    values = values_of(desk.connection, chosen or [origin.name for origin in found if origin.first_day])
    known = {dim: values[dim] for dim in values if dim in page.dims}
    live = _live(address, view) if page.live else None
    return Scene(desk, view, as_of(desk, chosen, page.feed), found, known, address, attend, live)


def _live(address: str, view: View) -> LiveView:
    """What an address says to a page of events, with the filters that such a page has."""
    live = LiveView.parse(address)
    return replace(live, filters=view.filters, problems=tuple(dict.fromkeys((*view.problems, *live.problems))))


def _of_page(view: View, page: Page) -> View:
    """What an address says to a page: what it says of dimensions that the page does not have is left out and named."""
    strange = [dim for dim, _ in view.filters if dim not in page.dims]
    problems = (*view.problems, *(f"{dim}: is no filter of this page" for dim in strange))
    filters = tuple(pair for pair in view.filters if pair[0] in page.dims)
    by = None if view.by and not set(page.dims).issuperset(view.by) else view.by
    return replace(view, filters=filters, by=by, problems=problems)
