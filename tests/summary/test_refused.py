"""Sentences that sound right and say what the facts do not: refused, by what they get wrong, beside true ones."""

from dataclasses import replace

import pytest

from dashapp.summary.fact import Fact, Facts
from tests.summary.test_check import found

INCIDENT: dict[str, int | str] = {
    "incidents": 1,
    "incidents.open": 1,
    "incidents.confirmed": 0,
    "incidents.dismissed": 0,
    "incidents.found_1.name": "Sexual content",
    "incidents.found_1.kind": "Brigading",
    "incidents.found_1.state": "open",
    "incidents.found_1.days": "26 Mar to 27 Mar 2024",
    "incidents.found_1.observed": 291,
    "incidents.found_1.expected": 102,
}
"""One incident, as the detection job finds it on the days of the known attack."""


@pytest.fixture
def facts(demo_facts: Facts) -> Facts:
    """The facts of the demo's week, with the incident."""
    units = {"observed": "flags", "expected": "flags"}
    made = {key: Fact(key, key, value, str(value), units.get(key[18:], "")) for key, value in INCIDENT.items()}
    return Facts({**demo_facts.known, **made})


@pytest.mark.parametrize(
    "words",
    [
        "Reviewers handled {{flags_human_review}} human review flags each.",
        "Each reviewer decides {{staffing.capacity}} flags an hour.",
        "A reviewer decides {{staffing.capacity}} flags a week.",
        "Flags came in at {{flags}} a day.",
        "Flags came in at {{flags}} per shift.",
        "Flags came in at {{flags}} a month.",
        "{{flags}} flags came in every day.",
        "On average {{flags}} flags arrive daily.",
        "Flags averaged {{flags}} per hour.",
        "In {{week.before}} there were {{flags}} flags.",
        "On {{data.as_of}} {{flags}} flags came in.",
        "On {{made}} the desk took {{flags}} flags.",
        "{{staffing.arrivals}} flags were sent to human review this week.",
        "Human review took {{staffing.arrivals}} flags in the days of the week.",
        "The oldest open flag has waited {{oldest_open}}, which is a week.",
        "The oldest open flag has waited {{oldest_open}}, about a month.",
        "The backlog of {{backlog}} flags is a year old.",
    ],
)
def test_a_figure_of_another_time_or_head_is_refused(facts: Facts, words: str) -> None:
    assert found(words, facts) != []


@pytest.mark.parametrize(
    "words",
    [
        "The desk needs {{staffing.needed}} more reviewers.",
        "Hire {{staffing.needed}} reviewers: the need is urgent.",
        "The desk should add {{staffing.needed}} reviewers to meet demand.",
        "The desk needs {{staffing.needed}} reviewers in addition to the {{staffing.have}} reviewers that it has.",
        "The desk lacks {{staffing.needed}} reviewers.",
        "The desk lacks {{staffing.short}} reviewers.",
        "The desk is understaffed, with {{staffing.have}} reviewers.",
        "Late decisions come from a lack of reviewers.",
        "The desk needs more reviewers.",
        "Reviewers are overwhelmed.",
        "Reviewers cannot keep up.",
        "Reviewers are stretched thin.",
        "There are too few reviewers.",
    ],
)
def test_that_reviewers_are_missing_is_refused_where_none_are(facts: Facts, words: str) -> None:
    assert found(words, facts) != []


@pytest.mark.parametrize(
    "words",
    [
        "{{sla_breach_rate}} of urgent flags met their SLA.",
        "The SLA was kept on {{sla_breach_rate}} of urgent flags.",
        "{{sla_breach_rate}} of urgent flags were decided within the SLA.",
        "SLA compliance stands at {{sla_breach_rate}}.",
        "False positives make up {{precision_decided}} of labelled flags.",
        "{{automation_rate}} is the share of flags under automation that reviewers decided.",
        "{{automation_rate}} of flags were not decided by automation.",
        "{{escalation_rate}} of flags were not escalated.",
        "{{escalation_rate}} of flags never escalated.",
        "Utilisation left {{utilisation}} of capacity unused.",
        "Most of the {{flags}} flags were false.",
        "The incident saw {{incidents.found_1.expected}} flags where {{incidents.found_1.observed}} were expected.",
        "The incident saw {{incidents.found_1.expected}} flags.",
        "The detector missed {{attacks.found_days}} of attack.",
        "The detector raised false alarms on {{attacks.detected_days}}.",
        "Spam and fraud brought {{flags.fraud}} and {{flags.spam}} flags.",
    ],
)
def test_the_opposite_of_a_figure_or_the_rest_of_it_is_refused(facts: Facts, words: str) -> None:
    assert found(words, facts) != []


@pytest.mark.parametrize(
    "words",
    [
        "Escalation collapsed to {{escalation_rate}}.",
        "Escalation cratered to {{escalation_rate}}.",
        "Escalation cooled to {{escalation_rate}}.",
        "Escalation tapered off to {{escalation_rate}}.",
        "Escalation wobbled to {{escalation_rate}}.",
        "Harassment skyrocketed to {{flags.harassment}} flags.",
        "Harassment ballooned.",
        "Escalation was little changed at {{escalation_rate}}.",
        "Escalation stayed at {{escalation_rate}}.",
        "Escalation came in at {{escalation_rate}}, the same as {{escalation_rate.before}} the week before.",
        "Harassment, like spam, rose.",
        "Harassment as well as spam rose.",
        "Spam rose, as did harassment.",
        "Flags of harassment and spam both rose.",
        "All categories are up.",
        "Every category grew.",
    ],
)
def test_a_direction_in_other_words_or_of_several_is_refused(facts: Facts, words: str) -> None:
    assert found(words, facts) != []


@pytest.mark.parametrize(
    "words",
    [
        "The SLA breach rate of {{sla_breach_rate}} is below its threshold.",
        "The SLA breach rate is within its limit.",
        "The SLA breach rate of {{sla_breach_rate}} meets its target.",
        "The score of {{score_mean}} is above its baseline.",
        "The score is healthy at {{score_mean}}.",
        "Precision of {{precision_decided}} is excellent.",
        "Spam is the smallest category with {{flags.spam}} flags.",
        "Fraud is the largest category with {{flags.fraud}} flags.",
        "Self harm had the largest rise of the week.",
        "Fraud ranks first with {{flags.fraud}} flags.",
        "Spam hit a new high.",
        "The SLA breach rate of {{sla_breach_rate}} is a record.",
        "Fraud flags outnumber spam flags.",
        "Report accuracy is settled at {{report_accuracy}}.",
        "Report accuracy is {{report_accuracy}}, which is final.",
        "The incident of {{incidents.found_1.days}} was an organic surge.",
        "The incident in sexual content was a spike.",
        "The incident in sexual content has been dismissed.",
        "An analyst confirmed the incident in sexual content.",
        "The attack on sexual content went undetected.",
        "Several attacks were seen.",
    ],
)
def test_a_level_a_rank_or_a_state_that_the_facts_do_not_tell_is_refused(facts: Facts, words: str) -> None:
    assert found(words, facts) != []


@pytest.mark.parametrize("attacks", [0, 1])
@pytest.mark.parametrize(
    "words",
    [
        "There were no incidents.",
        "There were no attacks.",
        "The week passed without attacks.",
        "The week was free of attacks.",
        "Nothing breached its SLA.",
        "Not one flag was late.",
        "The SLA was never breached.",
        "SLA breaches were nowhere to be seen.",
        "Every flag was decided in time.",
        "The queue is empty.",
        "The backlog was cleared.",
        "There is hardly any backlog.",
        "The team worked through its backlog.",
    ],
)
def test_that_there_is_none_is_refused_while_any_fact_counts_some(facts: Facts, attacks: int, words: str) -> None:
    known = Facts({**facts.known, "attacks": replace(facts["attacks"], value=attacks)})
    assert found(words, known) != []


def test_that_there_is_none_is_refused_where_nobody_looked(demo_facts: Facts) -> None:
    calm = Facts({**demo_facts.known, "attacks": replace(demo_facts["attacks"], value=0)})
    assert calm["incidents"].value is None
    assert found("No incidents were detected.", calm) != []
    judged = Facts({**calm.known, "incidents": replace(calm["incidents"], value=0)})
    assert found("No incidents were detected.", judged) == []


@pytest.mark.parametrize(
    "words",
    [
        "Each reviewer decides {{staffing.capacity}} flags a day.",
        "In {{week}} {{flags}} flags came in.",
        "Flags rose to {{flags}}, against {{flags.before}} in {{week.before}}.",
        "No reviewers are missing.",
        "Hiring is not needed.",
        "{{sla_breach_rate}} of urgent flags missed their SLA.",
        "{{automation_rate}} of flags were decided by automation.",
        "The incident saw {{incidents.found_1.observed}} flags where {{incidents.found_1.expected}} were expected.",
        "The detector found the attack on {{attacks.found_days}}.",
        "Spam and fraud brought {{flags.spam|name}} flags.",
        "Escalation soared to {{escalation_rate}}.",
        "Harassment softened to {{flags.harassment}} flags.",
        "Spam and self harm both rose.",
        "Spam rose, unlike harassment.",
        "The SLA breach rate is above its threshold.",
        "The score is below its baseline.",
        "Spam is the largest category with {{flags.spam}} flags.",
        "Self harm is the smallest category.",
        "Sexual content had the largest rise of the week.",
        "Report accuracy is {{report_accuracy}}, which is not final.",
        "The incident in sexual content was brigading.",
        "The incident in sexual content is still open.",
    ],
)
def test_true_sentences_of_these_kinds_pass(facts: Facts, words: str) -> None:
    assert found(words, facts) == []
