"""Which metrics a summary tells of, and of how many things at most."""

from dashapp.domain.vocabulary import Triage

FIGURES = (
    "flags",
    "flags_human_review",
    "escalation_rate",
    "automation_rate",
    "sla_breach_rate",
    "sla_breach_rate_reviewed",
    "backlog",
    "backlog_urgent",
    "utilisation",
    "score_mean",
    "precision_decided",
    "reports",
    "report_accuracy",
    "report_accuracy_decided",
    "report_duplication",
    "time_to_decision_p50",
    "time_to_decision_p50_censored",
    "time_to_decision_p99",
    "time_to_decision_p99_censored",
)
"""The metrics that are told of the week, against the week before."""

QUALITY = (
    "silent_days",
    "new_values",
    "field_flips",
    "unscored_share",
    "unlabelled_share",
    "events_refused",
    "events_ahead",
    "events_late",
)
"""Those that tell how far the data can be trusted."""

MOMENTS = ("sla_at_risk", "oldest_open")
"""Those that tell of the moment at which the summary is made."""

JUDGED = tuple(f"incidents.{state}" for state in Triage)
OF_THE_MOMENT = frozenset({*MOMENTS, *JUDGED, "staffing.have", "staffing.capacity"})
"""Keys of all facts that tell of that moment, not of the week."""

CATEGORIES, TEAMS, ATTACKS, RISKS = 20, 100, 3, 3
"""Most of each that a summary tells of."""

STAFFING_DAYS = 28
"""Days that say how many reviewers are needed: four whole weeks, as busy as the last ones were."""
