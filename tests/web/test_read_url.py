"""Where pages and files read a replica, what is written goes to the store."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

from dashapp.app import create_app, warm
from dashapp.domain.access import TokenScope
from dashapp.domain.messages import FlagRow
from dashapp.settings import Settings
from dashapp.store.rollup import rollup
from dashapp.store.schema import flag
from dashapp.store.tokens import create_token
from dashapp.store.writes import flag_row, put_coverage, put_flags, put_origin
from dashapp.web.desk import EXTENSION, Services
from tests.stores import new_store
from tests.web.served import browser, filled, settings_for

pytestmark = pytest.mark.both_engines

DAY = date(2024, 3, 1)
FLAG = {"category": "spam", "severity": "high", "routing": "allow"}
SENT = {"message_type": "Flag", "id": "F9", "at": "2024-03-01T12:00:00Z", **FLAG}


@pytest.fixture
def primary(tmp_path: Path, now: Any) -> Iterator[tuple[Engine, str]]:
    """An empty store, and the token that lets events into it."""
    engine = new_store(settings_for(tmp_path / "primary.sqlite"))
    with engine.begin() as connection:
        token = create_token(connection, "sender", TokenScope.INGEST, now)
    yield engine, token
    engine.dispose()


@pytest.fixture
def client(primary: tuple[Engine, str], writer: Engine, settings: Settings, now: Any) -> Iterator[FlaskClient]:
    """An app whose pages read a database with two flags."""
    with writer.begin() as connection:
        put_origin(connection, "ops", "import", now)
        put_coverage(connection, "ops", [DAY])
        flags = [FlagRow.model_validate({"flag_id": name, "flagged_day": DAY, **FLAG}) for name in ("F1", "F2")]
        put_flags(connection, [flag_row("ops", one, settings.zone) for one in flags])
        rollup(connection, settings.sla)
    url = primary[0].url.render_as_string(hide_password=False)
    app = create_app(settings.model_copy(update={"database_url": url, "read_url": settings.database_url}))
    warm(app)
    yield browser(app, settings)
    held: Services = app.server.extensions[EXTENSION]
    for engine in (held.reader, held.store, held.writer):
        engine.dispose()


def test_figures_files_and_pages_are_of_the_replica(client: FlaskClient) -> None:
    days = "since=2024-03-01&until=2024-03-01"
    assert client.get(f"/api/v1/metrics/flags.json?{days}").get_json()["total"]["value"] == 2
    assert client.get(f"/export/flags.csv?{days}").text.count("spam") == 2
    assert client.get("/readyz").get_json()["checks"]["data"] == "ok"
    for path in (
        "/",
        "/volume",
        "/classifier",
        "/queue",
        "/attacks",
        "/reports",
        "/platforms",
        "/live",
        "/flags",
    ):
        assert "could not be computed" not in filled(client, path, days)
    assert "F2" in filled(client, "/flags", days)


def test_events_go_to_the_store_whose_tokens_let_them_in(client: FlaskClient, primary: tuple[Engine, str]) -> None:
    engine, token = primary
    answer = client.post("/api/v1/events", json=SENT, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.get_json()["new"]) == (200, 1)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(flag)) == 1
    assert client.get("/export/flags.csv?since=2024-03-01&until=2024-03-01").text.count("spam") == 2


def test_a_replica_that_is_away_is_named_and_events_are_still_taken(
    primary: tuple[Engine, str], settings: Settings
) -> None:
    url = primary[0].url.render_as_string(hide_password=False)
    away = "postgresql://watchfloor@127.0.0.1:1/watchfloor?connect_timeout=2"
    app = create_app(settings.model_copy(update={"database_url": url, "read_url": away}))
    client = app.server.test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["checks"]["database"]) == (503, "replica unreachable")
    sent = client.post("/api/v1/events", json=SENT, headers={"Authorization": f"Bearer {primary[1]}"})
    assert (sent.status_code, sent.get_json()["new"]) == (200, 1)
