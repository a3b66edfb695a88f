from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from dashapp.store.attribution import Share, attribution
from tests.store.test_signals import put

DAY = date(2024, 3, 1)
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def named(**fields: Any) -> dict[str, Any]:
    return {"flagged_at": NOON, "target_key": "t1", "reporter_key": "r1", "content_key": "c1", **fields}


def test_the_accounts_and_contents_with_the_most_flags_come_first_with_their_share(writer: Engine) -> None:
    with writer.begin() as connection:
        put(connection, named(), named(), named(target_key="t2"), named(target_key=None, content_key="c0"))
        found = attribution(connection, "feed", "spam", DAY, DAY)
    assert found.flags == 4
    assert (found.targets.of, found.targets.different) == (3, 2)
    assert found.targets.first == (Share("t1", 2, 2 / 3, 1), Share("t2", 1, 1 / 3, 1))
    assert found.contents.first == (Share("c1", 3, 0.75, 1), Share("c0", 1, 0.25, 1))


def test_of_reporters_only_their_number_and_shares_are_told(writer: Engine) -> None:
    sent = [named(reporter_key=key) for key in ("secret", "secret", "hidden", None)]
    with writer.begin() as connection:
        put(connection, *sent)
        found = attribution(connection, "feed", "spam", DAY, DAY)
    assert (found.reporters.of, found.reporters.different) == (3, 2)
    assert found.reporters.first == (Share(None, 2, 2 / 3, 1), Share(None, 1, 1 / 3, 1))
    assert "secret" not in repr(found)


def test_contents_that_are_nearly_the_same_count_as_the_one_that_comes_most_often(writer: Engine) -> None:
    keys = ("00000000000000f0", "00000000000000f1", "00000000000000f1", "ffff00000000ffff", "plain")
    with writer.begin() as connection:
        put(connection, *(named(content_key=key) for key in keys))
        found = attribution(connection, "feed", "spam", DAY, DAY)
    assert found.contents.different == 3
    assert found.contents.first[0] == Share("00000000000000f1", 3, 0.6, 2)


def test_flags_are_counted_by_hour_where_their_moment_is_known(writer: Engine) -> None:
    sent = [named(flagged_at=NOON + timedelta(minutes=minutes)) for minutes in (0, 59, 60)]
    with writer.begin() as connection:
        put(connection, *sent, {"flagged_day": DAY})
        found = attribution(connection, "feed", "spam", DAY, DAY)
    assert found.hours == ((NOON, 2), (NOON + timedelta(hours=1), 1))
    assert found.flags == 4


def test_only_flags_of_these_days_this_origin_and_category_are_read_and_ten_are_listed(writer: Engine) -> None:
    elsewhere = [named(category="fraud"), named(flagged_at=NOON - timedelta(days=1))]
    with writer.begin() as connection:
        put(connection, *(named(target_key=f"t{n:02d}") for n in range(12)), *elsewhere)
        put(connection, named(), origin="other")
        found = attribution(connection, "feed", "spam", DAY, DAY)
        assert attribution(connection, "nobody", "spam", DAY, DAY).flags == 0
    assert (found.flags, found.targets.different) == (12, 12)
    assert [one.key for one in found.targets.first] == [f"t{n:02d}" for n in range(10)]
