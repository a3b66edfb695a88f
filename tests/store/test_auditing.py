"""The trail is read by when, who and what, the newest first and to its end."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from dashapp.store import auditing
from dashapp.store.auditing import Asked, actors_and_actions, as_text, count_entries, entries, every_entry
from dashapp.store.trail import note_change

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TRAIL = [("Anna", "role"), ("Berta", "refused"), ("Anna", "refused"), ("token feed", "exported")]


@pytest.fixture
def kept(writer: Engine) -> Engine:
    """A trail with an entry an hour from noon on."""
    with writer.begin() as connection:
        for number, (actor, action) in enumerate(TRAIL):
            note_change(connection, NOON + number * HOUR, actor, action, f"thing {number}", {"n": number})
    return writer


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (Asked(), ["thing 3", "thing 2", "thing 1", "thing 0"]),
        (Asked(since=NOON + HOUR), ["thing 3", "thing 2", "thing 1"]),
        (Asked(until=NOON + HOUR), ["thing 0"]),
        (Asked(actor="Anna"), ["thing 2", "thing 0"]),
        (Asked(action="refused"), ["thing 2", "thing 1"]),
        (Asked(actor="Anna", action="refused"), ["thing 2"]),
        (Asked(actor="anna' OR 1=1 --"), []),
    ],
    ids=["all", "since", "until", "actor", "action", "both", "nobody"],
)
def test_entries_are_found_by_when_who_and_what(
    kept: Engine, monkeypatch: pytest.MonkeyPatch, asked: Asked, found: list[str]
) -> None:
    monkeypatch.setattr(auditing, "CHUNK", 2)
    with kept.connect() as connection:
        assert [one.subject for one in entries(connection, asked, 10)] == found
        assert [one.subject for one in entries(connection, asked, 1, skipped=1)] == found[1:2]
        assert [one.subject for chunk in every_entry(connection, asked) for one in chunk] == found
        assert count_entries(connection, asked) == len(found)


def test_an_entry_has_all_that_was_noted(kept: Engine) -> None:
    with kept.connect() as connection:
        [last] = entries(connection, Asked(), 1)
    assert (last.at, last.actor, last.action, last.detail) == (NOON + 3 * HOUR, "token feed", "exported", {"n": 3})


INTO = "INTO audit (id, at, actor, action, subject, detail) VALUES (:id, '2026-03-02', 'Eve', 'x', 'y', '{}')"
OVER = " ON CONFLICT (id) DO UPDATE SET actor = 'Eve'"


def refused(kept: Engine, statement: str, number: int) -> None:
    with kept.connect() as connection:
        before = list(every_entry(connection, Asked()))
    with pytest.raises(DBAPIError, match="only added to"), kept.begin() as connection:
        connection.execute(text(statement), {"id": number} if ":id" in statement else {})
    with kept.connect() as connection:
        assert list(every_entry(connection, Asked())) == before


@pytest.mark.parametrize(
    "statement",
    [
        f"INSERT {INTO}{OVER}",
        f"INSERT {INTO}{OVER} WHERE audit.id = 1",
        "UPDATE audit SET actor = 'Eve'",
        "DELETE FROM audit",
    ],
)
def test_no_entry_is_changed_deleted_or_put_over_another(kept: Engine, statement: str) -> None:
    refused(kept, statement, 1)


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "statement",
    [f"REPLACE {INTO}", f"INSERT OR REPLACE {INTO}", "UPDATE OR REPLACE audit SET id = 1 WHERE id = 2"],
)
def test_sqlite_replaces_no_entry(kept: Engine, statement: str) -> None:
    refused(kept, statement, 1)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("number", [0, -1, -2])
def test_no_entry_has_a_number_that_would_keep_others_out(kept: Engine, number: int) -> None:
    refused(kept, f"INSERT {INTO}", number)


def test_who_and_what_there_is_depends_on_the_time_only(kept: Engine) -> None:
    with kept.connect() as connection:
        assert actors_and_actions(connection, Asked(since=NOON + 2 * HOUR, actor="Berta")) == (
            ["Anna", "token feed"],
            ["exported", "refused"],
        )


@pytest.mark.parametrize(
    ("detail", "text"),
    [({}, ""), ({"role": "lead", "was": "viewer"}, "role=lead, was=viewer"), ({"rows": {"a": 1}}, 'rows={"a": 1}')],
    ids=["none", "words", "nested"],
)
def test_what_was_noted_is_told_in_a_line(detail: Mapping[str, Any], text: str) -> None:
    assert as_text(detail) == text
