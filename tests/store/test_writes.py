from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Table, func, insert, select

from dashapp.domain.messages import DecisionRow, FlagRow, Incident, ReportRow, Reviewer
from dashapp.domain.vocabulary import Severity
from dashapp.store import meta, moderation, schema, writes
from dashapp.store.engine import writer_engine
from dashapp.store.rollup import rollup

UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
DAY = date(2024, 3, 30)
SLA = dict.fromkeys(Severity, 24.0)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = writer_engine(database_url)
    schema.metadata.create_all(engine)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def row(flag_id: str = "F1", zone: ZoneInfo = UTC_ZONE, origin: str = "ops", **fields: Any) -> writes.Row:
    given = {"flagged_day": DAY, "category": "spam", "severity": "high", "routing": "human_review", **fields}
    return writes.flag_row(origin, FlagRow(flag_id=flag_id, **given), zone)


def put_moderation(connection: Connection, origin: str, number: str) -> None:
    """Store a report and a decision."""
    about = {"media_type": "image", "source": "flickr", "provider": "flickr", "violation": "other"}
    report = ReportRow(report_id=number, created_at=NOW, **about)
    decided = DecisionRow(
        decision_id=number, decided_at=NOW, media_type="image", action="rejected_reports", affected_records=1
    )
    writes.put_reports(connection, [writes.report_row(origin, report, UTC_ZONE)])
    writes.put_decisions(connection, [writes.decision_row(origin, decided, UTC_ZONE)])


def stored(connection: Connection, name: str) -> Any:
    return connection.scalar(select(schema.flag.c[name]))


def dirty(connection: Connection) -> set[tuple[str, date]]:
    return {(row.origin, row.day) for row in connection.execute(select(schema.dirty_day))}


def test_new_flags_are_stored_and_make_their_days_dirty(connection: Connection) -> None:
    assert writes.put_flags(connection, [row("F1"), row("F2", hours_to_decision=50)]) == writes.Counts(new=2)
    assert dirty(connection) == {("ops", DAY), ("ops", date(2024, 4, 1))}


def test_no_flags_at_all_are_no_change(connection: Connection) -> None:
    assert writes.put_flags(connection, []) == writes.Counts()


def test_the_same_flag_again_is_seen_and_changes_nothing(connection: Connection) -> None:
    writes.put_flags(connection, [row(score=0.5, label="confirmed")])
    rollup(connection, SLA)
    assert writes.put_flags(connection, [row(score=0.5, label="confirmed")]) == writes.Counts(seen=1)
    assert dirty(connection) == set()


def test_what_a_flag_leaves_out_later_is_not_taken_back(connection: Connection) -> None:
    writes.put_flags(connection, [row(score=0.5, label="confirmed")])
    assert writes.put_flags(connection, [row()]) == writes.Counts(seen=1)
    assert stored(connection, "label") == "confirmed"


def test_a_decision_that_comes_later_fills_the_gap_and_makes_both_days_dirty(connection: Connection) -> None:
    writes.put_flags(connection, [row()])
    rollup(connection, SLA)
    assert writes.put_flags(connection, [row(hours_to_decision=30)]) == writes.Counts(updated=1)
    assert stored(connection, "decided_day") == date(2024, 3, 31)
    assert dirty(connection) == {("ops", DAY), ("ops", date(2024, 3, 31))}


def test_another_value_is_a_conflict_and_nothing_of_that_row_is_kept(connection: Connection) -> None:
    writes.put_flags(connection, [row("F1", score=0.5), row("F2")])
    again = [row("F2", label="rejected"), row("F1", score=0.6, label="confirmed")]
    assert writes.put_flags(connection, again) == writes.Counts(updated=1, conflicts=[(1, "score")])
    scores = select(schema.flag.c.score, schema.flag.c.label).order_by(schema.flag.c.flag_id)
    assert connection.execute(scores).all() == [(0.5, None), (None, "rejected")]


def test_replace_takes_the_other_value_and_makes_the_old_day_dirty_too(connection: Connection) -> None:
    writes.put_flags(connection, [row()])
    rollup(connection, SLA)
    moved = row(flagged_day=date(2024, 2, 29))
    assert writes.put_flags(connection, [moved], replace=True) == writes.Counts(updated=1)
    assert dirty(connection) == {("ops", DAY), ("ops", date(2024, 2, 29))}


def test_within_one_batch_a_repeated_id_is_held_against_the_first(connection: Connection) -> None:
    batch = [row(score=0.5), row(score=0.5), row(score=0.7), row(score=0.5, label="confirmed")]
    assert writes.put_flags(connection, batch) == writes.Counts(new=1, seen=1, updated=1, conflicts=[(2, "score")])


def test_two_origins_may_use_the_same_id(connection: Connection) -> None:
    assert writes.put_flags(connection, [row(origin="a"), row(origin="b")]) == writes.Counts(new=2)


def test_a_decision_day_is_a_day_of_the_reporting_zone() -> None:
    at = datetime(2024, 3, 30, 20, tzinfo=UTC)
    decided = row(zone=BERLIN, flagged_at=at, decided_at=datetime(2024, 3, 30, 23, 30, tzinfo=UTC))
    assert (decided["decided_day"], decided["hours_to_decision"]) == (date(2024, 3, 31), 3.5)


def test_hours_and_an_instant_give_the_instant_of_the_decision() -> None:
    decided = row(flagged_at=datetime(2024, 3, 30, 20, tzinfo=UTC), hours_to_decision=5)
    assert decided["decided_at"] == datetime(2024, 3, 31, 1, tzinfo=UTC)


def test_hours_without_an_instant_are_counted_from_the_days_midnight() -> None:
    assert row(hours_to_decision=23.9)["decided_day"] == DAY
    assert row(hours_to_decision=24)["decided_day"] == date(2024, 3, 31)
    assert row(hours_to_decision=24)["decided_at"] is None


def made_up(table: Table, origin: str) -> dict[str, object]:
    """A row of any table."""
    given = {"origin": origin, "violation": "other", "action": "marked_sensitive", "state": "open"}
    values = {str: "x", int: 1, float: 1.0, bool: False, bytes: b"", object: NOW, date: DAY}
    needed = [column for column in table.columns if not column.nullable and column.name != "id"]
    return {column.name: given.get(column.name, values[column.type.python_type]) for column in needed}


def test_removing_an_origin_leaves_nothing_of_it_and_all_of_the_others(connection: Connection) -> None:
    for origin in ("gone", "kept"):
        writes.put_flags(connection, [row(origin=origin, score=0.5, hours_to_decision=2)])
        writes.put_reviewers(
            connection, origin, [Reviewer(reviewer_id="r", team="t", capacity_per_day=5)], replace=False
        )
        attack = Incident(incident_id="A", since=DAY, until=DAY, category="spam", severity=Severity.HIGH)
        writes.put_incidents(connection, origin, [attack], replace=False)
        writes.put_origin(connection, origin, "import", NOW)
        writes.put_coverage(connection, origin, [DAY])
        put_moderation(connection, origin, "1")
        live = {**dict.fromkeys(moderation.LIVE, "(none)"), "origin": origin, "bin": NOW, "events": 1, "affected": 0}
        connection.execute(insert(moderation.event_bin).values(live))
        connection.execute(insert(moderation.event_seen).values(origin=origin, event_id="E", day=DAY))
        connection.execute(insert(moderation.ingest_count).values(origin=origin, day=DAY, outcome="new", count=1))
    rollup(connection, SLA)
    writes.put_flags(connection, [row("F2", origin="gone"), row("F2", origin="kept")])
    for origin in ("gone", "kept"):
        put_moderation(connection, origin, "2")
    tables = [table for table in schema.metadata.sorted_tables if "origin" in table.columns]
    assert {"finding", "expectation"} <= {table.name for table in tables}
    for table in tables:
        if connection.scalar(select(func.count()).select_from(table)) == 0:
            connection.execute(table.insert(), [made_up(table, origin) for origin in ("gone", "kept")])
    assert writes.remove_origin(connection, "gone") == 2
    for table in tables:
        assert connection.scalars(select(table.c.origin).distinct()).all() == ["kept"], table.name


def test_a_reviewer_who_changes_team_makes_the_covered_days_dirty(connection: Connection) -> None:
    writes.put_coverage(connection, "ops", [DAY])
    reviewer = Reviewer(reviewer_id="r", team="north", capacity_per_day=5)
    assert writes.put_reviewers(connection, "ops", [reviewer], replace=False) == writes.Counts(new=1)
    rollup(connection, SLA)
    assert writes.put_reviewers(connection, "ops", [reviewer], replace=False) == writes.Counts(seen=1)
    assert dirty(connection) == set()
    moved = reviewer.model_copy(update={"team": "south"})
    assert writes.put_reviewers(connection, "ops", [moved], replace=True) == writes.Counts(updated=1)
    assert dirty(connection) == {("ops", DAY)}


def test_another_time_zone_is_refused_until_it_is_taken_over(connection: Connection) -> None:
    meta.keep(connection, UTC_ZONE, SLA)
    with pytest.raises(meta.OtherZone, match="the stored days are days of UTC, but TIME_ZONE is Europe/Berlin"):
        meta.keep(connection, BERLIN, SLA)
    meta.forget_zone(connection)
    meta.keep(connection, BERLIN, SLA)


def test_another_sla_makes_every_day_dirty_and_the_same_one_none(connection: Connection) -> None:
    meta.keep(connection, UTC_ZONE, SLA)
    writes.put_flags(connection, [row(hours_to_decision=30)])
    rollup(connection, SLA)
    meta.keep(connection, UTC_ZONE, SLA)
    assert dirty(connection) == set()
    meta.keep(connection, UTC_ZONE, {**SLA, Severity.HIGH: 48.0})
    assert dirty(connection) == {("ops", DAY), ("ops", date(2024, 3, 31))}


def test_a_naive_instant_is_refused(connection: Connection) -> None:
    naive = {**row(), "flagged_at": datetime(2024, 3, 30, 20)}  # noqa: DTZ001 # the mistake under test
    with pytest.raises(Exception, match="has no time zone"):
        writes.put_flags(connection, [naive])
