"""How many reviewers a summary says are needed, and why."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from dashapp.domain.messages import Reviewer
from dashapp.metrics import Desk
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.summary.draft import Draft, Followed, Watched, sections
from dashapp.summary.fact import Facts
from dashapp.summary.facts import gather
from dashapp.summary.text import plain
from dashapp.summary.told import row
from dashapp.summary.weeks import Week
from tests.summary.conftest import MONDAY, Put, days, markdown

FIRST = date(2024, 2, 26)
WEEKEND = (5, 6)

Read = Callable[..., Facts]
Staffed = Callable[..., None]


@pytest.fixture
def read(reader: Engine, settings: Settings) -> Iterator[Read]:
    """The facts of 18 to 24 March 2024, a day after, under settings."""
    with reader.connect() as connection:

        def facts(filters: str = "", **changed: object) -> Facts:
            policy = policy_of(settings.model_copy(update=changed))
            return gather(
                Desk(connection, MONDAY + timedelta(days=1), policy, ahead=False), Week.parse("2024-W12"), filters
            )

        yield facts


@pytest.fixture
def staffed(writer: Engine) -> Staffed:
    """Stores reviewers of these capacities."""

    def store(*capacities: int) -> None:
        messages = [
            Reviewer(reviewer_id=f"R{place}", team="north", capacity_per_day=capacity)
            for place, capacity in enumerate(capacities, start=1)
        ]
        with writer.begin() as connection:
            writes.put_reviewers(connection, "ops", messages, replace=False)

    return store


def staffing(facts: Facts) -> str:
    return markdown(facts).split("## Staffing\n")[1].split("\n##")[0]


def test_too_few_reviewers_are_told_with_how_many_more_are_needed(read: Read, put: Put, staffed: Staffed) -> None:
    put(days(FIRST, [60] * 28), reviewer_id="R1")
    staffed(12, 8)
    facts = read()
    keys = ("needed", "have", "short", "capacity", "arrivals", "window", "days", "shifts", "ceiling", "busiest")
    assert {key: facts[f"staffing.{key}"].text for key in keys} == {
        "needed": "6",
        "have": "2",
        "short": "4",
        "capacity": "10.0",
        "arrivals": "1,680",
        "window": "26 Feb to 24 Mar 2024",
        "days": "28 of 28 days",
        "shifts": "28 days",
        "ceiling": "100.0 %",
        "busiest": "26 Feb to 24 Mar 2024",
    }
    assert facts["staffing.needed"].n == 1680
    assert facts["staffing.needed"].query == "since=2024-02-26&until=2024-03-24"
    assert "at least 6 reviewers are needed" in staffing(facts)
    assert "Recommended: 4 more." in staffing(facts)


def test_without_capacities_nobody_says_how_many_are_needed(read: Read, put: Put) -> None:
    put(days(FIRST, [60] * 28))
    facts = read()
    assert [(facts[key].value, facts[key].text) for key in ("staffing.needed", "staffing.have")] == [
        (None, "not known")
    ] * 2
    assert "How many reviewers are needed is not known, for how much a reviewer can decide is not." in staffing(facts)


def test_where_nobody_decides_within_the_sla_no_number_is_recommended(read: Read, put: Put, staffed: Staffed) -> None:
    """Flags of every day, decided on Mondays to Fridays; an SLA of 4 hours."""
    every = days(FIRST, [10] * 28)
    weekend = {day: count for day, count in every.items() if day.weekday() in WEEKEND}
    put({day: count for day, count in every.items() if day not in weekend})
    put(weekend, hours_to_decision=None, category="fraud")
    staffed(10)
    facts = read(sla_hours={"high": 4.0})
    assert (facts["staffing.needed"].value, facts["staffing.needed"].text) == (None, "no number is enough")
    assert facts["staffing.ceiling"].text == "85.7 %"
    assert facts["staffing.shifts"].text == "20 days"
    late = "2 Mar 2024, 9 Mar 2024, 16 Mar 2024, 23 Mar 2024"
    assert facts["staffing.late"].text == late
    assert f"for flags of {late} nobody decides until it is over" in staffing(facts)
    assert "Another shift is what helps then, not more reviewers." in staffing(facts)


def test_each_severity_is_due_by_its_own_sla(read: Read, put: Put, staffed: Staffed) -> None:
    put(days(FIRST, [2] * 27 + [100]), severity="low")
    staffed(10)
    assert read(sla_hours={"low": 24.0})["staffing.needed"].value == 5
    assert read(sla_hours={"low": 216.0, "critical": 1.0})["staffing.needed"].value == 1


def test_however_long_the_sla_no_fewer_are_needed_than_decide_what_comes_in(
    read: Read, put: Put, staffed: Staffed
) -> None:
    """The bound alone is 8: a fifth of it all may wait until after the last day."""
    put(days(FIRST, [100] * 28))
    staffed(10)
    facts = read(sla_hours={"high": 168.0})
    assert (facts["staffing.needed"].value, facts["staffing.short"].value) == (10, 9)
    assert (facts["staffing.workload"].value, facts["staffing.workload"].text) == (10, "10")
    assert "With fewer, more comes in than is decided." in staffing(facts)


def test_filters_by_what_reviewers_are_not_kept_by_leave_the_number_as_it_is(
    read: Read, put: Put, staffed: Staffed
) -> None:
    put(days(FIRST, [60] * 28))
    staffed(10)
    facts = read("category=fraud")
    assert facts["staffing.needed"].value == 6
    assert facts["staffing.needed"].name == "Reviewers needed at least, whatever the category"
    assert "Reviewers are there for all flags, not for those alone that this summary is filtered to." in staffing(facts)
    assert "Reviewers are there for all flags" not in staffing(read())


def test_fewer_days_than_wanted_are_told_and_make_it_provisional(read: Read, put: Put, staffed: Staffed) -> None:
    put(days(date(2024, 3, 11), [60] * 14))
    staffed(10)
    facts = read()
    assert (facts["staffing.days"].text, facts["staffing.needed"].provisional) == ("14 of 28 days", True)
    assert facts["staffing.needed"].value == 6


def test_a_week_that_is_incomplete_makes_it_provisional(read: Read, put: Put, staffed: Staffed) -> None:
    """All 28 days up to the last known one are known, but that is a Saturday."""
    put(days(FIRST - timedelta(days=1), [60] * 28))
    staffed(10)
    facts = read()
    assert (facts["staffing.days"].text, facts["staffing.needed"].provisional) == ("28 of 28 days", True)
    assert "The week is incomplete, so that this is provisional." in staffing(facts)


def test_where_nothing_was_ever_decided_all_days_count_as_days_with_a_shift(
    read: Read, put: Put, staffed: Staffed
) -> None:
    put(days(FIRST, [60] * 28), hours_to_decision=None)
    staffed(10)
    facts = read()
    assert (facts["staffing.shifts"].value, facts["staffing.shifts"].text) == (None, "all days, as far as is known")
    assert facts["staffing.needed"].value == 6


def test_where_nobody_decides_any_more_no_number_is_recommended(read: Read, put: Put, staffed: Staffed) -> None:
    put(days(date(2024, 2, 1), [60] * 20))
    put(days(FIRST, [50] * 28), hours_to_decision=None, category="fraud")
    staffed(10)
    facts = read()
    assert (facts["staffing.shifts"].value, facts["staffing.shifts"].text) == (0, "0 days")
    assert (facts["staffing.needed"].value, facts["staffing.needed"].text) == (None, "no number is enough")
    assert (facts["staffing.workload"].value, facts["staffing.workload"].text) == (None, "no number is enough")
    assert facts["staffing.late"].text == "26 Feb to 23 Mar 2024"


def test_a_models_draft_does_not_say_how_many_are_needed_but_we_do(read: Read, put: Put, staffed: Staffed) -> None:
    put(days(FIRST, [60] * 28))
    staffed(12, 8)
    facts = read()
    draft = Draft(
        top_risks=["{{flags}} flags came in.", "The backlog is {{backlog}}."],
        category_to_watch=Watched(category="flags.spam", why="It is all there is."),
        classifier_health="The score is {{score_mean}}.",
        staffing_recommendation="The teams have room.",
        key_metric_next_week=Followed(metric="backlog", why="It shows what waits."),
    )
    [part] = [section for section in sections(draft, facts) if section.heading == "Staffing"]
    told = [plain(line.words, facts) for line in part.lines]
    assert told[0] == "The teams have room."
    assert told[1].startswith("To decide the 1,680 flags sent to review")
    assert told[1].endswith("Recommended: 4 more.")


def test_what_is_of_the_moment_of_writing_is_neither_settled_nor_provisional(
    read: Read, put: Put, staffed: Staffed
) -> None:
    put(days(date(2024, 3, 11), [60] * 14))
    staffed(10)
    facts = read()
    keys = ("sla_at_risk", "oldest_open", "staffing.have", "staffing.capacity", "staffing.arrivals")
    assert [row(facts, facts[key]).settled for key in keys] == ["", "", "", "", "may still change"]
