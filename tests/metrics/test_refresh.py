"""The job that computes ahead: what it computes, what it leaves, and what it leaves behind when it ends early."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from dashapp.domain.ask import Window
from dashapp.domain.messages import ReportRow
from dashapp.domain.vocabulary import Dim, Feed
from dashapp.metrics import METRICS, Audience, Desk, Policy, measure
from dashapp.metrics.refresh import refresh, renew
from dashapp.metrics.standard import standard
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.closed import close_days
from dashapp.store.rollup import rollup
from dashapp.store.snapshots import stamps
from dashapp.store.version import versions

START = datetime(2024, 3, 4, 8, tzinfo=UTC)
NOON = datetime(2024, 3, 11, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALL = 78
"""Standard questions: seven durations in three windows, whole and by day, with two splits of one, a week, the week
before it and a line of each; three leaderboards in three windows."""


@pytest.fixture
def policy(settings: Settings) -> Policy:
    return Policy(settings.zone, settings.sla)


def take(writer: Engine, settings: Settings, *numbers: int) -> None:
    """Store reports of the fourth of March, each decided after as many hours as its number."""
    about = {"created_at": START, "media_type": "image", "violation": "other", "action": "marked_sensitive"}
    rows = [
        ReportRow.model_validate({"report_id": f"R{number}", "decided_at": START + number * HOUR, **about})
        for number in numbers
    ]
    with writer.begin() as connection:
        writes.put_origin(connection, "a", "import", NOON)
        writes.put_reports(connection, [writes.report_row("a", row, settings.zone) for row in rows])
        writes.put_coverage(connection, "a", Window.ending(NOON.date() - timedelta(days=1), 7), Feed.REPORTS)
        rollup(connection, settings.sla)


def test_an_empty_store_has_nothing_to_refresh(reader: Engine, writer: Engine, policy: Policy) -> None:
    assert refresh(reader, writer, policy, NOON) == {"computed": 0, "fresh": 0, "failed": 0, "deleted": 0}


def test_what_is_fresh_is_not_computed_again(
    reader: Engine, writer: Engine, settings: Settings, policy: Policy
) -> None:
    take(writer, settings, 1, 2)
    first = refresh(reader, writer, policy, NOON)
    assert first == {"computed": ALL, "fresh": 0, "failed": 0, "deleted": 0}
    with reader.connect() as connection:
        version = versions(connection).snapshots
    assert refresh(reader, writer, policy, NOON) == {"computed": 0, "fresh": ALL, "failed": 0, "deleted": 0}
    with reader.connect() as connection:
        assert versions(connection).snapshots == version
    take(writer, settings, 3)
    assert refresh(reader, writer, policy, NOON)["computed"] == ALL


def test_where_open_reports_wait_it_is_renewed_after_half_an_hour(
    reader: Engine, writer: Engine, settings: Settings, policy: Policy
) -> None:
    take(writer, settings, 1)
    refresh(reader, writer, policy, NOON)
    assert refresh(reader, writer, policy, NOON + timedelta(minutes=30))["computed"] == 0
    censored = sum(metric.censored for metric, _ in questions(reader, policy))
    assert refresh(reader, writer, policy, NOON + timedelta(minutes=31))["computed"] == censored == 33


def questions(reader: Engine, policy: Policy) -> list[Any]:
    with reader.connect() as connection:
        return list(dict.fromkeys(standard(Desk(connection, NOON, policy))))


def test_what_cannot_be_told_of_people_once_days_are_closed_is_not_computed(
    reader: Engine, writer: Engine, settings: Settings, policy: Policy
) -> None:
    take(writer, settings, 1)
    with writer.begin() as connection:
        close_days(connection, date(2024, 3, 3))
    counts = refresh(reader, writer, policy, NOON)
    assert (counts["computed"], counts["failed"]) == (len(questions(reader, policy)), 0)
    assert {Dim.CREATOR, Dim.ITEM_ID} & {dim for _, ask in questions(reader, policy) for dim in ask.by} == {Dim.ITEM_ID}


def test_on_the_next_day_the_windows_are_others_and_the_old_ones_go(
    reader: Engine, writer: Engine, settings: Settings, policy: Policy
) -> None:
    take(writer, settings, 1)
    refresh(reader, writer, policy, NOON)
    with writer.begin() as connection:
        writes.put_coverage(connection, "a", [NOON.date()], Feed.REPORTS)
    counts = refresh(reader, writer, policy, NOON + timedelta(days=1))
    assert (counts["computed"], counts["fresh"], counts["deleted"]) == (ALL, 0, ALL)
    with reader.connect() as connection:
        assert len(stamps(connection)) == ALL


def test_one_that_fails_does_not_keep_the_others_from_being_computed(
    reader: Engine, writer: Engine, settings: Settings, policy: Policy, caplog: pytest.LogCaptureFixture
) -> None:
    take(writer, settings, 1)

    @event.listens_for(writer, "before_cursor_execute", retval=True)
    def full(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> Any:
        lost = "INTO snapshot" in statement and "'time_to_decision_p99'" in str(parameters)
        return ("INSERT INTO nowhere VALUES (1)", ()) if lost else (statement, parameters)

    counts = refresh(reader, writer, policy, NOON)
    assert (counts["computed"], counts["failed"]) == (ALL - 9, 9)
    assert "time_to_decision_p99 from 2023-12-12 to 2024-03-10 could not be kept" in caplog.text


class Killed(BaseException):
    """The process ends."""


def test_a_process_that_ends_midway_leaves_whole_answers_and_the_next_goes_on_from_there(
    reader: Engine, writer: Engine, settings: Settings, policy: Policy
) -> None:
    take(writer, settings, 1)
    done: list[str] = []

    @event.listens_for(writer, "before_cursor_execute")
    def kill(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        done.extend([statement] if "INTO snapshot" in statement else [])
        if len(done) == 11:
            raise Killed

    with pytest.raises(Killed):
        refresh(reader, writer, policy, NOON)
    event.remove(writer, "before_cursor_execute", kill)
    with reader.connect() as connection:
        assert len(stamps(connection)) == 10
        version = versions(connection).snapshots
    assert version == 10
    assert refresh(reader, writer, policy, NOON) == {"computed": ALL - 10, "fresh": 10, "failed": 0, "deleted": 0}


def test_what_a_viewer_has_renewed_is_kept_with_what_is_made_of_the_same_rows(
    reader: Engine, writer: Engine, settings: Settings, policy: Policy
) -> None:
    take(writer, settings, 1)
    refresh(reader, writer, policy, NOON)
    take(writer, settings, 3)
    median = METRICS["time_to_decision_p50"]
    last = Window.ending(NOON.date() - timedelta(days=1), 7)
    week = next(ask for metric, ask in questions(reader, policy) if metric is median and ask.window == last)
    with reader.connect() as connection:
        desk = Desk(connection, NOON + HOUR / 2, policy, Audience.SCREEN)
        assert renew(desk, writer, [(median, week)]) is None
        answer = measure(desk, median, week)
        assert answer.total is not None
        assert (answer.total.value, answer.computed_at) == (2.0, NOON + HOUR / 2)
    with reader.connect() as connection:
        renewed = [key for key, stamp in stamps(connection).items() if stamp.computed_at == NOON + HOUR / 2]
        assert len(renewed) == 2  # as a whole and by day
        assert {key for key, _ in renewed} == {"time_to_decision_p50"}
        seen = measure(Desk(connection, NOON + HOUR, policy), median, week)
        assert (seen.total, seen.computed_at, seen.outdated) == (answer.total, NOON + HOUR / 2, False)


def test_what_no_page_shows_without_filters_is_computed_for_whoever_asks_and_not_kept(
    reader: Engine, writer: Engine, settings: Settings, policy: Policy
) -> None:
    take(writer, settings, 1)
    median = METRICS["time_to_decision_p50"]
    with reader.connect() as connection:
        desk = Desk(connection, NOON, policy, Audience.SCREEN)
        ask = next(ask for metric, ask in standard(desk) if metric is median)
        other = type(ask)(Window.ending(ask.window.until, 5))
        assert renew(desk, writer, [(median, other)]) is None
        assert stamps(connection) == {}


def test_what_could_not_be_kept_is_told_to_whoever_asked(
    reader: Engine, writer: Engine, settings: Settings, policy: Policy
) -> None:
    take(writer, settings, 1)
    with writer.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE snapshot RENAME TO elsewhere")
    with reader.connect() as connection:
        desk = Desk(connection, NOON, policy, Audience.SCREEN)
        metric, ask = next(standard(desk))
        assert renew(desk, writer, [(metric, ask)]) == "The figures are new, but could not be kept. The log says why."
        assert measure(desk, metric, ask).error is None


@pytest.mark.sqlite_only  # there is no time so short that PostgreSQL could not read a thousand reports in it
def test_what_took_too_long_is_told_to_whoever_asked_and_what_was_kept_stays(
    reader: Engine, writer: Engine, settings: Settings, policy: Policy
) -> None:
    take(writer, settings, *range(1, 1001))
    refresh(reader, writer, policy, NOON)
    with reader.connect() as connection:
        desk = Desk(connection, NOON + HOUR, policy, Audience.SCREEN)
        metric, ask = next(one for one in standard(desk) if one[0].key == "time_to_decision_p50")
        connection.execution_options(seconds=-1)
        assert renew(desk, writer, [(metric, ask)]) == "This took too long. Try a shorter window or fewer filters."
    with reader.connect() as connection:
        assert {stamp.computed_at for stamp in stamps(connection).values()} == {NOON}
