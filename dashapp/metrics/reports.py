"""What people report, how often they are right, and how long they wait for a decision."""

import math
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashapp.domain.ask import Ask
from dashapp.domain.vocabulary import CONFIRMING, NOT_GIVEN, Action, Dim, Feed
from dashapp.metrics.query import per_day
from dashapp.metrics.query_reports import CASE_DIMS, MANY, REPORT_DIMS, moments_of, received_if, reports_of
from dashapp.metrics.registry import Better, Kind, Statistics, Unit, metric
from dashapp.stats.survival import censored_quantile

SETTLED = timedelta(days=30)
"""By then most reports are decided."""

OF_REPORTS: dict[str, Any] = {"feed": Feed.REPORTS, "clock": "day received", "rows": None}
DECIDED: dict[str, Any] = {**OF_REPORTS, "settles": lambda _: SETTLED}
"""What figures have in common that change while reports are being decided."""


def _live(ask: Ask) -> str:
    """What came in; by event also what was reviewed."""
    return "live_reports" if ask.dims & {Dim.EVENT, Dim.DECISION_ACTION} else "live_created"


RANKED = ((Dim.CREATOR,), (Dim.CREATOR, Dim.STATUS), (Dim.ITEM_ID, Dim.STATUS))
"""The leaderboards that no cube knows."""


@metric(
    "Reports",
    Unit.REPORTS,
    Kind.FLOW,
    dims=REPORT_DIMS,
    whole=MANY,
    kept_by=RANKED,
    apart=MANY,
    live=_live,
    **OF_REPORTS,
)
def reports(ask: Ask) -> Statistics:
    """Reports received, by the day they came in. A report is pending until a decision closes it; status and action are
    those of today, whenever the decision was made. Counts of creators are told in steps of the small
    group, which go up on the day by which so many more have come in since the quarter began (the month, where rows are
    deleted after a time), and may be a little off either way; creators without a step are left out.
    """
    rows = reports_of(ask)
    return per_day(ask, rows, rows.c.received)


@metric("Report accuracy", Unit.PERCENT, Kind.SHARE, dims=CASE_DIMS, better=Better.HIGHER, **DECIDED)
def report_accuracy(ask: Ask) -> Statistics:
    """Share of all reports received that were confirmed, by the day they came in. Confirmed is marked as sensitive or
    deindexed; a later reversal does not change it. Reports still pending count as not confirmed, so the figure is
    provisional for 30 days.
    """
    rows = reports_of(ask)
    return per_day(ask, rows, received_if(rows, *CONFIRMING), rows.c.received)


@metric("Report accuracy, decided", Unit.PERCENT, Kind.SHARE, dims=CASE_DIMS, better=Better.HIGHER, **DECIDED)
def report_accuracy_decided(ask: Ask) -> Statistics:
    """Share of decided reports that were confirmed, by the day they came in. As report accuracy, without the reports
    that still wait for a decision.
    """
    rows = reports_of(ask)
    return per_day(ask, rows, received_if(rows, *CONFIRMING), rows.c.received, rows.c.action != NOT_GIVEN)


@metric("Report duplication", Unit.PERCENT, Kind.SHARE, dims=CASE_DIMS, better=Better.LOWER, **DECIDED)
def report_duplication(ask: Ask) -> Statistics:
    """Share of all reports received that were closed as duplicates, by the day they came in. Reports still pending
    count as none.
    """
    rows = reports_of(ask)
    return per_day(ask, rows, received_if(rows, Action.DEDUPLICATED_REPORTS), rows.c.received)


Hours = NDArray[np.floating]

LASTED: dict[str, Any] = {**DECIDED, "better": Better.LOWER}
"""What times to a decision have in common."""
DECIDED_DIMS = CASE_DIMS | {Dim.DECISION_ACTION}


def _mean(decided: Hours, _waiting: Hours) -> float:
    return math.fsum(decided) / len(decided)  # the same in whatever order the database gives them


def _half(decided: Hours, _waiting: Hours) -> float:
    return float(np.quantile(decided, 0.5))


def _nine_tenths(decided: Hours, _waiting: Hours) -> float:
    return float(np.quantile(decided, 0.9))


def _nearly_all(decided: Hours, _waiting: Hours) -> float:
    return float(np.quantile(decided, 0.99))


def _half_censored(decided: Hours, waiting: Hours) -> float | None:
    return censored_quantile(decided, waiting, 0.5)


def _nine_tenths_censored(decided: Hours, waiting: Hours) -> float | None:
    return censored_quantile(decided, waiting, 0.9)


def _nearly_all_censored(decided: Hours, waiting: Hours) -> float | None:
    return censored_quantile(decided, waiting, 0.99)


@metric("Time to decision, mean", Unit.HOURS, Kind.DURATIONS, dims=DECIDED_DIMS, reduce=_mean, **LASTED)
def time_to_decision_mean(ask: Ask) -> Statistics:
    """Mean hours from report to decision, of the decided reports received in the window. Reports still open are not in
    it, so that it is too short while many are; those decided at an unknown moment are left out and counted.
    """
    return moments_of(ask)


@metric("Time to decision, median", Unit.HOURS, Kind.DURATIONS, dims=DECIDED_DIMS, reduce=_half, **LASTED)
def time_to_decision_p50(ask: Ask) -> Statistics:
    """Hours within which half of the decided reports received in the window were decided. Exact, between two values in
    proportion; reports still open are not in it, and those decided at an unknown moment are left out and counted.
    """
    return moments_of(ask)


@metric("Time to decision, 90 %", Unit.HOURS, Kind.DURATIONS, dims=DECIDED_DIMS, reduce=_nine_tenths, **LASTED)
def time_to_decision_p90(ask: Ask) -> Statistics:
    """Hours within which 90 % of the decided reports received in the window were decided. As the median."""
    return moments_of(ask)


@metric("Time to decision, 99 %", Unit.HOURS, Kind.DURATIONS, dims=DECIDED_DIMS, reduce=_nearly_all, **LASTED)
def time_to_decision_p99(ask: Ask) -> Statistics:
    """Hours within which 99 % of the decided reports received in the window were decided. As the median."""
    return moments_of(ask)


CENSORED: dict[str, Any] = {**LASTED, "dims": CASE_DIMS, "censored": True}
COMPARED = ((Dim.VIOLATION,), (Dim.MEDIA_TYPE,))


@metric(
    "Time to decision, median of all", Unit.HOURS, Kind.DURATIONS, reduce=_half_censored, kept_by=COMPARED, **CENSORED
)
def time_to_decision_p50_censored(ask: Ask) -> Statistics:
    """Hours within which half of all reports received in the window are decided, the open ones included. By Kaplan and
    Meier: an open report has waited from its coming in until now, and counts as long as that. None where fewer than
    half are decided yet; reports decided at an unknown moment are left out and counted.
    """
    return moments_of(ask)


@metric("Time to decision, 90 % of all", Unit.HOURS, Kind.DURATIONS, reduce=_nine_tenths_censored, **CENSORED)
def time_to_decision_p90_censored(ask: Ask) -> Statistics:
    """Hours within which 90 % of all reports received in the window are decided, the open ones included. As the median
    of all.
    """
    return moments_of(ask)


@metric("Time to decision, 99 % of all", Unit.HOURS, Kind.DURATIONS, reduce=_nearly_all_censored, **CENSORED)
def time_to_decision_p99_censored(ask: Ask) -> Statistics:
    """Hours within which 99 % of all reports received in the window are decided, the open ones included. As the median
    of all.
    """
    return moments_of(ask)
