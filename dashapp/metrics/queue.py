"""Whether flags are decided in time, what waits, and how busy reviewers are."""

from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashapp.domain.ask import Ask
from dashapp.domain.threshold import Threshold
from dashapp.domain.vocabulary import URGENT, Dim, Routing, Severity
from dashapp.metrics.query import (
    FLAG_DIMS,
    HOURS_DIMS,
    among,
    capacity,
    open_flags,
    per_bin,
    per_day,
    settled,
    source,
    urgent,
)
from dashapp.metrics.registry import Better, Kind, Policy, Privacy, Statistics, Unit, metric
from dashapp.store.bins import hours_edges
from dashapp.store.schema import hours_histogram

AT_RISK = 0.75
"""The share of its SLA after which an open flag is at risk."""


def longest_sla(policy: Policy) -> timedelta:
    """The longest time after which every flag of a day has met or missed its SLA."""
    return timedelta(hours=max(policy.sla.values()))


def _breaches(ask: Ask, *routings: Routing) -> Statistics:
    """Urgent flags not decided in time, over all urgent flags of settled days; of some routings where any is named."""
    rows = source(ask)
    routed = [among(rows, Dim.ROUTING, routings)] if routings else []
    return per_day(
        ask, rows, rows.c.raised - rows.c.decided_in_sla, rows.c.raised, urgent(rows), settled(rows), *routed
    )


ON_TIME: dict[str, Any] = {
    "dims": FLAG_DIMS,
    "better": Better.LOWER,
    "threshold": Threshold(warn=10, alert=15),
    "settles": longest_sla,
}
"""What the shares of late decisions have in common."""


@metric("SLA breach rate", Unit.PERCENT, Kind.SHARE, rows="case=late", **ON_TIME)
def sla_breach_rate(ask: Ask) -> Statistics:
    """Share of urgent flags decided after their SLA or still open past it, by the day they were raised. Urgent is high
    or critical severity. A day counts once it is wholly older than the SLA; flags that no human sees count as decided
    when raised unless their origin gives hours.
    """
    return _breaches(ask)


@metric("SLA breach, human review", Unit.PERCENT, Kind.SHARE, rows="routing=human_review&case=late", **ON_TIME)
def sla_breach_rate_reviewed(ask: Ask) -> Statistics:
    """Share of urgent flags sent to human review that were decided after their SLA or are open past it, by the day they
    were raised. As the SLA breach rate, without the flags that no human sees.
    """
    return _breaches(ask, Routing.HUMAN_REVIEW)


@metric("Inflow", Unit.COUNT, Kind.FLOW, dims=FLAG_DIMS, rows="routing=human_review")
def inflow(ask: Ask) -> Statistics:
    """Flags sent to human review, by the day they were raised."""
    rows = source(ask)
    return per_day(ask, rows, rows.c.raised, None, among(rows, Dim.ROUTING, [Routing.HUMAN_REVIEW]))


@metric("Outflow", Unit.COUNT, Kind.FLOW, dims=FLAG_DIMS, clock="day decided", rows=None)
def outflow(ask: Ask) -> Statistics:
    """Human-review flags decided, by the day of the decision. For input that gives days only, the decision lies its
    hours after the midnight with which the day of the flag began.
    """
    rows = source(ask)
    return per_day(ask, rows, rows.c.decided, None, among(rows, Dim.ROUTING, [Routing.HUMAN_REVIEW]))


STOCK: dict[str, Any] = {"dims": FLAG_DIMS, "better": Better.LOWER, "clock": "end of the bucket"}
"""What the backlogs have in common."""


def _open_at_the_end(ask: Ask, *severities: Severity) -> Statistics:
    """Human-review flags raised minus those decided, by day; of some severities where any is named."""
    rows = source(ask)
    of = [among(rows, Dim.SEVERITY, severities)] if severities else []
    reviewed = among(rows, Dim.ROUTING, [Routing.HUMAN_REVIEW])
    return per_day(ask, rows, rows.c.raised - rows.c.decided, None, reviewed, *of)


@metric("Review backlog", Unit.COUNT, Kind.STOCK, rows="case=open", **STOCK)
def backlog(ask: Ask) -> Statistics:
    """Human-review flags raised and not yet decided at the end of the bucket. The running sum of those raised minus
    those decided, from the first day of data; a week or month shows its last covered day.
    """
    return _open_at_the_end(ask)


@metric("Urgent backlog", Unit.COUNT, Kind.STOCK, rows="case=open&severity=high&severity=critical", **STOCK)
def backlog_urgent(ask: Ask) -> Statistics:
    """Human-review flags of high or critical severity raised and not yet decided at the end of the bucket. Counted as
    the backlog, of which it is a part.
    """
    return _open_at_the_end(ask, *URGENT)


@metric(
    "Utilisation",
    Unit.PERCENT,
    Kind.RATIO,
    dims=frozenset({Dim.ORIGIN, Dim.TEAM}),
    clock="day decided",
    rows=None,
    threshold=Threshold(warn=90, alert=100),
)
def utilisation(ask: Ask) -> Statistics:
    """Human-review flags decided, as a share of what reviewers could decide. Capacity is the sum over reviewers of
    flags per day, on every covered day; 100 % means that no capacity was left.
    """
    return capacity(ask)


@metric(
    "Utilisation per reviewer",
    Unit.PERCENT,
    Kind.RATIO,
    dims=frozenset({Dim.ORIGIN, Dim.TEAM, Dim.REVIEWER}),
    clock="day decided",
    privacy=Privacy.TEAM,
    rows=None,
)
def utilisation_per_reviewer(ask: Ask) -> Statistics:
    """Human-review flags decided, as a share of the reviewer's capacity. Workload only, under a pseudonym, for
    leads and on screen only: it says nothing of speed or accuracy.
    """
    return capacity(ask)


@metric(
    "Hours to decision, urgent",
    Unit.HOURS,
    Kind.DISTRIBUTION,
    dims=HOURS_DIMS,
    better=Better.LOWER,
    edges=hours_edges,
    rows="routing=human_review&severity=high&severity=critical",
)
def resolution_hours(ask: Ask) -> Statistics:
    """Hours from flag to decision of urgent human-review flags that were decided, by the day they were raised. Read
    from bins that are 2 % wide, so its median is right within 1 %; flags still open are not in it.
    """
    rows = hours_histogram
    return per_bin(ask, rows, urgent(rows), among(rows, Dim.ROUTING, [Routing.HUMAN_REVIEW]))


Hours = NDArray[np.floating]


def _oldest(hours: Hours, _slas: Hours) -> float:
    return float(hours.max())


def _middle(hours: Hours, _slas: Hours) -> float:
    return float(np.quantile(hours, 0.5))


def _most(hours: Hours, _slas: Hours) -> float:
    return float(np.quantile(hours, 0.9))


def _at_risk(hours: Hours, slas: Hours) -> float:
    return int(np.count_nonzero(hours >= AT_RISK * slas))


@metric(
    "Oldest open flag",
    Unit.HOURS,
    Kind.AGES,
    dims=FLAG_DIMS,
    better=Better.LOWER,
    clock="now",
    reduce=_oldest,
    rows="case=open",
)
def oldest_open(ask: Ask) -> Statistics:
    """Hours that the oldest open human-review flag has waited until now. Known only while data arrives; the days asked
    for make no difference.
    """
    return open_flags(ask)


@metric(
    "Open age, median",
    Unit.HOURS,
    Kind.AGES,
    dims=FLAG_DIMS,
    better=Better.LOWER,
    clock="now",
    reduce=_middle,
    rows="case=open",
)
def open_age_p50(ask: Ask) -> Statistics:
    """Hours that half of the open human-review flags have waited at least until now. Known only while data arrives."""
    return open_flags(ask)


@metric(
    "Open age, 90 %",
    Unit.HOURS,
    Kind.AGES,
    dims=FLAG_DIMS,
    better=Better.LOWER,
    clock="now",
    reduce=_most,
    rows="case=open",
)
def open_age_p90(ask: Ask) -> Statistics:
    """Hours that the longest-waiting tenth of the open human-review flags has waited at least until now. Known only
    while data arrives.
    """
    return open_flags(ask)


@metric(
    "At risk",
    Unit.COUNT,
    Kind.AGES,
    dims=FLAG_DIMS,
    better=Better.LOWER,
    clock="now",
    reduce=_at_risk,
    rows="case=open",
)
def sla_at_risk(ask: Ask) -> Statistics:
    """Open human-review flags that have waited 75 % of their SLA or longer, now. Those already past it are among them;
    n is the number of open flags.
    """
    return open_flags(ask)
