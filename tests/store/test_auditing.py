"""The trail is read by when, who and what, the newest first and to its end."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

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
