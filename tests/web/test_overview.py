from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from dashapp.alerts.rules import attention as rules
from dashapp.app import PAGES, create_app
from dashapp.domain.messages import FlagRow
from dashapp.ingest.pipeline import How
from dashapp.ingest.ts_ops import import_ts_ops
from dashapp.metrics import Desk, Policy
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.rollup import rollup
from dashapp.web import menu
from dashapp.web.cards import content
from dashapp.web.page import Chart
from dashapp.web.scenes import Scene, scene
from tests.web.reading import text

OVERVIEW = PAGES[0]
CARD = next(card for card in OVERVIEW.cards if card.chart is Chart.ATTENTION)
FIRST = date(2024, 2, 20)


@pytest.fixture
def desk(writer: Engine, settings: Settings, now: datetime) -> Iterator[Desk]:
    with writer.connect() as connection:
        yield Desk(connection, now, Policy(settings.zone, settings.sla))


def put(desk: Desk, **given: Any) -> None:
    """Six weeks of ten flags a day."""
    days = [FIRST + timedelta(days=i) for i in range(42)]
    good = {"category": "spam", "severity": "high", "routing": "allow", "score": 0.9, "hours_to_decision": 1}
    flags = [
        FlagRow.model_validate({**good, "flag_id": f"{day}-{i}", "flagged_day": day, **given})
        for day in days
        for i in range(10)
    ]
    writes.put_origin(desk.connection, "ops", "import", desk.now)
    writes.put_coverage(desk.connection, "ops", days)
    writes.put_flags(desk.connection, [writes.flag_row("ops", flag, desk.policy.zone) for flag in flags])
    rollup(desk.connection, desk.policy.sla)


def seen(desk: Desk, query: str = "") -> Scene:
    return scene(desk, query, OVERVIEW)


def test_the_home_page_is_the_overview(settings: Settings) -> None:
    assert (OVERVIEW.path, OVERVIEW.name) == ("/", "Overview")
    client = create_app(settings).server.test_client()
    assert client.get("/").status_code == 200


def test_nothing_to_show_is_said_in_words(desk: Desk) -> None:
    put(desk)
    shown = content(seen(desk), CARD)
    assert shown.head == []
    assert text(shown.body) == (
        "Nothing needs attention: 10 checks passed, data to 1 Apr 2024."
        " Not checked for lack of data: Field flips, Decided without a label, SLA breach, human review, Utilisation,"
        " Incidents."
    )


def test_a_concern_is_a_sentence_with_a_way_to_its_page(desk: Desk) -> None:
    put(desk, hours_to_decision=30)
    shown = content(seen(desk, "category=spam"), CARD)
    listed: Any = shown.body
    line = listed.children[0].children[0]
    pill, said, link = line.children
    assert text(pill) == "Alert"
    assert text(said).startswith("SLA breach rate 100.0 % in the last 7 days, above 15 %")
    assert link.href == "/queue?range=30d&category=spam"
    assert text(link).startswith("Queue : SLA breach rate 100.0 %")
    assert text(shown.head) == "ranked by urgency, then age"


def test_an_empty_store_has_nothing_to_check(desk: Desk) -> None:
    assert content(seen(desk), CARD).message == "No data to check."


def test_the_days_chosen_make_no_difference_to_what_needs_attention_now(desk: Desk) -> None:
    put(desk, hours_to_decision=30)
    assert seen(desk, "since=2020-01-01&until=2020-01-31").attention == seen(desk).attention


def test_one_scene_asks_once(desk: Desk) -> None:
    put(desk)
    page = seen(desk)
    assert page.attention is page.attention


def test_the_menu_counts_what_is_urgent_beside_the_page_it_leads_to(desk: Desk) -> None:
    put(desk, hours_to_decision=30, score=0.5)
    found = seen(desk).attention
    assert len(found.concerns) == 2
    counts = menu.counts(found)
    assert text(counts["waiting-"]) == "2  need attention"
    assert counts["waiting-attacks"] == []


def test_every_concern_leads_to_a_page_of_the_menu(ts_ops: Path, writer: Engine, settings: Settings) -> None:
    imported = datetime(2024, 4, 8, 9, tzinfo=UTC)
    import_ts_ops(writer, ts_ops, {}, How("ts-ops", imported, settings.zone, settings.sla))
    with writer.connect() as connection:
        rollup(connection, settings.sla)
        found = rules(Desk(connection, datetime(2024, 3, 31, 9, tzinfo=UTC), Policy(settings.zone, settings.sla)))
    assert {concern.link.partition("?")[0] for concern in found.concerns} <= {page.path for page in PAGES}
    assert [concern.title for concern in found.concerns] == [
        "SLA breach rate 19.7 % in the last 7 days, above 15 %",
        "SLA breach, human review 22.0 % in the last 7 days, above 15 %",
        "Classifier score 0.785 in the last 7 days, below 0.80",
    ]
