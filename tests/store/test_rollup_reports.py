"""The cubes of reports and decisions hold what plain loops over the rows count."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, Table, select

from dashapp.domain.messages import DecisionRow, ReportRow
from dashapp.domain.vocabulary import Action, Dim, Feed, Severity, Violation
from dashapp.store import writes
from dashapp.store.engine import writer_engine
from dashapp.store.moderation import cube_decision, cube_report, decision, dirty_report_day, report, report_field
from dashapp.store.reads import Value, origins, values_of
from dashapp.store.rezone import rezone
from dashapp.store.rollup import rollup
from dashapp.store.schema import dimension_value, metadata
from dashapp.store.version import version

ZONE = ZoneInfo("America/New_York")
SLA = dict.fromkeys(Severity, 24.0)
START = datetime(2024, 2, 27, tzinfo=UTC)

quick = settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
    report_multiple_bugs=False,
)
moments = st.integers(0, 24 * 8).map(lambda hours: START + timedelta(hours=hours))
media = st.sampled_from(("image", "audio"))
named = st.sampled_from((None, "one", "two"))
reports = st.fixed_dictionaries(
    {
        "origin": st.sampled_from(("a", "b")),
        "report_id": st.integers(0, 9).map("R{}".format),
        "created_at": moments,
        "media_type": media,
        "violation": st.sampled_from(Violation),
        "source": named,
        "provider": named,
        "creator": named,
        "action": st.none() | st.sampled_from(Action),
    }
)
decisions = st.fixed_dictionaries(
    {
        "origin": st.sampled_from(("a", "b")),
        "decision_id": st.integers(0, 9).map("D{}".format),
        "decided_at": moments,
        "media_type": media,
        "action": st.sampled_from(Action),
        "affected_records": st.sampled_from((0, 1, 1, 2, 500)),
        "automated": st.sampled_from((None, True, False)),
    }
)
steps = st.lists(
    st.tuples(st.just("report"), st.lists(reports), st.booleans())
    | st.tuples(st.just("decide"), st.lists(decisions), st.booleans())
    | st.tuples(st.just("close"), st.integers(0, 9).map("R{}".format), st.sampled_from(Action))
    | st.tuples(st.just("roll up")),
    max_size=12,
)
"""What happens to a store. Ids are few, so that they repeat; what is sent again replaces what is there or not."""


@pytest.fixture(scope="module")
def engine(shared_url: str) -> Iterator[Engine]:
    made = writer_engine(shared_url)
    metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as opened:
        yield opened
        opened.rollback()


def report_row(origin: str = "a", zone: ZoneInfo = ZONE, **fields: Any) -> writes.Row:
    given = {"report_id": "R1", "created_at": START, "media_type": "image", "violation": "sensitive", **fields}
    return writes.report_row(origin, ReportRow.model_validate(given), zone)


def decision_row(origin: str = "a", zone: ZoneInfo = ZONE, **fields: Any) -> writes.Row:
    given = {
        "decision_id": "D1",
        "decided_at": START,
        "media_type": "image",
        "action": "marked_sensitive",
        "affected_records": 1,
        **fields,
    }
    return writes.decision_row(origin, DecisionRow.model_validate(given), zone)


def happen(connection: Connection, step: tuple[Any, ...]) -> None:
    match step:
        case "report", sent, replace:
            writes.put_reports(connection, [report_row(**fields) for fields in sent], replace=replace)
        case "decide", sent, replace:
            writes.put_decisions(connection, [decision_row(**fields) for fields in sent], replace=replace)
        case "close", key, action:
            pending = (report.c.report_id == key) & report.c.action.is_(None)
            for stored in connection.execute(select(report).where(pending)).mappings().all():
                fields = {name: stored[name] for name in ReportRow.model_fields}
                late = report_row(stored["origin"], **{**fields, "action": action, "decided_at": stored["created_at"]})
                assert writes.put_reports(connection, [late]) == writes.Counts(updated=1)
        case _:
            rollup(connection, SLA)


def content(connection: Connection, table: Table) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row) for row in connection.execute(select(table)))


def said(value: object) -> str:
    return "(none)" if value is None else str(value)


def counted_reports(connection: Connection) -> Counter[tuple[Any, ...]]:
    sums: Counter[tuple[Any, ...]] = Counter()
    for one in connection.execute(select(report)).mappings():
        day = one["created_at"].astimezone(ZONE).date()
        key = (one["media_type"], one["violation"], said(one["action"]), said(one["source"]), said(one["provider"]))
        sums[one["origin"], day, *key] += 1
    return Counter((*key, count) for key, count in sums.items())


def counted_decisions(connection: Connection) -> Counter[tuple[Any, ...]]:
    taken: Counter[tuple[Any, ...]] = Counter()
    affected: Counter[tuple[Any, ...]] = Counter()
    for one in connection.execute(select(decision)).mappings():
        scope = "single" if one["affected_records"] == 1 else "bulk"
        day = one["decided_at"].astimezone(ZONE).date()
        key = (one["origin"], day, one["media_type"], one["action"], scope)
        taken[key] += 1
        affected[key] += one["affected_records"]
    return Counter((*key, count, affected[key]) for key, count in taken.items())


@quick
@given(steps)
def test_after_every_rollup_the_cubes_hold_what_plain_loops_count(engine: Engine, drawn: list[tuple[Any, ...]]) -> None:
    with engine.connect() as connection:
        for step in [*drawn, ("roll up",)]:
            happen(connection, step)
            if step == ("roll up",):
                assert content(connection, cube_report) == counted_reports(connection)
                assert content(connection, cube_decision) == counted_decisions(connection)
                assert content(connection, report_field) == counted_fields(connection)
                assert not content(connection, dirty_report_day)
        tables = (cube_report, cube_decision, report_field, dimension_value)
        held = [content(connection, table) for table in tables]
        rollup(connection, SLA, everything=True)
        assert [content(connection, table) for table in tables] == held
        connection.rollback()


def test_a_report_closed_later_is_updated_and_its_day_counted_anew(connection: Connection) -> None:
    assert writes.put_reports(connection, [report_row()]) == writes.Counts(new=1)
    rollup(connection, SLA)
    closed = report_row(action="deindexed_copyright", decision_id="D1", decided_at=START + timedelta(days=3))
    assert writes.put_reports(connection, [closed]) == writes.Counts(updated=1)
    assert content(connection, dirty_report_day) == Counter({("a", date(2024, 2, 26)): 1})
    rollup(connection, SLA)
    assert list(content(connection, cube_report)) == [
        ("a", date(2024, 2, 26), "image", "sensitive", "deindexed_copyright", "(none)", "(none)", 1)
    ]


def counted_fields(connection: Connection) -> Counter[tuple[Any, ...]]:
    """What reports and decisions say of each of their fields, by day."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for one in connection.execute(select(report)).mappings():
        counts[one["origin"], one["created_at"].astimezone(ZONE).date(), "violation", one["violation"]] += 1
    for one in connection.execute(select(decision)).mappings():
        day = one["origin"], one["decided_at"].astimezone(ZONE).date()
        counts[*day, "action", one["action"]] += 1
        if one["automated"] is not None:
            counts[*day, "automated", "yes" if one["automated"] else "no"] += 1
    return Counter((*key, count) for key, count in counts.items())


def test_the_same_report_is_seen_and_another_action_is_a_conflict(connection: Connection) -> None:
    writes.put_reports(connection, [report_row(action="rejected_reports")])
    assert writes.put_reports(connection, [report_row()]) == writes.Counts(seen=1)
    other = report_row(action="marked_sensitive")
    assert writes.put_reports(connection, [other]) == writes.Counts(conflicts=[(0, "action")])
    assert writes.put_reports(connection, [other], replace=True) == writes.Counts(updated=1)


def test_no_record_and_many_records_are_bulk(connection: Connection) -> None:
    sizes = {"D0": 0, "D1": 1, "D2": 2}
    rows = [decision_row(decision_id=key, affected_records=size) for key, size in sizes.items()]
    assert writes.put_decisions(connection, rows) == writes.Counts(new=3)
    rollup(connection, SLA)
    assert {row[4:] for row in content(connection, cube_decision)} == {("single", 1, 1), ("bulk", 2, 2)}


def test_values_of_open_dimensions_are_remembered_since_their_first_day(connection: Connection) -> None:
    writes.put_reports(
        connection,
        [
            report_row(report_id="R1", source="flickr", provider="museum"),
            report_row(report_id="R2", source="flickr", created_at=START - timedelta(days=2)),
        ],
    )
    writes.put_decisions(connection, [decision_row(media_type="audio", decided_at=START + timedelta(days=1))])
    rollup(connection, SLA)
    assert values_of(connection, ["a"]) == {
        Dim.MEDIA_TYPE: [Value("image", 0, date(2024, 2, 24)), Value("audio", 1, date(2024, 2, 27))],
        Dim.PROVIDER: [Value("museum", 0, date(2024, 2, 26))],
        Dim.SOURCE: [Value("flickr", 0, date(2024, 2, 24))],
    }


def test_a_rollup_of_reports_is_a_version_and_one_of_nothing_is_none(connection: Connection) -> None:
    before = version(connection)
    writes.put_reports(connection, [report_row()])
    assert rollup(connection, SLA) == 1
    assert version(connection) == before + 1
    assert rollup(connection, SLA) == 0
    assert version(connection) == before + 1


def test_another_zone_moves_reports_decisions_and_what_is_covered(connection: Connection) -> None:
    utc, tokyo = ZoneInfo("UTC"), ZoneInfo("Asia/Tokyo")
    evening = datetime(2024, 3, 1, 20, tzinfo=UTC)
    writes.put_origin(connection, "a", "import", evening)
    writes.put_reports(connection, [report_row(zone=utc, created_at=evening)])
    writes.put_decisions(connection, [decision_row(zone=utc, decided_at=evening)])
    for feed in (Feed.REPORTS, Feed.DECISIONS):
        writes.put_coverage(connection, "a", [date(2024, 3, 1)], feed)
    rollup(connection, SLA)
    rezone(connection, tokyo, SLA)
    moved = date(2024, 3, 2)
    assert connection.scalars(select(report.c.created_day)).all() == [moved]
    assert connection.scalars(select(decision.c.decided_day)).all() == [moved]
    assert connection.scalars(select(cube_report.c.day)).all() == [moved]
    assert connection.scalars(select(cube_decision.c.day)).all() == [moved]
    assert [origins(connection, feed)[0].last_day for feed in (Feed.REPORTS, Feed.DECISIONS)] == [moved, moved]
    assert origins(connection, Feed.FLAGS)[0].last_day is None
