from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.exc import IntegrityError

from dashapp.store.operations import summary
from dashapp.store.summaries import Draft, list_summaries, newest_summary, put_summary

MADE = datetime(2024, 3, 25, 6, tzinfo=UTC)


def draft(week: str, markdown: str = "quiet", *, hours: int = 0) -> Draft:
    at = MADE + timedelta(hours=hours)
    return Draft(week, at, date(2024, 3, 24), 7, "[]", markdown, "template", "no model is asked yet")


def test_a_summary_made_again_keeps_the_old_one(writer: Engine) -> None:
    with writer.begin() as connection:
        put_summary(connection, draft("2024-W12"))
        put_summary(connection, draft("2024-W12", "less quiet", hours=2))
        put_summary(connection, draft("2024-W11"))
    with writer.connect() as connection:
        newest = newest_summary(connection, "2024-W12")
        listed = [(one.week, one.version, one.markdown) for one in list_summaries(connection)]
    assert newest is not None
    assert (newest.version, newest.markdown, newest.made_at) == (2, "less quiet", MADE + timedelta(hours=2))
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
