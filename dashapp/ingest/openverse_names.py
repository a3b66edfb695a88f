"""What the names in dumps of Openverse mean, older ones included."""

from dashapp.domain.vocabulary import Action, Violation
from dashapp.ingest.pipeline import Unfit
from dashapp.ingest.report import shown

VIOLATIONS = {"mature": Violation.SENSITIVE, "dmca": Violation.COPYRIGHT}
"""What the current names were called before."""
ACTIONS = {"dededuplicated_reports": Action.DEDUPLICATED_REPORTS}

PENDING = ("pending", "pending_review")
STATUSES = {
    **{action.value: action for action in Action},
    "mature_filtered": Action.MARKED_SENSITIVE,
    "no_action": Action.REJECTED_REPORTS,
}
"""What was decided on a report that has a status and no decision, as all had before there were decisions."""
DEINDEXED = {
    Violation.SENSITIVE.value: Action.DEINDEXED_SENSITIVE,
    Violation.COPYRIGHT.value: Action.DEINDEXED_COPYRIGHT,
}
"""What `deindexed` means, by the reason of the report."""


def action_of(status: str, violation: str) -> Action | None:
    """What a status says was decided; None for a pending report."""
    if status in PENDING or not status:
        return None
    if status == "deindexed":
        if violation in DEINDEXED:
            return DEINDEXED[violation]
        raise Unfit("status", f"does not say why: the reason is {shown(violation)}")
    if status not in STATUSES:
        raise Unfit("status", f"is not one of {', '.join((*PENDING, *STATUSES, 'deindexed'))}")
    return STATUSES[status]
