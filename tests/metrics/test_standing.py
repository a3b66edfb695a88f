"""Which incidents stand, and which of them to look at first."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from dashapp.domain.ask import Ask, Window
from dashapp.domain.vocabulary import Dim, Feed, IncidentKind, Severity, Triage
from dashapp.metrics import Desk, Policy
from dashapp.metrics.detecting import VERSION
from dashapp.metrics.standing import could_judge, standing, standing_of
from dashapp.settings import Settings
from dashapp.store.expectations import keep_expectations
from dashapp.store.findings import Finding, Sighting, Source, findings_of, keep_sightings, triage
from dashapp.store.writes import put_coverage, put_origin

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
DAY = date(2024, 3, 30)
MARCH = Window(date(2024, 3, 1), date(2024, 3, 31))
SOURCE = Source("ops", "flags", "outbreak", VERSION)


def seen(name: str, p: float | None = 1e-3, since: date = DAY, until: date = DAY, **given: float) -> Sighting:
    """A spike in a category of this name."""
    return Sighting(f"category={name}", IncidentKind.SPIKE, since, until, p=p, **given)


def finding(sighting: Sighting, state: Triage = Triage.OPEN) -> Finding:
    return Finding(1, SOURCE, sighting, state, None, NOW, NOW, None, None)


@pytest.fixture
def desk(writer: Engine, settings: Settings) -> Iterator[Desk]:
    with writer.connect() as connection:
        for name in ("ops", "forum"):
            put_origin(connection, name, "import", NOW)
            put_coverage(connection, name, MARCH)
        yield Desk(connection, NOW, Policy(settings.zone, dict.fromkeys(Severity, 24.0)))
        connection.rollback()


def keep(desk: Desk, *found: Sighting, source: Source = SOURCE) -> None:
    keep_sightings(desk.connection, source, MARCH, found, NOW)


def say(desk: Desk, series: str, state: Triage) -> None:
    [one] = [one for one in findings_of(desk.connection, SOURCE) if one.seen.series == series]
    triage(desk.connection, one.id, state, None, "lead", NOW)


def ranked(desk: Desk, ask: Ask | None = None, metric: str = "flags") -> list[str | None]:
    return [one.category for one in standing(desk, ask or Ask(MARCH), metric)]


def test_the_least_likely_to_be_chance_comes_first(desk: Desk) -> None:
    keep(desk, seen("c", None), seen("b", 1e-4), seen("a", 1e-3), seen("d", 0.2, coordination=1e-6))
    assert ranked(desk) == ["d", "b", "a", "c"]


def test_what_goes_on_comes_before_what_is_over(desk: Desk) -> None:
    over = date(2024, 3, 10)
    keep(desk, seen("over", 1e-9, over, over), seen("on", 1e-3))
    assert ranked(desk) == ["on", "over"]


def test_what_nobody_has_judged_comes_before_all_that_somebody_has(desk: Desk) -> None:
    over = date(2024, 3, 10)
    keep(desk, seen("confirmed", 1e-9), seen("dismissed", 1e-8), seen("open", 1e-3, over, over))
    say(desk, "category=confirmed", Triage.CONFIRMED)
    say(desk, "category=dismissed", Triage.DISMISSED)
    assert ranked(desk) == ["open", "confirmed", "dismissed"]


def test_of_equals_the_latest_comes_first(desk: Desk) -> None:
    keep(desk, seen("old", since=date(2024, 3, 28)), seen("new"), seen("older", since=date(2024, 3, 27)))
    assert ranked(desk) == ["new", "old", "older"]


def test_incidents_are_those_of_the_window_the_origins_and_the_metric(desk: Desk) -> None:
    before = date(2024, 3, 10)
    keep(desk, seen("spam"), seen("before", 1e-3, before, before))
    keep(desk, seen("fraud", 1e-4), source=SOURCE._replace(origin="forum"))
    keep(desk, seen("hate", 1e-4), source=SOURCE._replace(metric="statements"))
    week = Ask(Window(date(2024, 3, 25), date(2024, 3, 31)))
    assert ranked(desk, week) == ["fraud", "spam"]
    assert ranked(desk, week.where(Dim.ORIGIN, ["ops"])) == ["spam"]
    assert ranked(desk, week.where(Dim.ORIGIN, ["ops"]), "statements") == ["hate"]


def test_of_a_category_are_its_incidents_those_of_its_parts_and_those_of_all(desk: Desk) -> None:
    part = replace(seen("spam", 1e-5), series="category=spam&region=EMEA")
    whole = Sighting("", IncidentKind.DROP, DAY, DAY, p=1e-6)
    keep(desk, seen("spam"), part, whole, seen("fraud"))
    found = standing(desk, Ask(MARCH).where(Dim.CATEGORY, ["spam"]))
    assert [one.groups for one in found] == [
        {},
        {Dim.CATEGORY: "spam", Dim.REGION: "EMEA"},
        {Dim.CATEGORY: "spam"},
    ]
    assert len(standing(desk, Ask(MARCH).where(Dim.SEVERITY, ["low"]))) == 4


def test_a_series_may_be_of_any_text(desk: Desk) -> None:
    keep(desk, replace(seen("x"), series="category=a%26b%3D+c&region="))
    [one] = standing(desk, Ask(MARCH))
    assert one.groups == {Dim.CATEGORY: "a&b= c", Dim.REGION: ""}


@pytest.mark.parametrize(
    ("one", "sure"),
    [
        (finding(seen("spam", 9e-5)), True),
        (finding(seen("spam", 1e-4)), False),
        (finding(seen("spam", 1e-4, coordination=9e-5)), True),
        (finding(replace(seen("spam", 9e-5), provisional=True)), False),
        (finding(replace(seen("spam", 0.5), attack="A1")), True),
        (finding(seen("spam", 0.5), Triage.CONFIRMED), True),
        (finding(seen("spam", None)), False),
    ],
    ids=["beyond doubt", "at the edge", "hangs together", "little history", "known attack", "confirmed", "no chance"],
)
def test_an_incident_is_sure_beyond_doubt_or_where_somebody_said_so(one: Finding, *, sure: bool) -> None:
    assert standing_of(one).sure is sure


def test_nobody_has_looked_at_an_origin_before_a_day_of_it_is_judged(desk: Desk) -> None:
    one = Window(DAY, DAY)
    row = {"series": "category=spam", "day": DAY, "provisional": False, "judged_at": NOW}
    keep_expectations(desk.connection, SOURCE._replace(version=0), ["category=spam"], DAY, [row])
    assert not could_judge(desk, desk.default_origins(Feed.FLAGS), one)
    keep_expectations(desk.connection, SOURCE, ["category=spam"], DAY, [row])
    assert not could_judge(desk, ["ops"], one)  # it looked, at a day with too few before it
    keep_expectations(desk.connection, SOURCE, ["category=spam"], DAY, [{**row, "p": 0.5}])
    assert could_judge(desk, ["forum", "ops"], one)
    assert not could_judge(desk, ["ops"], Window(DAY + timedelta(days=1), DAY + timedelta(days=9)))
    assert not could_judge(desk, ["forum"], one)
    assert not could_judge(desk, ["ops"], one, "statements")
