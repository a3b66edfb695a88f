"""Where figures of a summary are shown: the page and the part of it that has each metric."""

from dashapp.domain.view import View
from dashapp.metrics import METRICS
from dashapp.summary.fact import Fact

PLACES = {
    "flags": "/volume#card-flags-bars-category",
    "flags_human_review": "/volume#tile-flags_human_review",
    "escalation_rate": "/volume#card-escalation_rate-lines",
    "automation_rate": "/volume#tile-automation_rate",
    "inflow": "/queue#card-inflow-lines",
    "outflow": "/queue#card-inflow-lines",
    "sla_breach_rate": "/queue#card-sla_breach_rate-lines",
    "sla_breach_rate_reviewed": "/queue#card-sla_breach_rate_reviewed-lines",
    "backlog": "/queue#card-backlog-bars-severity",
    "backlog_urgent": "/queue#tile-backlog_urgent",
    "utilisation": "/queue#card-utilisation-totals-team",
    "score_mean": "/classifier#card-score_mean-lines",
    "precision_decided": "/classifier#tile-precision_decided",
    "reports": "/reports#card-reports-bars-violation",
    "report_accuracy": "/reports#card-report_accuracy-lines",
    "report_accuracy_decided": "/reports#card-report_accuracy_decided-lines",
    "report_duplication": "/reports#card-report_duplication-lines",
    "time_to_decision_p50": "/reports#card-time_to_decision_p50-lines",
    "time_to_decision_p50_censored": "/reports#card-time_to_decision_p50_censored-lines",
    "time_to_decision_p99": "/reports#tile-time_to_decision_p99",
    "silent_days": "/status#card-silent_days-bars-origin",
    "new_values": "/status#tile-new_values",
    "field_flips": "/status#card-field_flips-lines",
    "unscored_share": "/status#card-unscored_share-lines",
    "unlabelled_share": "/status#tile-unlabelled_share",
    "events_refused": "/status#card-events_refused-lines",
    "events_ahead": "/status#card-events_refused-lines",
    "events_late": "/status#card-events_refused-lines",
    "sla_at_risk": "/queue#card-sla_at_risk-at-risk",
    "oldest_open": "/queue#tile-oldest_open",
}
ATTACKS, FOUND = "/attacks", ("attacks", "incidents")
"""Where what was found and what is known is shown, and how keys of facts of it begin."""


DEFINED = {"sla": "sla_breach_rate", "staffing.capacity": "utilisation"}
"""The metrics that say what some facts are that no metric measured, by their keys without the last part, or whole."""


def definition_of(fact: Fact) -> str | None:
    """The address that says what a fact counts, or what metric it is the threshold of; None for what has no metric."""
    above = fact.key.rpartition(".")[0]
    known = (key for key in (fact.metric, above, DEFINED.get(above), DEFINED.get(fact.key)) if key in METRICS)
    key = next(known, None)
    return f"/definitions#{key}" if key else None


def place_of(fact: Fact) -> str | None:
    """The address at which the figure of a fact is shown, under its days and filters; None for what is no figure."""
    place = PLACES.get(fact.metric or "") or (ATTACKS if fact.query and fact.key.split(".")[0] in FOUND else None)
    if place is None:
        return None
    path, _, part = place.partition("#")
    query = View.parse(fact.query).query()
    return f"{path}{f'?{query}' if query else ''}{f'#{part}' if part else ''}"
