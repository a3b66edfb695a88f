"""The Live page: what comes in is on it without anybody asking, until the reader stops it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine

from dashapp.domain.access import TokenScope
from dashapp.settings import Settings
from dashapp.store.tokens import create_token
from tests.browser.conftest import NewScreen
from tests.browser.screen import Screen
from tests.browser.serving import make_store, serving

TICK = 5_001
"""Milliseconds after which the page looks again."""
REPORT = {"message_type": "ModerationReport", "media_type": "image", "event": "created", "violation": "sensitive"}
RULING = {"message_type": "ModerationDecision", "media_type": "audio", "action": "rejected_reports"}


@dataclass
class Pipeline:
    """What sends events to a server."""

    url: str
    token: str

    def send(self, screen: Screen, *events: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/x-ndjson"}
        lines = "".join(json.dumps(event) + "\n" for event in events)
        answer = screen.page.request.post(f"{self.url}/api/v1/events", headers=headers, data=lines)
        assert answer.ok, answer.text()
        return answer.json()


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    """A server over a store that is empty but for a token."""
    made: list[str] = []

    def fill(engine: Engine, _settings: Settings, _now: datetime) -> None:
        with engine.begin() as connection:
            made.append(create_token(connection, "pipeline", TokenScope.INGEST, datetime.now(UTC)))

    store = make_store(tmp_path / "live.sqlite", fill)
    with serving(store) as url:
        yield Pipeline(url, made[0])


@pytest.fixture
def live(screen_of: NewScreen, pipeline: Pipeline) -> Screen:
    """The page, whose time a test can move on."""
    screen = screen_of(pipeline.url)
    screen.page.clock.install()
    return screen.open("/live")


def tick(screen: Screen) -> None:
    """Let so much time pass that the page looks again, if it does; what is expected of it is waited for."""
    screen.page.clock.run_for(TICK)


def test_an_event_is_on_the_page_at_its_next_look(live: Screen, pipeline: Pipeline) -> None:
    expect(live.tile("live_created")).to_have_text("no data")
    expect(live.card("live_decisions-bars-action")).to_contain_text("No event has come in yet")
    assert pipeline.send(live, REPORT, REPORT, {**RULING, "affected_records": 3}) == {
        "new": 3,
        "seen": 0,
        "refused": [],
    }
    tick(live)
    expect(live.tile("live_created")).to_have_text("2")
    expect(live.tile("live_reviewed")).to_have_text("0")
    expect(live.tile("live_decisions")).to_have_text("1")
    expect(live.tile("live_affected_records")).to_have_text("3")
    live.settle()
    assert [trace["name"] for trace in live.chart("live_decisions-bars-scope")["traces"]] == ["Bulk"]
    pipeline.send(live, REPORT)
    tick(live)
    expect(live.tile("live_created")).to_have_text("3")


def test_the_reader_can_stop_the_page_and_see_how_old_it_is(live: Screen, pipeline: Pipeline) -> None:
    tick(live)
    pause = live.page.get_by_role("button", name="Pause")
    pause.click()
    expect(live.page.get_by_role("button", name="Resume")).to_have_attribute("aria-pressed", "true")
    pipeline.send(live, REPORT)
    before = live.asked
    live.page.clock.run_for(20 * TICK)
    assert live.asked == before
    expect(live.page.locator("#age")).to_have_text(re.compile(r"^updated (1\d\d s|\d min) ago$"))
    live.page.get_by_role("button", name="Resume").click()
    tick(live)
    expect(live.tile("live_created")).to_have_text("1")


def test_time_buckets_and_media_type_are_in_the_address_and_do_not_follow_to_other_pages(
    live: Screen, pipeline: Pipeline
) -> None:
    pipeline.send(live, REPORT, {**REPORT, "media_type": "audio"})
    live.open("/live?last=24h&bin=hour&media_type=audio")
    expect(live.tile("live_created")).to_have_text("1")
    live.page.get_by_role("button", name="Pause").click()  # what is asked now is asked because of the click
    live.settle()
    with live.answered():
        live.page.get_by_role("group", name="Time").get_by_text("1 h", exact=True).click()
    assert live.query == "last=1h&bin=hour&media_type=audio"
    assert [len(trace["x"]) for trace in live.chart("live_created-bars-violation")["traces"]] == [1]
    live.page.locator(".side a", has_text="Reports and decisions").click()
    expect(live.page.get_by_role("heading", level=1)).to_have_text("Reports and decisions")
    live.settle()
    assert live.query == "media_type=audio"


def test_what_was_refused_is_said(live: Screen, pipeline: Pipeline) -> None:
    sent = pipeline.send(live, REPORT, {**REPORT, "violation": "ugly"}, {"message_type": "Moderation"})
    assert [refused["line"] for refused in sent["refused"]] == [2, 3]
    tick(live)
    live.page.get_by_role("button", name="Pause").click()
    expect(live.page.locator("#notices")).to_contain_text("66.7 % of 3 events received today were refused.")
    assert live.violations() == []
    assert live.overflow() == 0


def test_the_file_of_a_card_holds_what_the_chart_shows(live: Screen, pipeline: Pipeline) -> None:
    pipeline.send(live, REPORT)
    tick(live)
    expect(live.tile("live_created")).to_have_text("1")
    link = live.card("live_created-bars-violation").locator("a[download]", has_text="CSV").get_attribute("href")
    text = live.page.request.get(f"{live.url}{link}").text()
    counted = [line.split(",") for line in text.splitlines() if ",sensitive,1," in line]
    assert len(counted) == 1
    assert counted[0][0].endswith(":00Z")
