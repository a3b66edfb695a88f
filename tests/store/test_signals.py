from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select

from dashapp.domain.messages import FlagRow
from dashapp.domain.vocabulary import Severity
from dashapp.store.portable import epoch
from dashapp.store.rollup import rollup
from dashapp.store.schema import dirty_day, flag, signal_day
from dashapp.store.writes import flag_row, put_flags

SLA = dict.fromkeys(Severity, 24.0)
DAY = date(2024, 3, 1)
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def put(connection: Connection, *flags: Mapping[str, Any], origin: str = "feed") -> None:
    """Store flags, of which only what is special is told, and roll up."""
    usual = {"category": "spam", "severity": "low", "routing": "allow"}
    rows = [
        FlagRow.model_validate(
            {"flag_id": f"F{number}", "flagged_day": fields.get("flagged_at", NOON).date(), **usual, **fields}
        )
        for number, fields in enumerate(flags, start=1)
    ]
    put_flags(connection, [flag_row(origin, row, ZoneInfo("UTC")) for row in rows])
    rollup(connection, SLA)


def told(connection: Connection, *names: str) -> list[tuple[Any, ...]]:
    columns = [signal_day.c[name] for name in names]
    ordered = select(*columns).order_by(signal_day.c.origin, signal_day.c.day, signal_day.c.category)
    return [tuple(row) for row in connection.execute(ordered)]


def test_what_flags_have_in_common_is_counted_by_day_and_category(writer: Engine) -> None:
    brigade = [
        {
            "flagged_at": NOON + timedelta(minutes=4 * number),
            "reporter_key": f"r{number}",
            "target_key": "t",
            "target_created_at": NOON - timedelta(days=3),
            "content_key": "c",
        }
        for number in range(5)
    ]
    other = {"flagged_at": NOON, "category": "fraud", "target_key": "t", "reporter_key": "r1"}
    with writer.begin() as connection:
        put(connection, *brigade, other)
        assert told(connection, "day", "category", "flags") == [(DAY, "fraud", 1), (DAY, "spam", 5)]
        assert told(connection, "targeted", "target_pairs", "aged", "young") == [(1, 0, 0, None), (5, 10, 5, 5)]
        assert told(connection, "keyed", "copies", "timed", "burst") == [(0, None, 1, 1), (5, 5, 5, 4)]
        assert told(connection, "reported", "reporter_pairs") == [(1, 0), (5, 0)]
        assert told(connection, "traced", "co_reports") == [(1, 0), (5, 10)]


def test_flags_with_a_day_only_have_no_burst_and_no_ages_rather_than_none_of_them(writer: Engine) -> None:
    with writer.begin() as connection:
        put(connection, {"flagged_day": DAY, "target_key": "t", "target_created_at": NOON, "reporter_key": "r"})
        names = ("timed", "burst", "aged", "young", "traced", "co_reports", "targeted", "target_pairs")
        assert told(connection, *names) == [(0, None, 0, None, 0, None, 1, 0)]


def test_an_origin_without_keys_tells_nothing_but_its_moments(writer: Engine) -> None:
    with writer.begin() as connection:
        put(connection, {"flagged_at": NOON}, {"flagged_at": NOON})
        names = ("target_pairs", "young", "copies", "reporter_pairs", "co_reports", "burst")
        assert told(connection, *names) == [(None, None, None, None, None, 2)]


def test_contents_whose_simhashes_differ_in_three_bits_are_copies_and_other_keys_only_when_equal(
    writer: Engine,
) -> None:
    near = [{"flagged_at": NOON, "content_key": key} for key in ("00000000000000f0", "00000000000000f7")] * 2
    unlike = [{"flagged_at": NOON, "category": "fraud", "content_key": f"key-{n}"} for n in (1, 1, 2, 2)]
    with writer.begin() as connection:
        put(connection, *near, *unlike, {"flagged_at": NOON, "content_key": "0000000000000f0f"})
        assert told(connection, "category", "keyed", "copies") == [("fraud", 4, 0), ("spam", 5, 4)]


def test_a_late_flag_changes_its_day_and_leaves_the_others(writer: Engine) -> None:
    with writer.begin() as connection:
        put(connection, *({"flagged_at": NOON + timedelta(days=n), "target_key": "t"} for n in (0, 1)))
        late = {"flag_id": "late", "flagged_at": NOON, "target_key": "t"}
        put(connection, late)
        assert told(connection, "day", "target_pairs") == [(DAY, 1), (DAY + timedelta(days=1), 0)]
        assert connection.execute(select(dirty_day)).all() == []


def test_days_that_are_rolled_up_together_are_counted_as_one_by_one(writer: Engine) -> None:
    keys = ("00000000000000f0", "00000000000000f1", "00000000000000f3")
    sent = [
        {"flag_id": f"{n}-{key}", "flagged_at": NOON + timedelta(days=n), "content_key": key, "target_key": "t"}
        for n in range(3)
        for key in keys[: n + 1]
    ]
    with writer.begin() as connection:
        for one in sent:
            put(connection, one)
        alone = told(connection, "day", "copies", "target_pairs")
        rollup(connection, SLA, everything=True)
        assert told(connection, "day", "copies", "target_pairs") == alone
        assert [copies for _, copies, _ in alone] == [0, 0, 3]


def test_a_moment_is_cut_to_the_same_second_on_both_engines(writer: Engine) -> None:
    moments = [datetime(2024, 3, 1, 0, 0, 7, micro, tzinfo=UTC) for micro in (0, 499_999, 500_000, 999_999)]
    with writer.begin() as connection:
        put(connection, *({"flagged_at": moment} for moment in moments))
        found = connection.scalars(select(epoch(flag.c.flagged_at)).order_by(flag.c.flagged_at)).all()
    assert [second - 1709251200 for second in found] == [7, 7, 7, 7]
