"""What leaves as a file is in the trail; admins can search the trail; and nobody takes more than their share."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from dashapp.app import create_app
from dashapp.domain.access import TokenScope
from dashapp.settings import Settings
from dashapp.store.auditing import Asked, entries
from dashapp.store.buckets import Rate
from dashapp.store.tokens import create_token
from dashapp.store.trail import note_change
from dashapp.web import limits
from dashapp.web.desk import EXTENSION, Services

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
Ask = Callable[..., Any]

pytestmark = pytest.mark.both_engines


@pytest.fixture
def client(settings: Settings, reader: Engine, writer: Engine) -> FlaskClient:
    guarded = settings.model_copy(update={"auth": "password"})
    app = create_app(guarded)
    app.server.extensions[EXTENSION] = Services(guarded, reader, lambda: NOW, writer)
    return app.server.test_client()


@pytest.fixture
def ask(client: FlaskClient, writer: Engine) -> Ask:
    """Asks with a token of a scope."""
    with writer.begin() as connection:
        tokens = {scope: create_token(connection, scope, scope, NOW) for scope in TokenScope}

    def asked(address: str, scope: TokenScope = TokenScope.ADMIN) -> Any:
        return client.get(address, headers={"Authorization": f"Bearer {tokens[scope]}"}, buffered=True)

    return asked


def did(writer: Engine, *names: str, at: datetime = NOW) -> None:
    with writer.begin() as connection:
        for name in names:
            note_change(
                connection, at, name, "noted", "annotation 1", {"text": "=in their own words", "category": "spam"}
            )


def test_a_file_is_in_the_trail_with_its_filters_but_not_their_values(ask: Ask, writer: Engine) -> None:
    query = "since=2026-02-01&until=2026-02-28&category=spam&category=fraud"
    assert ask(f"/api/v1/metrics/flags.csv?{query}", TokenScope.READ).status_code == 200
    assert ask(f"/api/v1/metrics/flags.json?{query}", TokenScope.READ).status_code == 200
    assert ask("/api/v1/metrics/flags.csv?since=soon", TokenScope.READ).status_code == 400
    with writer.connect() as connection:
        [kept] = entries(connection, Asked(), 10)
    assert (kept.at, kept.actor, kept.action) == (NOW, "token read", "exported")
    assert kept.subject == "flags_2026-02-01_2026-02-28_day.csv"
    assert kept.detail == {"since": "2026-02-01", "until": "2026-02-28", "filters": {"category": 2}}


@pytest.mark.sqlite_only
def test_no_file_leaves_while_the_trail_cannot_be_written(ask: Ask, writer: Engine) -> None:
    with writer.begin() as connection:
        connection.exec_driver_sql("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
    answer = ask("/api/v1/metrics/flags.csv")
    assert (answer.status_code, answer.json["error"]) == (
        503,
        "The file cannot be had now: the trail could not be written.",
    )
    assert ask("/api/v1/metrics/flags.json").status_code == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["c", "b", "a"]),
        ("actor=b", ["b"]),
        ("action=noted", ["c", "b", "a"]),
        ("action=signed+in", []),
        ("since=2026-03-02", ["c", "b", "a"]),
        ("since=2026-03-03", []),
        ("until=2026-03-02", ["c", "b", "a"]),
        ("until=2026-03-01", []),
        ("below=2", ["a"]),
    ],
)
def test_the_trail_is_searched(ask: Ask, writer: Engine, query: str, found: list[str]) -> None:
    did(writer, "a", "b", "c")
    assert [one["actor"] for one in ask(f"/api/v1/audit.json?{query}").json["entries"]] == found


def test_days_of_the_trail_are_those_of_the_reporting_zone(
    client: FlaskClient, ask: Ask, settings: Settings, reader: Engine, writer: Engine
) -> None:
    there = settings.model_copy(update={"auth": "password", "time_zone": "America/New_York"})
    client.application.extensions[EXTENSION] = Services(there, reader, lambda: NOW, writer)
    did(writer, "late", at=datetime(2026, 3, 2, 4, 59, tzinfo=UTC))
    did(writer, "next", at=datetime(2026, 3, 2, 5, 0, tzinfo=UTC))
    asked = ask("/api/v1/audit.json?since=2026-03-01&until=2026-03-01").json["entries"]
    assert [one["actor"] for one in asked] == ["late"]


def test_an_answer_leads_to_the_entries_before_it(ask: Ask, writer: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashapp.web.audit_api.AT_ONCE", 2)
    did(writer, "a", "b", "c")
    first = ask("/api/v1/audit.json?action=noted").json
    assert ([one["actor"] for one in first["entries"]], first["next"]) == (
        ["c", "b"],
        "/api/v1/audit.json?action=noted&below=2",
    )
    second = ask(first["next"]).json
    assert ([one["actor"] for one in second["entries"]], second["next"]) == (["a"], None)
    rows = list(csv.DictReader(io.StringIO(ask("/export/audit.csv").text)))
    assert [row["actor"] for row in rows] == ["token admin", "c", "b", "a"]


def test_an_export_of_the_trail_is_in_it_and_has_no_text_of_peoples_own(ask: Ask, writer: Engine) -> None:
    did(writer, "=a")
    own, kept = list(csv.reader(io.StringIO(ask("/export/audit.csv").text)))[1:]
    assert own[2:5] == ["token admin", "exported", "audit.csv"]
    assert kept == [
        "1",
        "2026-03-02T12:00:00Z",
        "'=a",
        "noted",
        "annotation 1",
        '{"text": "(text)", "category": "spam"}',
    ]
    assert "their own words" not in ask("/api/v1/audit.json").text


@pytest.mark.parametrize("query", ["since=soon", "since=0001-01-01", "below=-1", "actor=%00", "sort=at", "below=1e9"])
def test_a_search_that_cannot_be_read_is_refused(ask: Ask, query: str) -> None:
    assert ask(f"/api/v1/audit.json?{query}").status_code == 400
    assert ask(f"/export/audit.csv?{query}").status_code == 400


@pytest.mark.parametrize("scope", [TokenScope.READ, TokenScope.SUMMARY, TokenScope.INGEST])
def test_only_admins_see_the_trail(ask: Ask, scope: TokenScope) -> None:
    assert [ask(address, scope).status_code for address in ("/api/v1/audit.json", "/export/audit.csv")] == [403, 403]


def test_who_asks_too_often_waits_whichever_process_they_ask(
    ask: Ask, client: FlaskClient, writer: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.RATES, limits.ASKED, Rate(3, timedelta(minutes=1)))
    assert [ask("/api/v1/metrics", TokenScope.READ).status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = ask("/api/v1/metrics", TokenScope.READ)
    assert (answer.headers["Retry-After"], answer.json["error"]) == (
        "20",
        "That was too much for now: 3 requests of programs a minute are allowed.",
    )
    assert ask("/api/v1/metrics", TokenScope.ADMIN).status_code == 200
    held: Services = client.application.extensions[EXTENSION]
    later = NOW + timedelta(seconds=20)
    client.application.extensions[EXTENSION] = Services(held.settings, held.reader, lambda: later, writer)
    assert [ask("/api/v1/metrics", TokenScope.READ).status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/export/flags.csv", limits.ROWS),
        ("/api/v1/summaries/2024-W12.pdf", limits.PRINTED),
        ("/api/v1/metrics/flags.json", limits.ASKED),
        ("/api/v1/events", None),
        ("/_dash-update-component", None),
        ("/", None),
    ],
)
def test_what_is_counted(path: str, kind: str | None) -> None:
    assert limits.kind_of(path) == kind
