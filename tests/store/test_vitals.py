from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert

from dashapp.store.moderation import dirty_report_day, event_bin, ingest_count
from dashapp.store.operations import job_run
from dashapp.store.schema import dirty_day
from dashapp.store.vitals import JobState, Vitals, vitals
from dashapp.store.writes import put_origin

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)


def run(job: str, minutes: int, **more: Any) -> dict[str, Any]:
    """A run that began so many minutes ago and ended well, unless `more` says otherwise."""
    slot = NOW - timedelta(minutes=minutes)
    ended = {"ended_at": slot + timedelta(seconds=2), "seconds": 2.0, "error": None}
    lease = {"lease_until": slot + timedelta(seconds=30), "attempt": 1, "runner": "r"}
    return {"job": job, "slot": slot, "begun_at": slot, **lease, **ended, **more}


def put_runs(writer: Engine, *runs: dict[str, Any]) -> None:
    with writer.begin() as connection:
        connection.execute(insert(job_run), list(runs))


def read(engine: Engine) -> Vitals:
    with engine.connect() as connection:
        return vitals(connection, NOW)


def test_an_empty_store_has_nothing_to_tell(writer: Engine, reader: Engine) -> None:
    assert read(reader) == Vitals({}, {}, {}, 0, [])


def test_a_job_is_known_by_its_last_run_its_last_success_and_what_failed_since(writer: Engine, reader: Engine) -> None:
    put_runs(
        writer,
        run("rollup", 40, error="OperationalError"),
        run("rollup", 30),
        run("rollup", 20, error="OperationalError"),
        run("rollup", 10, error="TooSlow"),
    )
    success = NOW - timedelta(minutes=30)
    state = JobState("rollup", NOW - timedelta(minutes=10), success + timedelta(seconds=2), 2.0, 2)
    assert read(reader).jobs == [state]


def test_a_job_that_never_succeeded_has_failures_only(writer: Engine, reader: Engine) -> None:
    put_runs(writer, run("backup", 5, error="OSError"))
    assert read(reader).jobs == [JobState("backup", NOW - timedelta(minutes=5), None, None, 1)]


def test_a_run_whose_lease_ran_out_is_a_failure_and_one_that_goes_on_is_none(writer: Engine, reader: Engine) -> None:
    running = {"ended_at": None, "seconds": None}
    put_runs(writer, run("lost", 5, **running), run("long", 5, **running, lease_until=NOW + timedelta(seconds=20)))
    assert {state.job: state.failures for state in read(reader).jobs} == {"long": 0, "lost": 1}


def test_days_that_wait_for_the_rollup_are_counted_over_origins_and_feeds(writer: Engine, reader: Engine) -> None:
    with writer.begin() as connection:
        connection.execute(insert(dirty_day), [{"origin": name, "day": date(2024, 3, 1)} for name in "ab"])
        connection.execute(insert(dirty_report_day), [{"origin": "a", "day": date(2024, 3, 1)}])
    assert read(reader).waiting_days == 3


def test_events_are_told_by_origin_and_outcome_over_all_days(writer: Engine, reader: Engine) -> None:
    counts = [("a", 1, "new", 5), ("a", 2, "new", 7), ("a", 2, "refused", 1), ("b", 2, "new", 2)]
    bins = {"message_type": "ModerationReport", "media_type": "image", "event": "created", "violation": "other"}
    with writer.begin() as connection:
        put_origin(connection, "a", "events", NOW)
        connection.execute(
            insert(ingest_count),
            [
                {"origin": name, "day": date(2024, 3, day), "outcome": outcome, "count": count}
                for name, day, outcome, count in counts
            ],
        )
        rest = {"action": "(none)", "scope": "(none)", "events": 1, "affected": 0}
        moments = [NOW - timedelta(minutes=10), NOW - timedelta(minutes=5)]
        connection.execute(insert(event_bin), [{"origin": "a", "bin": at, **bins, **rest} for at in moments])
    found = read(reader)
    assert found.received == {("a", "new"): 12, ("a", "refused"): 1, ("b", "new"): 2}
    assert found.last_events == {"a": NOW - timedelta(minutes=5)}
    assert found.delivered == {"a": NOW}
