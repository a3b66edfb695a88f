"""The detection job and analysts, who speak whenever they like."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from dashapp.domain.ask import Window
from dashapp.domain.vocabulary import Triage
from dashapp.settings import Settings
from dashapp.store.dirty import mark_all_dirty
from dashapp.store.findings import Finding, triage
from dashapp.store.incidents import expectation
from dashapp.store.version import next_version
from tests.weeks import LAST, NOW, Look, found, judged, put, put_days, put_weeks, rolled_up

SPIKE = LAST - timedelta(days=9)


def say(writer: Engine, one: Finding, state: Triage) -> None:
    with writer.begin() as connection:
        triage(connection, one.id, state, None, "page", NOW)
        next_version(connection)


def forget(writer: Engine) -> None:
    """Have all days judged again."""
    with writer.begin() as connection:
        connection.execute(expectation.delete())


def test_what_is_confirmed_while_a_run_reads_leaves_the_baseline_in_the_next(
    reader: Engine, writer: Engine, look: Look, settings: Settings
) -> None:
    put_weeks(writer, settings, {SPIKE: 75})
    rolled_up(writer)
    look()
    [one] = found(writer)
    forget(writer)

    @event.listens_for(reader, "before_cursor_execute")
    def _reading(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM signal_day" in statement and found(writer)[0].state is Triage.OPEN:
            say(writer, one, Triage.CONFIRMED)

    look()
    look(NOW + timedelta(minutes=1))
    beside = judged(writer)
    forget(writer)
    look(NOW + timedelta(minutes=2))
    assert beside == pytest.approx(judged(writer), nan_ok=True)
    assert found(writer)[0].state is Triage.CONFIRMED


def test_confirming_what_is_long_ago_forgets_no_day_that_no_run_looks_at_again(
    writer: Engine, look: Look, settings: Settings
) -> None:
    first, attacked = LAST - timedelta(days=170), LAST - timedelta(days=120)
    put_days(writer, settings, {**dict.fromkeys(Window(first, LAST), 40), attacked: 150})
    rolled_up(writer)
    look()
    before = judged(writer)
    [one] = found(writer)
    assert one.seen.since == attacked
    say(writer, one, Triage.CONFIRMED)
    look(NOW + timedelta(minutes=1))
    assert len(judged(writer)) == len(before)


def test_what_is_confirmed_and_seen_no_more_does_not_go_on_for_ever(
    writer: Engine, look: Look, settings: Settings
) -> None:
    put_weeks(writer, settings, {LAST: 75})
    rolled_up(writer)
    look()
    [one] = found(writer)
    assert one.ended_at is None
    say(writer, one, Triage.CONFIRMED)
    with writer.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM flag WHERE flagged_day = '{LAST}'")
        mark_all_dirty(connection)
    put(writer, settings, LAST, 40, after=1000)
    put_days(writer, settings, dict.fromkeys(Window(LAST + timedelta(days=1), LAST + timedelta(days=4)), 40))
    rolled_up(writer)
    assert look(NOW + timedelta(days=4))["ended"] == 1
    assert [(same.state, same.ended_at) for same in found(writer)] == [(Triage.CONFIRMED, NOW + timedelta(days=4))]
    assert look(NOW + timedelta(days=4, minutes=1))["ended"] == 0
