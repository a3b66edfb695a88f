from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from dashapp.store.orders import (
    end_late_orders,
    end_order,
    forget_orders,
    get_order,
    next_order,
    note_step,
    open_orders,
    put_order,
)

NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_the_oldest_that_has_not_ended_comes_next(writer: Engine) -> None:
    with writer.begin() as connection:
        one = put_order(connection, "2024-W12", "", "page", NOON)
        other = put_order(connection, "2024-W13", "", "page", NOON)
        first = next_order(connection)
        end_order(connection, one, NOON, ("2024-W12", 3))
        second, ended = next_order(connection), get_order(connection, one)
    assert (first and first.id, second and second.id) == (one, other)
    assert ended
    assert (ended.ended_at, ended.made, ended.version, ended.error) == (NOON, "2024-W12", 3, None)


def test_what_is_wanted_twice_is_ordered_once_until_it_is_begun(writer: Engine) -> None:
    with writer.begin() as connection:
        one = put_order(connection, None, "category=spam", "page", NOON)
        assert put_order(connection, None, "category=spam", "api", NOON) == one
        assert put_order(connection, None, "", "page", NOON) == one + 1
        assert put_order(connection, "2024-W12", "category=spam", "page", NOON) == one + 2
        note_step(connection, one, "measuring")
        assert put_order(connection, None, "category=spam", "page", NOON) == one + 3
        assert open_orders(connection) == 4


def test_orders_that_wait_for_longer_than_a_day_are_ended_in_words(writer: Engine) -> None:
    with writer.begin() as connection:
        old = put_order(connection, "2024-W12", "", "page", NOON)
        put_order(connection, "2024-W13", "", "page", NOON + timedelta(hours=1))
        assert end_late_orders(connection, NOON + DAY) == 0
        assert end_late_orders(connection, NOON + DAY + timedelta(minutes=1)) == 1
        ended = get_order(connection, old)
        assert open_orders(connection) == 1
    assert ended
    assert ended.error == "nothing made it within a day"


def test_orders_are_forgotten_thirty_days_after_their_end(writer: Engine) -> None:
    with writer.begin() as connection:
        number = put_order(connection, "2024-W12", "", "page", NOON)
        assert forget_orders(connection, NOON + 40 * DAY) == 0
        end_order(connection, number, NOON, None, "no day of 2024-W12 is over yet")
        assert forget_orders(connection, NOON + 30 * DAY) == 0
        assert forget_orders(connection, NOON + 31 * DAY) == 1
        assert get_order(connection, number) is None
