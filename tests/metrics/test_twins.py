from datetime import date
from typing import Any

from hypothesis import given
from sqlalchemy import Engine

from dashapp.domain.vocabulary import Severity
from dashapp.metrics import METRICS, Desk, Kind, Point, Policy, measure
from tests.metrics.worlds import asked, put, questions, worlds
from tests.naive import TWINS, Expected, Question, Twin, World


def test_every_metric_has_a_twin() -> None:
    assert set(TWINS) == set(METRICS)


@given(worlds(), questions())
def test_every_metric_says_what_plain_loops_over_the_rows_say(engine: Engine, world: World, question: Question) -> None:
    with engine.connect() as connection:
        put(connection, world)
        desk = Desk(connection, world.now, Policy(world.zone, {Severity(name): h for name, h in world.sla.items()}))
        for key in TWINS:
            answer, twin = measure(desk, METRICS[key], asked(question)), Twin(key, world, question)
            if answer.refused:
                assert METRICS[key].kind is Kind.STOCK
                assert question.trailing > 1
                continue
            assert answer.error is None
            assert answer.total is not None
            same([answer.total], [twin.total()], key)
            same(answer.points, twin.points(), key)
        connection.rollback()


def same(points: Any, expected: list[Expected], key: str) -> None:
    """Buckets, groups, n and provisional are equal, values within 1e-9 of each other, as a share of the value."""
    assert [exact(point) for point in points] == [(*rest[:2], *rest[3:]) for rest in expected], key
    for point, (_, _, value, _, _) in zip(points, expected, strict=True):
        if value is None or point.value is None:
            assert point.value is value, key
        else:
            assert abs(point.value - value) <= 1e-9 * abs(value), key


def exact(point: Point) -> tuple[date, tuple[str, ...], int, bool]:
    return point.bucket, point.groups, point.n, point.provisional
