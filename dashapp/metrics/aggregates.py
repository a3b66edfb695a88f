"""What platforms publish of their decisions, counted by day: statements of reasons under the Digital Services Act."""

from datetime import timedelta
from typing import Any

from dashapp.domain.ask import Ask
from dashapp.domain.vocabulary import Dim, Feed
from dashapp.metrics.query import per_day
from dashapp.metrics.query_aggregates import MARGINAL, PLACES, SEVERAL, cases_if, counted, dimension_of
from dashapp.metrics.registry import Kind, Statistics, Unit, metric

PUBLISHED: dict[str, Any] = {"feed": Feed.AGGREGATES, "clock": "day published", "rows": None}
HOUR = timedelta(hours=1).total_seconds()
SOURCE = "EU DSA Transparency Database"


@metric(
    "Statements of reasons",
    Unit.STATEMENTS,
    Kind.FLOW,
    dims=PLACES | MARGINAL,
    apart=MARGINAL,
    overlapping=SEVERAL,
    dimension=dimension_of,
    reference=SOURCE,
    **PUBLISHED,
)
def statements(ask: Ask) -> Statistics:
    """Moderation decisions that platforms published with their reasons, by the day they were published. A platform
    covers the days that it published anything on; on these a value that it does not name counts 0, and on others
    nothing is known of it. Counts come by one dimension at a time, so a question names one at most, beside platform and
    origin. A statement may name several content types and several restrictions of visibility: it counts under each, and
    once in the total.
    """
    rows = counted(ask, dimension_of(ask))
    return per_day(ask, rows, rows.c.cases)


def _by(dimension: str) -> dict[str, Any]:
    """What figures have in common that are read from one dimension whatever is asked."""
    return {**PUBLISHED, "dims": PLACES, "dimension": lambda _: dimension, "reference": SOURCE}


@metric("Automated decisions", Unit.PERCENT, Kind.SHARE, **_by(Dim.AUTOMATED_DECISION))
def automated_decisions(ask: Ask) -> Statistics:
    """Share of the statements published whose decision was taken by machine alone, by the day they were published. What
    was taken by machine in part counts as taken by people.
    """
    rows = counted(ask, Dim.AUTOMATED_DECISION)
    return per_day(ask, rows, cases_if(rows, "fully"), rows.c.cases)


@metric("Automated detection", Unit.PERCENT, Kind.SHARE, **_by(Dim.AUTOMATED_DETECTION))
def automated_detections(ask: Ask) -> Statistics:
    """Share of the statements published whose content was found by machine, by the day they were published."""
    rows = counted(ask, Dim.AUTOMATED_DETECTION)
    return per_day(ask, rows, cases_if(rows, "yes"), rows.c.cases)


@metric("Time from content to decision, mean", Unit.HOURS, Kind.MEAN, scale=HOUR, **_by("moderation_delay"))
def moderation_delay(ask: Ask) -> Statistics:
    """Mean hours from the day on which content was created to the day from which the decision on it applied, of the
    statements published on a day. Pooled over statements from the means of platforms, which are rounded to seconds;
    statements that say these days in the wrong order are not among them. Old content weighs much: one item of ten years
    as much as 3,650 of a day.
    """
    return _delay(ask, "moderation_delay")


@metric("Time from decision to publication, mean", Unit.HOURS, Kind.MEAN, scale=HOUR, **_by("disclosure_delay"))
def disclosure_delay(ask: Ask) -> Statistics:
    """Mean hours from the day from which a decision applied to its publication, of the statements published on a day.
    Counted from the midnight that the day begins with, so that publication on the same day takes up to 24 hours. Pooled
    as the time from content to decision.
    """
    return _delay(ask, "disclosure_delay")


def _delay(ask: Ask, dimension: str) -> Statistics:
    rows = counted(ask, dimension)
    return per_day(ask, rows, rows.c.mean * rows.c.cases, rows.c.cases, rows.c.mean.is_not(None))
