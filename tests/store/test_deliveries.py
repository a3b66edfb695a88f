from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.exc import IntegrityError

from dashapp.store.deliveries import (
    Delivery,
    Edition,
    Recipient,
    claim,
    deliveries_of,
    due,
    enqueue,
    enqueued,
    note_failed,
    note_sent,
    waiting,
    was_sent_before,
)
from dashapp.store.writings import delivery

NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIRST, THIRD = Edition("2024-W13", 1), Edition("2024-W13", 3, datetime(2024, 4, 1, 11, tzinfo=UTC))
LEAD = Recipient("mail", "d1", "l…@example.org")
HOOK = Recipient("slack", "d2", "hooks.example.org")


def one_of(writer: Engine, version: int = 1) -> Delivery:
    with writer.connect() as connection:
        [found] = deliveries_of(connection, "2024-W13", version)
    return found


def test_a_version_is_sent_once_to_each_recipient_by_each_channel(writer: Engine) -> None:
    with writer.begin() as connection:
        assert enqueue(connection, FIRST, [LEAD, HOOK, LEAD], NOON) == 2
        assert enqueue(connection, FIRST, [HOOK, LEAD], NOON) == 0
        assert [(one.channel, one.recipient) for one in due(connection, NOON)] == [
            ("mail", "l…@example.org"),
            ("slack", "hooks.example.org"),
        ]
        assert (enqueued(connection, "2024-W13"), enqueued(connection, "2024-W12")) == (FIRST, None)


def test_what_was_sent_is_not_due_any_more(writer: Engine) -> None:
    with writer.begin() as connection:
        enqueue(connection, FIRST, [LEAD], NOON)
        [found] = due(connection, NOON)
        assert claim(connection, found, NOON)
        note_sent(connection, found, NOON + MINUTE)
        assert not waiting(connection, NOON + 1000 * MINUTE)
    sent = one_of(writer)
    assert (sent.attempts, sent.sent_at, sent.given_up, sent.error) == (1, NOON + MINUTE, False, None)


def test_of_two_that_found_the_same_delivery_one_has_it(writer: Engine) -> None:
    with writer.begin() as connection:
        enqueue(connection, FIRST, [LEAD], NOON)
        [found] = due(connection, NOON)
        assert (claim(connection, found, NOON), claim(connection, found, NOON)) == (True, False)


def test_one_that_fails_is_tried_again_after_1_5_30_and_120_minutes_and_then_given_up(writer: Engine) -> None:
    now, waits = NOON, []
    with writer.begin() as connection:
        enqueue(connection, FIRST, [LEAD], NOON)
        while found := due(connection, now):
            assert claim(connection, found[0], now)
            note_failed(connection, found[0], now, "busy")
            [after] = deliveries_of(connection, "2024-W13", 1)
            assert not after.given_up or len(waits) == 4
            assert due(connection, after.due_at - MINUTE / 2) == []
            waits.append((after.due_at - now) / MINUTE)
            now = after.due_at
    assert waits[:4] == [1, 5, 30, 120]
    assert (one_of(writer).attempts, one_of(writer).given_up, one_of(writer).error) == (5, True, "busy")


def test_a_refusal_that_is_final_is_given_up_at_once(writer: Engine) -> None:
    with writer.begin() as connection:
        enqueue(connection, FIRST, [LEAD], NOON)
        [found] = due(connection, NOON)
        claim(connection, found, NOON)
        note_failed(connection, found, NOON, "refused (550)", final=True)
        assert not waiting(connection, NOON + 1000 * MINUTE)
    assert (one_of(writer).given_up, one_of(writer).error, one_of(writer).sent_at) == (True, "refused (550)", None)


def test_a_server_that_asks_for_a_longer_wait_gets_it(writer: Engine) -> None:
    with writer.begin() as connection:
        enqueue(connection, FIRST, [LEAD], NOON)
        [found] = due(connection, NOON)
        claim(connection, found, NOON)
        note_failed(connection, found, NOON, "busy", wait=600)
    assert one_of(writer).due_at == NOON + 10 * MINUTE


def test_one_whose_process_was_lost_is_tried_again_and_in_the_end_given_up(writer: Engine) -> None:
    now = NOON
    with writer.begin() as connection:
        enqueue(connection, FIRST, [LEAD], NOON)
        for _ in range(5):
            [found] = due(connection, now)
            assert claim(connection, found, now)
            [claimed] = deliveries_of(connection, "2024-W13", 1)
            now = claimed.due_at
        [found] = due(connection, now)
        assert not claim(connection, found, now)
    lost = one_of(writer)
    assert (lost.attempts, lost.given_up) == (5, True)
    assert lost.error == "the process that was sending it was lost, every time"


def test_a_failure_that_is_noted_late_changes_nothing_of_what_another_process_has_done(writer: Engine) -> None:
    with writer.begin() as connection:
        enqueue(connection, FIRST, [LEAD, HOOK], NOON)
        slow, other = due(connection, NOON)
        for one in (slow, other):
            claim(connection, one, NOON)
        again, _ = due(connection, NOON + MINUTE)
        claim(connection, again, NOON + MINUTE)
        note_failed(connection, slow, NOON + MINUTE, "late", final=True)
        note_sent(connection, other, NOON + MINUTE)
        note_failed(connection, other, NOON + MINUTE, "late", final=True)
        claimed, sent = deliveries_of(connection, "2024-W13", 1)
    assert (claimed.attempts, claimed.given_up, claimed.error) == (2, False, None)
    assert (sent.sent_at, sent.given_up, sent.error) == (NOON + MINUTE, False, None)


def test_a_newer_version_takes_the_place_of_what_was_not_sent_yet(writer: Engine) -> None:
    with writer.begin() as connection:
        enqueue(connection, FIRST, [LEAD, HOOK], NOON)
        first, _ = due(connection, NOON)
        claim(connection, first, NOON)
        note_sent(connection, first, NOON)
        assert not was_sent_before(connection, FIRST)
        enqueue(connection, THIRD, [LEAD, HOOK], NOON)
        assert was_sent_before(connection, THIRD)
        assert [(one.version, one.channel) for one in due(connection, NOON)] == [(3, "mail"), (3, "slack")]
        sent, replaced = deliveries_of(connection, "2024-W13", 1)
    assert (sent.given_up, replaced.given_up, replaced.error) == (False, True, "a newer one took its place")


def test_a_version_goes_again_as_it_was_approved_and_never_twice_as_it_was_before(writer: Engine) -> None:
    approved = Edition("2024-W13", 1, NOON - MINUTE)
    with writer.begin() as connection:
        enqueue(connection, FIRST, [LEAD, HOOK], NOON)
        mail, _ = due(connection, NOON)
        claim(connection, mail, NOON)
        note_sent(connection, mail, NOON)
        assert enqueue(connection, approved, [LEAD, HOOK], NOON) == 2
        assert enqueue(connection, approved, [LEAD, HOOK], NOON) == 0
        assert enqueued(connection, "2024-W13") == approved
        assert [(one.edition, one.channel) for one in due(connection, NOON)] == [
            (approved, "mail"),
            (approved, "slack"),
        ]
        assert (was_sent_before(connection, approved), was_sent_before(connection, FIRST)) == (True, False)
        again = {"week": "2024-W13", "version": 1, "approved_at": None, "channel": "mail", "digest": "d1"}
        rest = {"recipient": "l", "attempts": 0, "due_at": NOON, "given_up": False}
    with pytest.raises(IntegrityError), writer.begin() as connection:
        connection.execute(insert(delivery), {**again, **rest})
