"""What a summary is of: a week as a desk sees it, under filters."""

from collections.abc import Collection
from dataclasses import dataclass

from dashapp.domain.ask import Filters, Window
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim, Feed, label
from dashapp.metrics import METRICS, Desk, Metric
from dashapp.summary.figures import FIGURES, QUALITY
from dashapp.summary.weeks import Known, NoWeek, Week

LONGEST = 2000
"""Characters of filters that a summary is kept with."""
SINGLE = frozenset({Dim.CREATOR, Dim.ITEM_ID})
"""Dimensions whose values stand for a person or a thing of one: a summary leaves the house and tells of none."""
KNOWN = frozenset().union(*(METRICS[key].dims for key in (*FIGURES, *QUALITY))) - SINGLE
"""What a summary may be filtered by."""


def filters_of(query: str) -> Filters:
    """The filters of an address. Raises NoWeek with the reason where it has any that no summary can be made under."""
    view = View.parse(query)
    refused = [f"{dim}: a summary is not kept by it" for dim, _ in view.filters if dim not in KNOWN]
    wrong = [*view.problems, *view.unknown, *refused]
    if wrong:
        raise NoWeek(f"the filters cannot be read: {'; '.join(wrong)}")
    if len(address(view.filters)) > LONGEST:
        raise NoWeek(f"the filters are longer than {LONGEST} characters")
    return view.filters


def address(filters: Filters, window: Window | None = None) -> str:
    """Filters, and days where they are given, as the address of a page has them."""
    since, until = (window.since, window.until) if window else (None, None)
    return View(since=since, until=until, filters=filters).query()


def origins_of(filters: Filters) -> tuple[str, ...]:
    """The origins that filters name."""
    return dict(filters).get(Dim.ORIGIN, ())


@dataclass(frozen=True)
class Scope:
    """A week as a desk sees it, under filters."""

    desk: Desk
    week: Week
    filters: Filters = ()

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins that the filters name."""
        return origins_of(self.filters)

    def names(self, feed: Feed = Feed.FLAGS) -> tuple[str, ...]:
        """The origins that figures of a feed are of."""
        return self.origins or self.desk.default_origins(feed)

    def known(self, feed: Feed) -> Known:
        """How much of the week a feed tells."""
        return Known(self.desk, self.week, feed, self.origins)

    def filters_for(self, metric: Metric) -> Filters:
        """The filters that a metric is kept by."""
        return tuple((dim, values) for dim, values in self.filters if dim in metric.dims)

    def title(self, metric: Metric) -> str:
        """What a metric is called, with the filters that it is not kept by and is told regardless of."""
        return self.titled(metric.title, metric.dims)

    def titled(self, name: str, dims: Collection[Dim]) -> str:
        """The name of what is told by some dimensions, with the filters that it is told regardless of."""
        left = [label(dim).lower() for dim, _ in self.filters if dim not in dims]
        return f"{name}, whatever the {' and '.join(left)}" if left else name
