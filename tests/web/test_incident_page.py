"""The page of one incident, and what analysts make of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from dash import Dash
from sqlalchemy import Engine

from dashapp.app import create_app
from dashapp.domain.access import ROLES, Role
from dashapp.domain.ask import Window
from dashapp.domain.messages import FlagRow
from dashapp.domain.vocabulary import IncidentKind, Triage
from dashapp.metrics import Desk
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.expectations import keep_expectations
from dashapp.store.findings import MOST_NOTE, Sighting, Source, finding_by_id, keep_sightings
from dashapp.store.rollup import rollup
from dashapp.store.trail import changes_of
from dashapp.store.version import has_news, note_looked, version
from dashapp.web import scenes
from dashapp.web.cards import Content, content
from dashapp.web.desk import EXTENSION, Services, policy_of
from dashapp.web.markup import markup
from dashapp.web.page import Chart, Page
from dashapp.web.shared import CALLBACKS
from dashapp.web.triaging import number_of
from pages.incident import PAGE
from tests.web.reading import text
from tests.web.served import browser

NOW = datetime(2024, 3, 8, 9, tzinfo=UTC)
DAY = date(2024, 3, 5)
SOURCE = Source("ops", "flags", "outbreak", 1)
HARMFUL = "<img src=x onerror=alert(1)>"
PARTS = [{"series": "category=spam&region=EMEA", "observed": 30.0, "expected": 4.0}]
EVIDENCE = {
    "days": [
        {"day": "2024-03-05", "observed": 40.0, "expected": 9.5, "low": 2.0, "high": 19.0, "p": 3e-5, "p_low": 1.0,
         "coordination": 2e-7},
    ],
    "signals": {"target_concentration": 2e-7, "new_accounts": 0.9},
    "parts": PARTS,
}  # fmt: skip
SPIKE = Sighting("category=spam", IncidentKind.BRIGADING, DAY, DAY, 40.0, 9.5, 2.0, 19.0, 3e-5, 2e-7, evidence=EVIDENCE)


@dataclass
class Site:
    """The app over a store with one incident, and its clock."""

    app: Dash
    reader: Engine
    writer: Engine
    settings: Settings
    role: Role = Role.ANALYST

    def card(self, chart: Chart, address: str = "id=1") -> Content:
        with self.reader.connect() as connection:
            desk = Desk(connection, NOW, policy_of(self.settings), permissions=ROLES[self.role])
            [card] = [card for card in PAGE.cards if card.chart is chart]
            return content(scenes.scene(desk, address, PAGE), card)

    def page(self, address: str) -> Page:
        with self.reader.connect() as connection:
            seen = scenes.scene(Desk(connection, NOW, policy_of(self.settings)), address, PAGE)
            assert PAGE.about is not None
            return PAGE.about(seen, PAGE)

    def find(self, *sightings: Sighting) -> None:
        with self.writer.begin() as connection:
            keep_sightings(connection, SOURCE, Window(DAY, DAY), list(sightings), NOW)

    def say(self, state: str, note: str = "", number: str = "1") -> Any:
        """What the page shows after a button was pressed."""
        client = browser(self.app, self.settings)
        bound = client.get("/_dash-dependencies").get_json()
        [output] = [one["output"] for one in bound if one["inputs"][0]["id"] == "triage"]
        body = {
            "output": output,
            "outputs": {"id": "answer", "property": output.partition(".")[2]},
            "inputs": [{"id": "triage", "property": "data", "value": {"number": number, "state": state, "note": note}}],
            "state": [{"id": "page", "property": "data", "value": PAGE.path}],
            "changedPropIds": ["triage.data"],
        }
        answer = client.post(CALLBACKS, json=body)
        assert answer.status_code == 200
        [told] = answer.get_json()["response"].values()
        return next(iter(told.values()))

    def state(self) -> tuple[Triage, str | None]:
        with self.reader.connect() as connection:
            found = finding_by_id(connection, 1)
        assert found is not None
        return found.state, found.note


@pytest.fixture
def site(settings: Settings, reader: Engine, writer: Engine) -> Iterator[Site]:
    app = create_app(settings)
    before: Services = app.server.extensions[EXTENSION]
    app.server.extensions[EXTENSION] = Services(settings, reader, lambda: NOW, writer)
    made = Site(app, reader, writer, settings)
    with writer.begin() as connection:
        writes.put_origin(connection, "ops", "import", NOW)
        writes.put_coverage(connection, "ops", [DAY])
        writes.put_flags(connection, [writes.flag_row("ops", flag(number), settings.zone) for number in range(12)])
        rollup(connection, settings.sla)
    made.find(SPIKE)
    yield made
    before.reader.dispose()
    before.writer.dispose()


def flag(number: int) -> FlagRow:
    """One of a dozen flags, nine of them on one account at seven in the evening."""
    at = datetime(2024, 3, 5, 19 if number < 9 else number, tzinfo=UTC)
    about = {"category": "spam", "severity": "low", "routing": "allow", "content_key": f"c{number % 6}"}
    keys = {"target_key": HARMFUL if number < 9 else f"t{number}", "reporter_key": f"secret-{number % 4}"}
    return FlagRow.model_validate({"flag_id": f"F{number}", "flagged_day": DAY, "flagged_at": at, **about, **keys})


def said(made: Content) -> str:
    assert made.body is not None, made.message
    return text(made.body)


@pytest.mark.parametrize(("summed", "told"), [(4, "Sums on 4 of 13 days"), (13, ""), (None, "")])
def test_the_facts_say_on_how_many_days_the_sums_are_where_these_are_not_all(
    site: Site, summed: int | None, told: str
) -> None:
    evidence = {} if summed is None else {"summed": summed}
    site.find(replace(SPIKE, until=DAY + timedelta(days=12), evidence=evidence))
    assert ("Sums" in said(site.card(Chart.FACTS))) is bool(told)
    assert told in said(site.card(Chart.FACTS))


def test_the_facts_say_what_was_counted_how_sure_it_is_and_who_found_it(site: Site) -> None:
    made = site.card(Chart.FACTS)
    assert said(made) == (
        "Flags 40 Expected 10 Range by chance 2 to 19 How sure beyond doubt State open "
        "40 flags where 10 were expected, 4.2x. Few targets draw most of it. "
        "Look first at the targets with most flags; mostly region EMEA: 30, 4 expected. "
        "Found 09:00, 8 Mar by outbreak, version 1, goes on. Origin ops."
    )
    assert [link.href for link in made.head] == [
        "/attacks",
        "/flags?since=2024-03-05&until=2024-03-05&category=spam&origin=ops",
    ]


def test_signals_are_ranked_by_how_unlikely_they_are(site: Site) -> None:
    assert said(site.card(Chart.SIGNALS)) == (
        "Signal Chance Strength few targets draw most of it beyond doubt many of its accounts are new as usual"
    )


def test_parts_are_named_by_what_they_have_beside_the_category(site: Site) -> None:
    assert said(site.card(Chart.PARTS)) == "Part Count Expected Times region EMEA 30 4 7.5x"


def test_accounts_and_contents_are_named_and_reporters_are_not(site: Site) -> None:
    made = site.card(Chart.DRIVERS)
    assert "4 targets in 12 flags Target Flags Share <img src=x onerror=alert(1)> 9 75 %" in said(made)
    assert "6 contents in 12 flags" in said(made)
    assert said(made).endswith("Few reporters of 10 flags, who are not named")
    assert "secret" not in markup(made.body)
    assert "<img" not in markup(made.body)


def test_who_may_not_see_single_flags_is_told_no_keys_and_nothing_of_who_has_few(site: Site) -> None:
    site.role = Role.VIEWER
    made = site.card(Chart.DRIVERS)
    assert "Few targets in 10 flags Target Flags Share 1. 5 50 % 5 contents in 10 flags" in said(made)
    assert "&lt;img" not in markup(made.body)


def test_flags_are_shown_by_hour_with_the_hours_between_that_had_none(site: Site) -> None:
    made = site.card(Chart.BY_HOUR)
    assert made.figure is not None
    bars = made.figure["data"][0]
    assert bars["x"][0] == "2024-03-05T09:00:00"
    assert bars["y"] == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 9]
    assert text(made.head) == "most 9 from 19:00 on 5 Mar"


def test_hours_that_were_alarms_are_striped_and_told(site: Site) -> None:
    hours = [{"hour": "2024-03-05T19:00:00+00:00", "observed": 9.0, "expected": 0.5, "p": 1e-7}]
    site.find(replace(SPIKE, evidence={**EVIDENCE, "hours": hours}))
    made = site.card(Chart.BY_HOUR)
    assert made.figure is not None
    bars = made.figure["data"][0]
    assert bars["text"] == [""] * 10 + [", alarm: 0.5 expected"]
    assert bars["marker"]["pattern"]["shape"] == [""] * 10 + ["/"]
    assert text(made.head) == "most 9 from 19:00 on 5 Mar 1 striped: alarms"


def test_a_slow_rise_is_sure_by_its_days_together(site: Site) -> None:
    site.find(Sighting("category=fraud", IncidentKind.RAMP, DAY, DAY, 40.0, 9.5, 2.0, 19.0, 0.1))
    assert "How sure by its days together, none by itself State open" in said(site.card(Chart.FACTS, "id=2"))


def test_a_change_of_definition_shows_the_series_that_broke_as_one(site: Site) -> None:
    names = ["category=fraud", "category=spam"]
    site.find(Sighting("", IncidentKind.DEFINITION_CHANGE, DAY, DAY, evidence={"series": names}))
    rows = [
        {"series": name, "day": DAY, "observed": 9.0, "expected": expected, "low": 3.0, "high": 19.0, "p": 0.5,
         "p_low": 0.5, "provisional": False, "judged_at": NOW}
        for name, expected in ((names[0], 10.0), (names[1], 20.5), ("category=scams", 70.0))
    ]  # fmt: skip
    with site.writer.begin() as connection:
        keep_expectations(connection, SOURCE, [*names, "category=scams"], DAY, rows)
    made = site.card(Chart.AROUND, "id=2")
    assert made.figure is not None
    cells = {row[0]: row[1:] for row in made.figure["layout"]["meta"]["table"]["rows"]}
    assert cells["2024-03-05"] == ["18", "30.5", "not judged", "not judged", "", ""]
    assert said(site.card(Chart.FACTS, "id=2")).startswith("State open Several series broke together")
    site.say("confirmed", number="2")
    assert "Confirmed: baselines begin anew with its day." in said(site.card(Chart.TRIAGE, "id=2"))


def test_an_origin_without_keys_says_so(site: Site) -> None:
    site.find(Sighting("category=fraud", IncidentKind.SPIKE, DAY, DAY))
    assert site.card(Chart.DRIVERS, "id=2").message == "No target, reporter or content keys, or too few to tell of."
    assert site.card(Chart.BY_HOUR, "id=2").message == "This origin sends days without hours."
    assert site.card(Chart.SIGNALS, "id=2").message == (
        "No signal of coordination could be judged. This origin sends no target, reporter or content keys."
    )


def test_a_fall_of_all_series_has_neither_rows_of_a_category_nor_single_days(site: Site) -> None:
    site.find(Sighting("", IncidentKind.DROP, DAY, DAY, 3.0, 90.0, evidence={"parts": [{"series": "category=spam"}]}))
    assert said(site.card(Chart.PARTS, "id=2")) == "Part Count Expected Times Spam"
    assert (
        site.card(Chart.DAYS, "id=2").message == "Nothing is kept of single days: this incident is of several series."
    )


def test_the_days_around_an_incident_are_those_that_were_judged(site: Site) -> None:
    rows = [
        {"series": "category=spam", "day": DAY + timedelta(days=step), "observed": 9.0, "expected": 10.0, "low": 3.0,
         "high": 19.0, "p": 0.5, "p_low": 0.5, "provisional": False, "judged_at": NOW}
        for step in (-1, 1)
    ]  # fmt: skip
    with site.writer.begin() as connection:
        keep_expectations(connection, SOURCE, ["category=spam"], DAY - timedelta(days=1), rows)
    made = site.card(Chart.AROUND)
    assert made.figure is not None
    found = {trace["name"]: trace for trace in made.figure["data"]}
    shown = dict(zip(found["Flags"]["x"], found["Flags"]["y"], strict=True))
    assert {day: n for day, n in shown.items() if n is not None} == {"2024-03-04": 9, "2024-03-05": 40, "2024-03-06": 9}
    assert (min(shown), max(shown)) == ("2024-02-06", "2024-03-08")
    assert found["Alarm"]["x"] == ["2024-03-05"]
    assert made.figure["layout"]["meta"]["rows"]["query"] == "category=spam&origin=ops"


def test_what_an_analyst_says_is_kept_with_the_note_and_shown_at_once(site: Site) -> None:
    with site.writer.begin() as connection:
        note_looked(connection, version(connection))
    answer = site.say("confirmed", " a known ring ")
    assert answer["said"] == ""
    assert site.state() == (Triage.CONFIRMED, "a known ring")
    assert "its days leave the baseline from the next run" in answer["parts"]["card-triage-content"]
    assert "from open, state confirmed “a known ring”" in answer["parts"]["card-trail-content"]
    with site.reader.connect() as connection:
        assert has_news(connection)


def test_of_two_analysts_the_last_one_wins_and_the_trail_has_both(site: Site) -> None:
    site.say("confirmed", "mine")
    site.say("dismissed", "yours")
    site.say("open")
    site.say("confirmed", "mine")
    assert site.state() == (Triage.CONFIRMED, "mine")
    with site.reader.connect() as connection:
        trail = changes_of(connection, "finding 1")
    assert [(change.actor, change.action) for change in trail] == [
        ("page", "confirmed"),
        ("page", "open"),
        ("page", "dismissed"),
        ("page", "confirmed"),
        ("detector", "opened"),
    ]


TOO_LONG = f"A note is a text of at most {MOST_NOTE} characters, without control characters."


@pytest.mark.parametrize(
    ("state", "note", "number", "told"),
    [
        ("maybe", "", "1", "That is no decision about an incident."),
        ("confirmed", "", "one", "That is no decision about an incident."),
        (["confirmed"], "", "1", "That is no decision about an incident."),
        ("confirmed", "", "99", "There is no incident 99."),
        ("confirmed", "x" * (MOST_NOTE + 1), "1", TOO_LONG),
        ("confirmed", "\x00", "1", TOO_LONG),
    ],
    ids=["state", "number", "list", "unknown", "long", "unprintable"],
)
def test_what_is_no_decision_changes_nothing(site: Site, state: str, note: str, number: str, told: str) -> None:
    assert site.say(state, note, number)["said"] == told
    assert site.state() == (Triage.OPEN, None)


def test_notes_are_shown_as_text(site: Site) -> None:
    answer = site.say("dismissed", HARMFUL)
    shown = answer["parts"]["card-trail-content"] + answer["parts"]["card-triage-content"]
    assert "<img" not in shown
    assert "&lt;img src=x onerror=alert(1)&gt;" in shown


@pytest.mark.parametrize(
    ("address", "number"),
    [("id=12", 12), ("", None), ("id=x", None), ("id=1&id=2", None), ("id=-1", None), ("id=" + "9" * 30, None)],
)
def test_an_address_names_one_incident_or_none(address: str, number: int | None) -> None:
    assert number_of(address) == number


@pytest.mark.parametrize(
    ("address", "told"),
    [("id=99", "There is no incident 99."), ("", "No incident is named. The page Attacks lists them.")],
)
def test_a_page_of_no_incident_says_so(site: Site, address: str, told: str) -> None:
    assert site.card(Chart.FACTS, address).message == told
    shown = site.page(address)
    assert (shown.question, shown.cards) == (told, ())


def test_the_page_is_named_after_its_incident(site: Site) -> None:
    shown = site.page("id=1")
    assert shown.name == "Brigading in Spam"
    assert shown.question == "5 Mar 2024: hangs together by what is flagged and when: the work of a few"


def test_an_incident_that_cannot_be_read_leaves_a_message(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with site.writer.begin() as connection:
        connection.exec_driver_sql("DROP TABLE finding")
    assert site.card(Chart.FACTS).message == "The attacks could not be read. The log says why."
    assert site.page("id=1") == PAGE
    assert "no such table: finding" in caplog.text
