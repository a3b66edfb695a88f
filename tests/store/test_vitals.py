from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine, insert

from dashapp.store.moderation import dirty_report_day, event_bin, ingest_count
from dashapp.store.schema import dirty_day
from dashapp.store.vitals import Vitals, vitals
from dashapp.store.writes import put_origin

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)


def read(engine: Engine) -> Vitals:
    with engine.connect() as connection:
        return vitals(connection, NOW)


def test_an_empty_store_has_nothing_to_tell(writer: Engine, reader: Engine) -> None:
    assert read(reader) == Vitals({}, {}, {}, 0, [])


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
