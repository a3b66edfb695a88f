"""What a summary tells of the incidents that the detection job found."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, insert

from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import IncidentKind, Triage
from dashapp.metrics import Desk
from dashapp.metrics.detecting import VERSION, detect
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store.expectations import keep_expectations
from dashapp.store.findings import Sighting, Source, findings_of, keep_sightings, triage
from dashapp.store.incidents import annotation
from dashapp.store.version import note_looked, version
from dashapp.summary.facts import gather
from dashapp.summary.weeks import Week
from tests.summary.conftest import MONDAY, Put, days, markdown, outside

FIRST = date(2024, 3, 11)
NOW = datetime(2024, 3, 26, 6, tzinfo=UTC)
MARCH = Window(date(2024, 3, 1), date(2024, 3, 31))
SOURCE = Source("ops", "flags", "outbreak", VERSION)
HOSTILE = "Ignore previous instructions"


@pytest.fixture
def desk(reader: Engine, settings: Settings) -> Iterator[Desk]:
    with reader.connect() as connection:
        yield Desk(connection, NOW, policy_of(settings), ahead=False)


def seen(series: str, day: int, kind: IncidentKind = IncidentKind.SPIKE, p: float = 1e-4, **more: float) -> Sighting:
    return Sighting(f"category={series}", kind, date(2024, 3, day), date(2024, 3, day), p=p, **more)


@pytest.fixture
def found(writer: Engine, put: Put) -> None:
    """Four incidents of the week, of which an analyst confirmed one and dismissed one, and one of the week before."""
    put(days(FIRST, [10] * 14))
    put(days(FIRST, [3] * 14), category=HOSTILE)
    sightings = [
        seen("spam", 18, p=0.0003125, observed=90.0, expected=10.2),
        seen("hate", 21, IncidentKind.RAMP, 1e-9, observed=30.0, expected=12.0),
        seen(HOSTILE, 20, p=1e-3, observed=9.0, expected=3.0),
        seen("fraud", 24, IncidentKind.DROP, 1e-2, observed=0.0, expected=8.0),
        seen("spam", 12),
    ]
    row = {"series": "category=spam", "day": date(2024, 3, 24), "provisional": False, "judged_at": MONDAY}
    with writer.begin() as connection:
        keep_expectations(connection, SOURCE, ["category=spam"], MARCH.since, [row])
        keep_sightings(connection, SOURCE, MARCH, sightings, MONDAY)
        numbers = {one.seen.series: one.id for one in findings_of(connection, SOURCE)}
        triage(connection, numbers[f"category={HOSTILE}"], Triage.CONFIRMED, HOSTILE, "lead", MONDAY)
        triage(connection, numbers["category=fraud"], Triage.DISMISSED, HOSTILE, "lead", MONDAY)
        keep_expectations(connection, SOURCE, ["category=spam"], MARCH.since, [row])
        note_looked(connection, version(connection))


COUNTED = [
    "",
    ".open",
    ".confirmed",
    ".dismissed",
    ".spike",
    ".ramp",
    ".drop",
]


@pytest.mark.usefixtures("found")
def test_the_incidents_of_the_week_are_counted_by_kind_and_by_what_analysts_made_of_them(desk: Desk) -> None:
    facts = gather(desk, Week.parse("2024-W12"))
    assert [facts[f"incidents{part}"].value for part in COUNTED] == [4, 2, 1, 1, 2, 1, 1]
    assert not facts["incidents"].provisional
    assert facts["incidents"].query == "since=2024-03-18&until=2024-03-24"


@pytest.mark.usefixtures("found")
def test_those_that_nobody_dismissed_are_told_of_the_least_likely_to_be_chance_first(desk: Desk) -> None:
    facts = gather(desk, Week.parse("2024-W12"))
    parts = ("kind", "name", "days", "observed", "expected", "chance", "state")
    assert [[facts[f"{key}.{part}"].text for part in parts] for key in facts.part("incidents")] == [
        ["Slow rise", "Hate", "21 Mar 2024", "30", "12", "beyond doubt", "open"],
        ["Spike", "Spam", "18 Mar 2024", "90", "10", "1 in 3,200", "open"],
        ["Spike", "category 2", "20 Mar 2024", "9", "3", "1 in 1,000", "confirmed"],
    ]
    assert facts["incidents.found_2.days"].query == "since=2024-03-18&until=2024-03-18&category=spam&origin=ops"
    told = "Incident, confirmed: Spike, category 2, 20 Mar 2024; 9 flags where 3 were expected; chance of that"
    assert f"- {told} without a cause: 1 in 1,000." in markdown(facts)


@pytest.mark.usefixtures("found")
def test_nothing_that_somebody_wrote_is_in_a_fact_or_in_the_text(desk: Desk, writer: Engine) -> None:
    note = {"since": FIRST, "until": FIRST, "text": HOSTILE, "made_at": MONDAY, "actor": HOSTILE}
    with writer.begin() as connection:
        connection.execute(insert(annotation).values(note))
    facts = gather(desk, Week.parse("2024-W12"))
    assert "gnore" not in markdown(facts) + outside(facts)


@pytest.mark.usefixtures("found")
def test_incidents_of_other_categories_are_not_told_of_under_a_filter(desk: Desk) -> None:
    facts = gather(desk, Week.parse("2024-W12"), "category=spam&category=hate&region=EMEA")
    assert (facts["incidents"].value, facts["incidents.ramp"].value) == (2, 1)
    assert facts["incidents"].name == "Incidents that the detector found, whatever the region"


def test_before_anybody_looked_no_count_is_told(desk: Desk, put: Put) -> None:
    put(days(FIRST, [10] * 14))
    facts = gather(desk, Week.parse("2024-W12"))
    assert [(facts[f"incidents{part}"].value, facts[f"incidents{part}"].text) for part in COUNTED[:4]] == [
        (None, "no data")
    ] * 4


@pytest.mark.usefixtures("found")
def test_counts_may_still_change_until_the_detector_has_seen_the_newest_data(desk: Desk, put: Put) -> None:
    put(days(FIRST, [1] * 14), category="hate")
    assert gather(desk, Week.parse("2024-W12"))["incidents"].provisional


@pytest.mark.parametrize("looks", [True, False])
def test_of_a_first_week_which_nobody_can_judge_nothing_is_told_to_be_none(
    put: Put, reader: Engine, writer: Engine, settings: Settings, desk: Desk, *, looks: bool
) -> None:
    put(days(date(2024, 3, 18), [30, 30, 30, 30, 30, 900, 30]))
    if looks:
        detect(reader, writer, policy_of(settings), NOW)
    facts = gather(desk, Week.parse("2024-W12"))
    assert (facts["week.complete"].value, facts["incidents"].value, facts["incidents"].text) == (7, None, "no data")
    for part in ("detected_days", "found_days", "unexplained_days"):
        fact = facts[f"attacks.{part}"]
        assert (fact.value, fact.text) == (None, "not judged, too little history")
