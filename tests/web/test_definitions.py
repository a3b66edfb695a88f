from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from dash.development.base_component import Component
from sqlalchemy import Engine, text

from dashapp.app import PAGES, create_app
from dashapp.domain.messages import FlagRow
from dashapp.metrics import METRICS, Desk, Policy
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.rollup import rollup
from dashapp.web.components import definition
from dashapp.web.definitions import definitions, query_of

FIRST = date(2024, 3, 20)


@pytest.fixture
def desk(writer: Engine, settings: Settings, now: datetime) -> Iterator[Desk]:
    """Over ten days with three urgent flags each, one of them late."""
    with writer.connect() as connection:
        days = [FIRST + timedelta(days=i) for i in range(10)]
        given = {"category": "spam", "severity": "high", "routing": "human_review", "score": 0.5}
        flags = [
            FlagRow.model_validate(
                {**given, "flag_id": f"{day}-{i}", "flagged_day": day, "hours_to_decision": 20.0 * i}
            )
            for day in days
            for i in range(3)
        ]
        writes.put_origin(connection, "ops", "import", now)
        writes.put_coverage(connection, "ops", days)
        writes.put_flags(connection, [writes.flag_row("ops", flag, settings.zone) for flag in flags])
        rollup(connection, settings.sla)
        yield Desk(connection, now, Policy(settings.zone, settings.sla))


def parts(part: Any) -> Iterator[Component]:
    """A component and everything in it."""
    if isinstance(part, list | tuple):
        for one in part:
            yield from parts(one)
    elif isinstance(part, Component):
        yield part
        yield from parts(getattr(part, "children", None))


def articles(desk: Desk) -> dict[str, Component]:
    return {part.id: part for part in parts(definitions(desk)) if getattr(part, "className", "") == "card definition"}


def said(part: Any) -> str:
    """All text in a component."""
    if isinstance(part, Component):
        return said(getattr(part, "children", None))
    return " ".join(map(said, part)) if isinstance(part, list | tuple) else "" if part is None else str(part)


def test_every_metric_is_there_once_with_its_definition(desk: Desk) -> None:
    found = articles(desk)
    assert sorted(found) == sorted(METRICS)
    for key, metric in METRICS.items():
        words = said(found[key])
        assert metric.title in words
        assert metric.definition in words
        assert metric.clock in words


@pytest.mark.parametrize("key", METRICS)
def test_the_sql_shown_runs_with_the_parameters_shown(desk: Desk, key: str) -> None:
    query = query_of(desk, METRICS[key])
    desk.connection.execute(text(query.sql), query.parameters).all()
    bounds = {"now": "", "moment of the event": ":begin"}
    assert bounds.get(METRICS[key].clock, ":since") in query.sql


def test_the_sql_shown_gives_the_figure(desk: Desk) -> None:
    query = query_of(desk, METRICS["sla_breach_rate"])
    rows = desk.connection.execute(text(query.sql), query.parameters).all()
    assert (sum(row.num for row in rows), sum(row.den for row in rows)) == (10, 30)
    assert (query.parameters["since"], query.parameters["until"]) == ("2023-12-31", "2024-03-29")


def test_what_must_be_known_to_read_a_metric_is_said(desk: Desk) -> None:
    words = said(articles(desk)["sla_breach_rate"])
    assert "warning from 10 %, alert from 15 %" in words
    assert "24 hours after the day is over" in words
    assert "warning at or below 0.83, alert at or below 0.80, baseline 0.86" in said(articles(desk)["score_mean"])


def test_a_metric_links_to_its_figures_unless_they_stay_on_the_screen(desk: Desk) -> None:
    links = {
        key: [part.href for part in parts(shown) if hasattr(part, "href")] for key, shown in articles(desk).items()
    }
    assert links["flags"] == ["/api/v1/metrics/flags.json?range=90d", "/api/v1/metrics/flags.csv?range=90d"]
    assert links["utilisation_per_reviewer"] == []
    assert "on screen only" in said(articles(desk)["utilisation_per_reviewer"])


def test_the_small_i_of_a_card_leads_to_the_metric_s_definition() -> None:
    links = [part.href for part in parts(definition(METRICS["backlog"])) if hasattr(part, "href")]
    assert links == ["/definitions#backlog"]


def test_the_page_is_in_the_menu_and_needs_no_filters(settings: Settings, writer: Engine) -> None:
    page = next(page for page in PAGES if page.path == "/definitions")
    assert (page.group, page.bar) == ("System", False)
    assert create_app(settings).server.test_client().get("/definitions").status_code == 200
