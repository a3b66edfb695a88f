from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, insert

from dashapp.domain.ask import Ask, Window
from dashapp.domain.vocabulary import NOT_GIVEN, Dim, Severity
from dashapp.metrics import METRICS, Desk, Policy, measure
from dashapp.store.moderation import ingest_count

NOW = datetime(2024, 3, 30, 12, tzinfo=UTC)
POLICY = Policy(ZoneInfo("UTC"), dict.fromkeys(Severity, 24.0))


def received(origin: str, day: int, outcome: str, count: int) -> dict[str, object]:
    return {"origin": origin, "day": date(2024, 3, day), "outcome": outcome, "count": count}


def test_refused_events_are_a_share_of_all_received_also_those_of_which_no_origin_can_be_read(engine: Engine) -> None:
    with engine.connect() as connection:
        counts = [
            received("a", 28, "new", 6),
            received("a", 28, "seen", 2),
            received("a", 28, "refused", 1),
            received(NOT_GIVEN, 28, "refused", 1),
            received("a", 28, "timed", 8),
            received("a", 28, "ahead", 2),
            received("a", 30, "new", 5),
            received("demo", 30, "refused", 90),
        ]
        connection.execute(insert(ingest_count), counts)
        desk = Desk(connection, NOW, POLICY)
        ask = Ask(Window(date(2024, 3, 27), date(2024, 3, 30)))
        answer = measure(desk, METRICS["events_refused"], ask)
        by_origin = measure(desk, METRICS["events_refused"], Ask(ask.window, by=(Dim.ORIGIN,)))
        connection.rollback()
    assert [(point.bucket.day, point.value, point.n) for point in answer.points] == [
        (28, 20.0, 10),
        (29, None, 0),
        (30, 0.0, 5),
    ]
    assert answer.total is not None
    assert (round(answer.total.value or 0, 2), answer.total.n) == (13.33, 15)
    assert {(point.bucket.day, *point.groups): point.value for point in by_origin.points if point.n} == {
        (28, "a"): 100 / 9,
        (28, NOT_GIVEN): 100.0,
        (30, "a"): 0.0,
    }


def test_a_line_that_nobody_sent_does_not_stand_in_for_the_demo(engine: Engine) -> None:
    with engine.connect() as connection:
        counts = [received("demo", 30, "new", 9), received(NOT_GIVEN, 30, "refused", 1)]
        connection.execute(insert(ingest_count), counts)
        ask = Ask(Window(NOW.date(), NOW.date()))
        total = measure(Desk(connection, NOW, POLICY), METRICS["events_refused"], ask).total
        connection.rollback()
    assert total is not None
    assert (total.value, total.n) == (10.0, 10)


def test_where_nothing_was_received_there_is_no_data(engine: Engine) -> None:
    with engine.connect() as connection:
        answer = measure(Desk(connection, NOW, POLICY), METRICS["events_refused"], Ask(Window(NOW.date(), NOW.date())))
    assert (answer.points, answer.total and answer.total.value) == ((), None)


def test_clocks_that_are_ahead_and_events_that_are_late_are_shares_of_those_that_say_when_they_happened(
    engine: Engine,
) -> None:
    with engine.connect() as connection:
        counts = [
            received("a", 30, "new", 90),
            received("a", 30, "timed", 40),
            received("a", 30, "ahead", 1),
            received("a", 30, "late", 8),
            received("b", 30, "new", 10),
        ]
        connection.execute(insert(ingest_count), counts)
        desk, ask = Desk(connection, NOW, POLICY), Ask(Window(NOW.date(), NOW.date()), by=(Dim.ORIGIN,))
        found = {key: measure(desk, METRICS[key], ask) for key in ("events_ahead", "events_late", "events_refused")}
        connection.rollback()
    assert {key: [(p.groups, p.value, p.n) for p in answer.points] for key, answer in found.items()} == {
        "events_ahead": [(("a",), 2.5, 40)],
        "events_late": [(("a",), 20.0, 40)],
        "events_refused": [(("a",), 0.0, 90), (("b",), 0.0, 10)],
    }
