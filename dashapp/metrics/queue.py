"""Whether flags are decided in time."""

from datetime import timedelta

from dashapp.domain.ask import Ask
from dashapp.domain.vocabulary import Dim, Routing
from dashapp.metrics.query import FLAG_DIMS, among, per_day, settled, source, urgent
from dashapp.metrics.registry import Better, Kind, Policy, Statistics, Threshold, Unit, metric


def longest_sla(policy: Policy) -> timedelta:
    """The longest time after which every flag of a day has met or missed its SLA."""
    return timedelta(hours=max(policy.sla.values()))


BREACHES = Threshold(warn=10, alert=15)


@metric(
    "SLA breach rate",
    Unit.PERCENT,
    Kind.SHARE,
    dims=FLAG_DIMS,
    better=Better.LOWER,
    threshold=BREACHES,
    settles=longest_sla,
)
def sla_breach_rate(ask: Ask) -> Statistics:
    """Share of urgent flags decided after their SLA or still open past it, by the day they were raised. Urgent is high
    or critical severity. A day counts once it is wholly older than the SLA; flags that no human sees count as decided
    when raised unless their origin gives hours.
    """
    rows = source(ask)
    return per_day(ask, rows, rows.c.raised - rows.c.decided_in_sla, rows.c.raised, urgent(rows), settled(rows))


@metric(
    "SLA breach rate, reviewed",
    Unit.PERCENT,
    Kind.SHARE,
    dims=FLAG_DIMS,
    better=Better.LOWER,
    threshold=BREACHES,
    settles=longest_sla,
)
def sla_breach_rate_reviewed(ask: Ask) -> Statistics:
    """Share of urgent flags sent to human review that were decided after their SLA or are open past it, by the day they
    were raised. As the SLA breach rate, without the flags that no human sees.
    """
    rows = source(ask)
    reviewed = among(rows, Dim.ROUTING, [Routing.HUMAN_REVIEW])
    return per_day(
        ask, rows, rows.c.raised - rows.c.decided_in_sla, rows.c.raised, urgent(rows), settled(rows), reviewed
    )
