"""Notes on days: written and removed on page Attacks, drawn on charts, told by the API."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from dash import Dash
from sqlalchemy import Engine

from dashapp.app import create_app
from dashapp.domain.ask import Window
from dashapp.domain.messages import FlagRow
from dashapp.domain.vocabulary import IncidentKind
from dashapp.metrics import Desk
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.findings import Sighting, Source, keep_sightings
from dashapp.store.rollup import rollup
from dashapp.store.trail import changes_of
from dashapp.store.version import has_news, note_looked, version
from dashapp.web import scenes
from dashapp.web.cards import Content, content
from dashapp.web.desk import EXTENSION, Services
from dashapp.web.noting import NO_CATEGORY, NO_DAYS, NO_TEXT
from dashapp.web.page import Chart, Page
from dashapp.web.shared import CALLBACKS
from pages import attacks, incident, volume
from tests.web.served import browser

NOW = datetime(2024, 3, 8, 9, tzinfo=UTC)
DAYS = Window(date(2024, 3, 1), date(2024, 3, 7))
HARMFUL = "<img src=x onerror=alert(1)>"
WINDOW = "since=2024-03-01&until=2024-03-07"
NOTE = {"since": "2024-03-03", "until": "2024-03-04", "category": "spam", "text": " a rule was off "}
OLD = {**NOTE, "since": "2023-03-03", "until": "2023-03-04", "category": ""}


@dataclass(frozen=True)
class Site:
    """The app over a store with a week of flags of two categories."""

    app: Dash
    reader: Engine
    writer: Engine
    settings: Settings

    def card(self, page: Page, chart: Chart, address: str = WINDOW) -> Content:
        with self.reader.connect() as connection:
            desk = Desk(connection, NOW, policy_of(self.settings))
            card = next(card for card in page.cards if card.chart is chart)
            return content(scenes.scene(desk, address, page), card)

    def table(self, page: Page, chart: Chart, address: str = WINDOW) -> dict[str, Any]:
        """What the figure of a card tells in words."""
        figure = self.card(page, chart, address).figure
        assert figure is not None
        meta: dict[str, Any] = figure["layout"]["meta"]
        return meta

    def note(self, given: dict[str, Any], address: str = WINDOW) -> Any:
        """What the page shows after a form was sent."""
        client = browser(self.app, self.settings)
        bound = client.get("/_dash-dependencies").get_json()
        [output] = [one["output"] for one in bound if one["inputs"][0]["id"] == "noting"]
        body = {
            "output": output,
            "outputs": {"id": "answer", "property": output.partition(".")[2]},
            "inputs": [{"id": "noting", "property": "data", "value": given}],
            "state": [
                {"id": "address", "property": "data", "value": address},
                {"id": "page", "property": "data", "value": attacks.PAGE.path},
            ],
            "changedPropIds": ["noting.data"],
        }
        answer = client.post(CALLBACKS, json=body)
        assert answer.status_code == 200
        [told] = answer.get_json()["response"].values()
        return next(iter(told.values()))

    def listed(self, query: str = WINDOW) -> list[Any]:
        found: list[Any] = (
            self.app.server.test_client().get(f"/api/v1/annotations.json?{query}").get_json()["annotations"]
        )
        return found


@pytest.fixture
def site(settings: Settings, reader: Engine, writer: Engine) -> Iterator[Site]:
    app = create_app(settings)
    before: Services = app.server.extensions[EXTENSION]
    app.server.extensions[EXTENSION] = Services(settings, reader, lambda: NOW, writer)
    rows = [flag(day, category) for day in DAYS for category in ("spam", "fraud")]
    with writer.begin() as connection:
        writes.put_origin(connection, "ops", "import", NOW)
        writes.put_coverage(connection, "ops", DAYS)
        writes.put_flags(connection, [writes.flag_row("ops", row, settings.zone) for row in rows])
        rollup(connection, settings.sla)
    yield Site(app, reader, writer, settings)
    before.reader.dispose()
    before.writer.dispose()


def flag(day: date, category: str) -> FlagRow:
    about = {"category": category, "severity": "low", "routing": "allow", "score": 0.5}
    return FlagRow.model_validate({"flag_id": f"{category} {day}", "flagged_day": day, **about})


def test_a_note_is_kept_and_shown_at_once(site: Site) -> None:
    answer = site.note(NOTE)
    assert (answer["said"], answer["taken"]) == ("", True)
    shown = answer["parts"]["card-notes-content"]
    assert "3 Mar to 4 Mar 2024" in shown
    assert "a rule was off" in shown
    assert site.listed() == [
        {
            "id": 1,
            "since": "2024-03-03",
            "until": "2024-03-04",
            "category": "spam",
            "text": "a rule was off",
            "made_at": "2024-03-08T09:00:00Z",
        }
    ]


def test_a_removed_note_is_gone_and_its_trail_is_not(site: Site) -> None:
    site.note(NOTE)
    assert site.note({"remove": "1"})["said"] == ""
    assert site.listed() == []
    assert site.note({"remove": "1"})["said"] == "There is no note 1. Somebody may have removed it."
    with site.reader.connect() as connection:
        changes = changes_of(connection, "annotation 1")
    assert [(change.actor, change.action) for change in changes] == [("page", "removed"), ("page", "noted")]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({**NOTE, "text": "  "}, NO_TEXT),
        ({**NOTE, "text": "x" * 501}, NO_TEXT),
        ({**NOTE, "text": "a\nb"}, NO_TEXT),
        ({**NOTE, "text": "a\x00b"}, NO_TEXT),
        ({**NOTE, "until": "2024-03-02"}, NO_DAYS),
        ({**NOTE, "since": ""}, NO_DAYS),
        ({**NOTE, "since": "1066-10-14"}, NO_DAYS),
        ({**NOTE, "until": ["2024-03-04"]}, NO_DAYS),
        ({**NOTE, "category": "c" * 201}, NO_CATEGORY),
        ({}, NO_DAYS),
        ({"remove": "one"}, "That is no note."),
        ({"remove": "99"}, "There is no note 99. Somebody may have removed it."),
    ],
    ids=["no text", "long", "two lines", "nul", "backwards", "no day", "long ago", "list",
         "category", "nothing", "no number", "unknown"],
)  # fmt: skip
def test_what_is_no_note_changes_nothing(site: Site, given: dict[str, Any], told: str) -> None:
    answer = site.note(given)
    assert (answer["said"], answer["taken"]) == (told, False)
    assert site.listed("since=1970-01-01&until=1979-12-31") == site.listed() == []


def test_a_note_makes_no_work_for_detectors(site: Site) -> None:
    with site.writer.begin() as connection:
        note_looked(connection, version(connection))
    site.note(NOTE)
    with site.reader.connect() as connection:
        assert not has_news(connection)


def test_charts_by_day_have_the_notes_of_their_days(site: Site) -> None:
    site.note(NOTE)
    site.note({**NOTE, "since": "2024-03-06", "until": "2024-03-06", "category": "", "text": "holidays"})
    site.note(OLD)
    spam = "Spam: a rule was off"
    assert site.table(volume.PAGE, Chart.BARS)["notes"] == {
        "2024-03-03": spam,
        "2024-03-04": spam,
        "2024-03-06": "holidays",
    }
    assert list(site.table(volume.PAGE, Chart.LINES, f"{WINDOW}&category=fraud")["notes"]) == ["2024-03-06"]
    assert "notes" not in site.table(volume.PAGE, Chart.BARS, f"{WINDOW}&grain=week")
    lines = site.table(attacks.PAGE, Chart.TIMELINE)["table"]["rows"]
    assert [(line[0], line[1], line[-1]) for line in lines if line[-1]] == [
        ("2024-03-06", "Fraud", "holidays"),
        ("2024-03-03", "Spam", spam),
        ("2024-03-04", "Spam", spam),
        ("2024-03-06", "Spam", "holidays"),
    ]


def test_the_days_around_an_incident_have_the_notes_of_its_category_and_of_all(site: Site) -> None:
    day = date(2024, 3, 5)
    kept = [{"day": "2024-03-05", "observed": 40.0, "expected": 9.5, "low": 2.0, "high": 19.0, "p": 2e-9,
             "p_low": 1.0, "provisional": False, "coordination": None}]  # fmt: skip
    seen = Sighting("category=spam", IncidentKind.SPIKE, day, day, 40.0, 9.5, evidence={"days": kept})
    with site.writer.begin() as connection:
        keep_sightings(connection, Source("ops", "flags", "outbreak", 1), DAYS, [seen], NOW)
    for category in ("spam", "fraud", ""):
        site.note({**NOTE, "category": category, "until": "2024-03-03"})
    lines = site.table(incident.PAGE, Chart.AROUND, "id=1")["table"]["rows"]
    assert {line[0]: line[-1] for line in lines if line[-1]} == {"2024-03-03": "Spam: a rule was off; a rule was off"}


def test_notes_are_text(site: Site) -> None:
    answer = site.note({**NOTE, "text": HARMFUL})
    shown = answer["parts"]["card-notes-content"]
    assert "<img" not in shown
    assert "&lt;img src=x onerror=alert(1)&gt;" in shown


def test_the_file_of_notes_is_safe_in_a_spreadsheet_and_names_no_writer(site: Site) -> None:
    site.note({**NOTE, "text": "=HYPERLINK(1)"})
    answer = site.app.server.test_client().get(f"/api/v1/annotations.csv?{WINDOW}")
    assert answer.mimetype == "text/csv"
    assert 'filename="annotations_2024-03-01_2024-03-07.csv"' in answer.headers["Content-Disposition"]
    assert answer.text.splitlines() == [
        "id,since,until,category,text,made_at",
        "1,2024-03-03,2024-03-04,spam,'=HYPERLINK(1),2024-03-08T09:00:00Z",
    ]


def test_notes_are_those_of_the_days_and_categories_asked_for(site: Site) -> None:
    site.note(NOTE)
    site.note(OLD)
    assert [note["id"] for note in site.listed()] == [1]
    assert site.listed(f"{WINDOW}&category=fraud") == []
    assert [note["id"] for note in site.listed("since=2023-03-01&until=2023-03-31&category=fraud")] == [2]
    assert site.app.server.test_client().get("/api/v1/annotations.json?since=soon").status_code == 400


def test_what_analysts_write_is_not_in_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.note(NOTE)
    site.note({**NOTE, "text": "a rule was off\x00"})
    assert "a rule was off" not in caplog.text


def test_notes_that_cannot_be_read_leave_a_message_and_the_charts(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with site.writer.begin() as connection:
        connection.exec_driver_sql("DROP TABLE annotation")
    assert site.card(attacks.PAGE, Chart.NOTES).message == "The notes could not be read. The log says why."
    assert site.card(volume.PAGE, Chart.BARS).figure is not None
    assert "no such table: annotation" in caplog.text
