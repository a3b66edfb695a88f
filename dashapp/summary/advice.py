"""What a summary says of how many reviewers are needed, whoever writes the rest of it."""

from collections.abc import Iterator

from dashapp.summary.fact import RISK_STATES, Facts
from dashapp.summary.figures import STAFFING_DAYS


def reviewers_needed(facts: Facts) -> str:
    """How many reviewers are needed, what that rests on, and whether it explains late decisions."""
    return " ".join(_bound(facts))


def teams_at_their_limit(facts: Facts) -> list[str]:
    """The keys of the utilisations, of teams and of all, that have crossed a threshold."""
    return [key for key in ("utilisation", *facts.part("utilisation")) if facts[key].state in RISK_STATES]


def _bound(facts: Facts) -> Iterator[str]:
    needed, have, ceiling = facts["staffing.needed"], facts["staffing.have"], facts.get("staffing.ceiling")
    if have.value is None:
        yield "How many reviewers are needed is not known, for how much a reviewer can decide is not."
        return
    if ceiling is None:
        yield f"Reviewers needed: {needed}; there are {have}."
        return
    if facts["week.filters"].value:
        yield "Reviewers are there for all flags, not for those alone that this summary is filtered to."
    rests = f"the {facts['staffing.arrivals']} flags sent to review from {facts['staffing.window']}"
    each = f"each reviewer deciding {facts['staffing.capacity']} a day, with decisions on {facts['staffing.shifts']}"
    if needed.value is None:
        yield (
            f"Of {rests} no more than {ceiling} can be decided within their SLA, with any number of reviewers: for "
            f"flags of {facts['staffing.late']} nobody decides until it is over. Another shift is what helps then, not "
            f"more reviewers."
        )
        return
    yield f"To decide {rests} within their SLA at least {needed} reviewers are needed, {each}; there are {have}."
    yield f"The days that need the most: {facts['staffing.busiest']}."
    if facts["staffing.workload"].value == needed.value:
        yield "With fewer, more comes in than is decided."
    if needed.provisional:
        days = facts["staffing.days"]
        known = f"Only {days} are known" if days.value != STAFFING_DAYS else "The week is incomplete"
        yield f"{known}, so that this is provisional."
    yield _recommended(facts)


def _recommended(facts: Facts) -> str:
    if facts["staffing.short"].value:
        return f"Recommended: {facts['staffing.short']} more."
    if teams_at_their_limit(facts):
        return "By that number there are enough, but little capacity is left."
    if facts["sla_breach_rate_reviewed"].state in RISK_STATES:
        return "The number of reviewers is not why decisions are late, and no more are recommended."
    return "No more are recommended."
