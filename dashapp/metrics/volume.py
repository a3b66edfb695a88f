"""How much is raised, of what, and how it is routed."""

from dashapp.domain.ask import Ask
from dashapp.domain.vocabulary import Dim, Routing
from dashapp.metrics.query import FLAG_DIMS, among, per_day, raised_if, source, urgent
from dashapp.metrics.registry import Better, Kind, Statistics, Unit, metric


@metric("Flags", Unit.COUNT, Kind.FLOW, dims=FLAG_DIMS)
def flags(ask: Ask) -> Statistics:
    """Flags raised, by the day they were raised. A covered day without flags counts 0; a day that no origin covers
    has no point.
    """
    rows = source(ask)
    return per_day(ask, rows, rows.c.raised)


@metric("Auto-blocked", Unit.COUNT, Kind.FLOW, dims=FLAG_DIMS, rows="routing=auto_block")
def flags_auto_blocked(ask: Ask) -> Statistics:
    """Flags whose content was blocked at once, without a human, by the day they were raised."""
    rows = source(ask)
    return per_day(ask, rows, rows.c.raised, None, among(rows, Dim.ROUTING, [Routing.AUTO_BLOCK]))


@metric("Human review", Unit.COUNT, Kind.FLOW, dims=FLAG_DIMS, rows="routing=human_review")
def flags_human_review(ask: Ask) -> Statistics:
    """Flags sent to a human, by the day they were raised. These are all that came, not those that still wait."""
    rows = source(ask)
    return per_day(ask, rows, rows.c.raised, None, among(rows, Dim.ROUTING, [Routing.HUMAN_REVIEW]))


@metric(
    "Automation rate",
    Unit.PERCENT,
    Kind.SHARE,
    dims=FLAG_DIMS,
    better=Better.HIGHER,
    rows="routing=allow&routing=downrank&routing=auto_block",
)
def automation_rate(ask: Ask) -> Statistics:
    """Share of flags decided without a human: routed to allow, downrank or auto block. Of all flags raised, by the day
    they were raised.
    """
    rows = source(ask)
    automatic = ~among(rows, Dim.ROUTING, [Routing.HUMAN_REVIEW])
    return per_day(ask, rows, raised_if(rows, automatic), rows.c.raised)


@metric(
    "Escalation rate",
    Unit.PERCENT,
    Kind.SHARE,
    dims=FLAG_DIMS,
    better=Better.LOWER,
    rows="severity=high&severity=critical",
)
def escalation_rate(ask: Ask) -> Statistics:
    """Share of flags that are urgent: of high or critical severity. Of all flags, by the day they were raised."""
    rows = source(ask)
    return per_day(ask, rows, raised_if(rows, urgent(rows)), rows.c.raised)


@metric("Coordinated rate", Unit.PERCENT, Kind.SHARE, dims=FLAG_DIMS, better=Better.LOWER, rows="sort=coordinated")
def coordinated_rate(ask: Ask) -> Statistics:
    """Share of flags marked as part of a coordinated attack, by the day they were raised. Of the flags whose origin
    says one way or the other; the mark is the origin's own and no detection of ours.
    """
    rows = source(ask)
    return per_day(ask, rows, rows.c.coordinated, rows.c.marked)
