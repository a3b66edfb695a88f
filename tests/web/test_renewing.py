"""Figures that were computed ahead, on the page and in the API: since when, and that they can be renewed."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dash import Dash
from sqlalchemy import Engine

from dashapp.app import PAGES, create_app
from dashapp.domain.ask import Window
from dashapp.domain.messages import ReportRow
from dashapp.domain.vocabulary import Feed
from dashapp.metrics.ahead import reads_facts
from dashapp.metrics.measure import with_origins
from dashapp.metrics.refresh import refresh
from dashapp.metrics.standard import standard
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.rollup import rollup
from dashapp.web.cards import content
from dashapp.web.components import menu
from dashapp.web.desk import EXTENSION, Services, open_desk, policy_of
from dashapp.web.markup import markup
from dashapp.web.page import Chart
from dashapp.web.scenes import scene
from dashapp.web.shared import CALLBACKS
from dashapp.web.tiles import tile
from pages.reports import PAGE
from tests.web.served import browser

START = datetime(2024, 3, 4, 8, tzinfo=UTC)
NOON = datetime(2024, 3, 11, 12, tzinfo=UTC)
MEDIAN = "time_to_decision_p50"
CARD = f"{MEDIAN}-lines"
API = f"/api/v1/metrics/{MEDIAN}"


@dataclass
class Site:
    """The app over a store with reports of one week, and its clock."""

    app: Dash
    reader: Engine
    writer: Engine
    settings: Settings
    now: datetime = NOON

    def take(self, *hours: int) -> None:
        """Store reports of the fourth of March that were decided after so many hours."""
        about = {"created_at": START, "media_type": "image", "violation": "other", "action": "marked_sensitive"}
        more = [{"report_id": f"R{number}", "decided_at": START + timedelta(hours=number)} for number in hours]
        rows = [ReportRow.model_validate({**about, **one}) for one in more]
        with self.writer.begin() as connection:
            writes.put_origin(connection, "a", "import", NOON)
            writes.put_reports(connection, [writes.report_row("a", row, self.settings.zone) for row in rows])
            writes.put_coverage(connection, "a", Window.ending(NOON.date() - timedelta(days=1), 90), Feed.REPORTS)
            rollup(connection, self.settings.sla)

    def refresh(self) -> Mapping[str, int]:
        return refresh(self.reader, self.writer, policy_of(self.settings), self.now)

    def ask(self, address: str = "", renewing: str | None = None, status: int = 200) -> Any:
        """The answer for a page that is opened, or of which a card is renewed."""
        client = browser(self.app, self.settings)
        output, inputs = "answer.data", [("address", "data", address), ("refresh", "n_intervals", 0)]
        state = [("page", "data", PAGE.path)]
        if renewing:
            bound = client.get("/_dash-dependencies").get_json()
            [output] = [one["output"] for one in bound if one["inputs"][0]["id"] == "renew"]
            inputs, state = [("renew", "data", renewing)], [("address", "data", address), *state]
        body = {
            "output": output,
            "outputs": {"id": "answer", "property": output.partition(".")[2]},
            "inputs": [{"id": key, "property": name, "value": value} for key, name, value in inputs],
            "state": [{"id": key, "property": name, "value": value} for key, name, value in state],
            "changedPropIds": [f"{inputs[0][0]}.{inputs[0][1]}"],
        }
        answer = client.post(CALLBACKS, json=body)
        assert answer.status_code == status
        return answer.get_json()

    def shown(self, address: str = "", renewing: str | None = None) -> Any:
        [told] = self.ask(address, renewing)["response"].values()
        return next(iter(told.values()))

    def get(self, address: str) -> Any:
        return self.app.server.test_client().get(address)


@pytest.fixture
def site(settings: Settings, reader: Engine, writer: Engine) -> Iterator[Site]:
    made = Site(create_app(settings), reader, writer, settings)
    before: Services = made.app.server.extensions[EXTENSION]
    made.app.server.extensions[EXTENSION] = Services(settings, reader, lambda: made.now, writer)
    made.take(2, 4)
    yield made
    before.reader.dispose()
    before.writer.dispose()


def head(answer: Any, card: str = CARD) -> str:
    told: str = answer["parts"][f"card-{card}-head"]
    return told


@pytest.mark.parametrize("days", ["", "range=30d", "range=7d"])
def test_all_that_pages_ask_without_filters_and_no_cube_knows_is_computed_ahead(site: Site, days: str) -> None:
    with site.app.server.app_context(), open_desk() as desk:
        for page in PAGES:
            seen = scene(desk, days, page)
            for card in page.cards if page.bar else ():
                content(seen, card)
            for metric in page.metrics:
                tile(seen, metric, page.beside.get(metric.key))
        for board in ("creator", "item_id"):
            content(scene(desk, f"{days}&board={board}", PAGE), next(c for c in PAGE.cards if c.chart is Chart.BOARD))
        answers = [answer for key, answer in desk.known.items() if isinstance(key, tuple) and key[0] == "measure"]
        read = {(answer.metric.key, answer.ask) for answer in answers if reads_facts(answer.metric, answer.ask)}
        kept = {(metric.key, with_origins(desk, ask, metric.feed)) for metric, ask in standard(desk)}
    assert len(read) == 28
    assert read <= kept


def test_a_card_and_a_tile_say_when_they_were_computed_and_that_newer_data_came(site: Site) -> None:
    site.refresh()
    site.now += timedelta(minutes=20)
    answer = site.shown()
    assert ">computed 12:00<" in head(answer)
    assert ">computed 12:00<" in answer["parts"][f"tile-{MEDIAN}-figures"]
    assert "computed" not in head(answer, "report_accuracy-lines")
    assert "Open reports count as waiting until then." in head(answer, f"{MEDIAN}_censored-lines")
    site.take(9)
    answer = site.shown()
    assert ">computed 12:00, newer data since<" in head(answer)
    assert "n 2<" in head(answer)
    assert ">computed 12:20<" in head(site.shown("media_type=image"))


def test_after_a_card_was_renewed_page_and_api_have_the_new_figures(site: Site) -> None:
    site.refresh()
    site.take(9)
    site.now += timedelta(minutes=20)
    assert "n 2<" in head(site.shown())
    renewed = site.shown("", CARD)
    assert "said" in renewed
    assert renewed["said"] is None
    assert ">computed 12:20<" in head(renewed)
    assert "n 3<" in head(renewed)
    assert head(site.shown()) == head(renewed)
    assert site.get(f"{API}.json").get_json()["computed_at"] == "2024-03-11T12:20:00Z"
    assert ">computed 12:00, newer data since<" in head(site.shown(), f"{MEDIAN}_censored-lines")


def test_where_several_figures_stand_together_the_oldest_tells_the_time(site: Site) -> None:
    site.refresh()
    site.take(9)
    site.now += timedelta(minutes=20)
    parts = site.shown("", f"{MEDIAN}_censored-totals-violation")["parts"]
    assert ">computed 12:20<" in parts[f"card-{MEDIAN}_censored-totals-violation-head"]
    assert ">computed 12:00, newer data since<" in parts[f"card-{MEDIAN}_censored-lines-head"]
    assert ">computed 12:00, newer data since<" in parts[f"tile-{MEDIAN}-figures"]


def test_page_csv_and_api_say_the_same_before_and_after_the_job(site: Site) -> None:
    for place, count in enumerate((2, 2, 3)):
        if place == 1:
            site.refresh()
            site.take(9)
        if place == 2:
            site.refresh()
        site.now += timedelta(minutes=1)
        told = site.get(f"{API}.json").get_json()
        rows = list(csv.DictReader(io.StringIO(site.get(f"{API}.csv").text)))
        figures = site.shown()["charts"][CARD]["figure"]["data"][0]
        assert told["total"]["n"] == count
        assert told["outdated"] is (place == 1)
        assert [row["value"] for row in rows] == [
            "" if p["value"] is None else repr(p["value"]) for p in told["points"]
        ]
        assert figures["y"] == [point["value"] for point in told["points"]]


def test_what_went_wrong_is_said_with_what_is_known(site: Site) -> None:
    site.refresh()
    with site.writer.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE UPDATE ON snapshot BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    site.now += timedelta(minutes=1)
    answer = site.shown("", CARD)
    assert answer["said"] == "The figures are new, but could not be kept. The log says why."
    assert ">computed 12:01<" in head(answer)
    assert ">computed 12:00<" in head(site.shown())


@pytest.mark.parametrize("card", ["nothing", "reports-bars-violation"])
def test_a_card_that_is_not_there_or_is_not_computed_ahead_is_not_renewed(site: Site, card: str) -> None:
    assert "to compute anew" in site.ask("", card, status=400)["error"]


def test_only_cards_of_what_is_computed_ahead_can_be_renewed() -> None:
    renewable = [card.id for page in PAGES for card in page.cards if "data-renew" in markup(menu(card))]
    assert renewable == [
        "time_to_decision_p50-lines",
        "time_to_decision_p50_censored-lines",
        "time_to_decision_p50_censored-totals-violation",
        "time_to_decision_p50_censored-totals-media_type",
        "reports-board",
    ]


def test_the_api_says_when_its_figures_were_computed_where_that_may_be_a_while_ago(site: Site) -> None:
    site.refresh()
    site.now += timedelta(minutes=1)
    kept, computed = (site.get(f"{API}.json{query}").get_json() for query in ("", "?media_type=image"))
    assert (kept["computed_at"], kept["outdated"]) == ("2024-03-11T12:00:00Z", False)
    assert (computed["computed_at"], computed["outdated"]) == ("2024-03-11T12:01:00Z", False)
    assert "computed_at" not in site.get("/api/v1/metrics/report_accuracy.json").get_json()
