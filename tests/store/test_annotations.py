"""Notes on days: kept, taken away, and in the trail."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from dashapp.domain.ask import Window
from dashapp.store.annotations import (
    Annotation,
    Draft,
    add_annotation,
    annotations_within,
    remove_annotation,
    subject,
)
from dashapp.store.incidents import annotation
from dashapp.store.trail import changes_of
from dashapp.store.version import versions

NOW = datetime(2024, 3, 30, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
MARCH = Window(date(2024, 3, 1), date(2024, 3, 31))
TEXT = "Rule 7 switched off ünd ön 🙂"


def march(since: int, until: int, category: str | None = None, text: str = TEXT) -> Draft:
    return Draft(date(2024, 3, since), date(2024, 3, until), category, text)


def test_a_note_is_there_as_it_was_written(writer: Engine) -> None:
    with writer.begin() as connection:
        assert add_annotation(connection, march(5, 7, "spam"), "lead", NOW) == 1
        assert annotations_within(connection, MARCH) == [
            Annotation(date(2024, 3, 5), date(2024, 3, 7), "spam", TEXT, 1, "lead", NOW)
        ]


def test_notes_of_a_window_are_those_that_touch_it(writer: Engine) -> None:
    with writer.begin() as connection:
        for days in ((9, 9), (5, 7), (1, 20), (7, 8), (1, 4)):
            add_annotation(connection, march(*days), "lead", NOW)
        found = annotations_within(connection, Window(date(2024, 3, 7), date(2024, 3, 8)))
    assert [(note.since.day, note.until.day) for note in found] == [(1, 20), (5, 7), (7, 8)]


def test_notes_of_categories_come_with_those_of_all(writer: Engine) -> None:
    with writer.begin() as connection:
        for category in ("spam", None, "fraud"):
            add_annotation(connection, march(5, 5, category), "lead", NOW)
        assert [note.category for note in annotations_within(connection, MARCH, ["spam"])] == ["spam", None]
        assert len(annotations_within(connection, MARCH)) == 3


def test_a_removed_note_is_shown_no_more_and_stays_in_the_store_and_the_trail(writer: Engine) -> None:
    with writer.begin() as connection:
        number = add_annotation(connection, march(5, 7, "spam"), "lead", NOW)
        assert remove_annotation(connection, number, "other", LATER)
        assert annotations_within(connection, MARCH) == []
        of = annotation.c
        assert connection.execute(select(of.text, of.removed_at, of.removed_by)).all() == [(TEXT, LATER, "other")]
        changes = changes_of(connection, subject(number))
    assert [(change.at, change.actor, change.action, change.detail) for change in changes] == [
        (LATER, "other", "removed", {}),
        (NOW, "lead", "noted", {"since": "2024-03-05", "until": "2024-03-07", "category": "spam", "text": TEXT}),
    ]


def test_what_is_not_there_cannot_be_removed(writer: Engine) -> None:
    with writer.begin() as connection:
        number = add_annotation(connection, march(5, 7), "lead", NOW)
        assert not remove_annotation(connection, number + 1, "lead", LATER)
        assert remove_annotation(connection, number, "lead", LATER)
        assert not remove_annotation(connection, number, "lead", LATER)
        assert len(changes_of(connection, subject(number))) == 2


def test_whoever_reads_notes_learns_that_they_have_changed(writer: Engine) -> None:
    with writer.begin() as connection:
        before = versions(connection).notes
        number = add_annotation(connection, march(5, 7), "lead", NOW)
        added = versions(connection).notes
        remove_annotation(connection, number, "lead", LATER)
        assert before < added < versions(connection).notes


def test_days_that_end_before_they_begin_are_refused(writer: Engine) -> None:
    with pytest.raises(IntegrityError), writer.begin() as connection:
        add_annotation(connection, march(7, 5), "lead", NOW)
