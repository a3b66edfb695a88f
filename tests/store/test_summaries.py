from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.exc import IntegrityError

from dashapp.store.summaries import (
    Draft,
    list_summaries,
    newest_summary,
    put_summary,
    standing_summaries,
    supersede,
)
from dashapp.store.writings import summary

MADE = datetime(2024, 3, 25, 6, tzinfo=UTC)


def draft(week: str, text: str = "quiet", *, hours: int = 0) -> Draft:
    at = MADE + timedelta(hours=hours)
    return Draft(week, at, "cli", date(2024, 3, 24), 7, "[]", text, "template", "no model is asked yet")


def test_a_summary_made_again_keeps_the_old_one(writer: Engine) -> None:
    with writer.begin() as connection:
        put_summary(connection, draft("2024-W12"))
        put_summary(connection, draft("2024-W12", "less quiet", hours=2))
        put_summary(connection, draft("2024-W11"))
    with writer.connect() as connection:
        newest = newest_summary(connection, "2024-W12")
        listed = [(one.week, one.version, one.text) for one in list_summaries(connection)]
    assert newest is not None
    assert (newest.version, newest.text, newest.made_at) == (2, "less quiet", MADE + timedelta(hours=2))
    assert listed == [("2024-W12", 2, "less quiet"), ("2024-W12", 1, "quiet"), ("2024-W11", 1, "quiet")]


def test_there_is_no_summary_of_a_week_of_which_none_was_made(writer: Engine) -> None:
    with writer.connect() as connection:
        assert newest_summary(connection, "2024-W12") is None
        assert list_summaries(connection) == []


def test_a_week_has_each_version_once(writer: Engine) -> None:
    row = {**vars(draft("2024-W12")), "version": 1}
    with writer.begin() as connection:
        connection.execute(insert(summary), row)
    with pytest.raises(IntegrityError), writer.begin() as connection:
        connection.execute(insert(summary), row)


def test_the_newest_version_of_each_of_the_last_weeks_stands_until_it_is_superseded(writer: Engine) -> None:
    def standing(weeks: int) -> list[tuple[str, str, int]]:
        return [(one.week, one.filters, one.version) for one in standing_summaries(connection, weeks)]

    with writer.begin() as connection:
        for week in ("2024-W10", "2024-W12", "2024-W12", "2024-W11"):
            last = put_summary(connection, draft(week))
        put_summary(connection, replace(draft("2024-W12"), filters="severity=low"))
        assert standing(2) == [("2024-W12", "severity=low", 3), ("2024-W12", "", 2), ("2024-W11", "", 1)]
        supersede(connection, last, ["flags"], MADE)
        assert standing(3) == [("2024-W12", "severity=low", 3), ("2024-W12", "", 2), ("2024-W10", "", 1)]
