from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import product

from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Engine

from dashapp.domain.access import ROLES, Role
from dashapp.domain.vocabulary import Feed, Severity
from dashapp.metrics import METRICS, Audience, Desk, Measurement, Point, Policy, measure
from tests.metrics.worlds import FILTERS, FIRST, NOTHING_COVERED, OF_REVIEWERS, asked, put, questions, worlds
from tests.naive import KEPT, OF_FLAGS, TWINS, Expected, Question, Twin, World
from tests.naive_aggregates import AGGREGATES
from tests.naive_kinds import Spread, twin
from tests.naive_reports import DECISIONS, REPORTS

QUARTILES = (0, 0.25, 0.5, 0.75, 1)


def test_every_metric_has_a_twin() -> None:
    elsewhere = (Feed.LIVE, Feed.WIRE, Feed.ANY)  # tested in test_live, test_wire and test_twins_quality
    assert {*TWINS, *REPORTS, *DECISIONS, *AGGREGATES} == {
        key for key, one in METRICS.items() if one.feed not in elsewhere
    }


@given(worlds(), st.lists(questions(FILTERS | OF_REVIEWERS), min_size=2, max_size=2))
@example(NOTHING_COVERED, [Question(FIRST, FIRST)])
def test_every_metric_says_what_plain_loops_over_the_rows_say(
    engine: Engine, world: World, asks: list[Question]
) -> None:
    with engine.connect() as connection:
        put(connection, world)
        policy = Policy(world.zone, {Severity(name): hours for name, hours in world.sla.items()})
        desk = Desk(connection, world.now, policy, Audience.SCREEN, permissions=ROLES[Role.LEAD])
        for key, question in product(TWINS, asks):
            if not agrees(desk, twin(key, world, question)):
                assert agrees(desk, twin(key, world, kept(key, question)))
        connection.rollback()


def kept(key: str, question: Question) -> Question:
    """As much of a question as the metric answers."""
    known = KEPT.get(key, OF_FLAGS)
    by = tuple(dim for dim in question.by if dim in known)
    filters = {dim: values for dim, values in question.filters.items() if dim in known and dim != "reviewer"}
    return replace(question, by=by, filters=filters, trailing=1)


def agrees(desk: Desk, expected: Twin) -> bool:
    """Whether both answer, with one answer; False when both refuse."""
    key = expected.metric
    answer = measure(desk, METRICS[key], asked(expected.question))
    assert answer.refused == expected.refused, (key, answer.error)
    if answer.refused:
        return False
    assert answer.error is None
    assert answer.total is not None
    same([answer.total], [expected.total()], key)
    same(answer.points, expected.points(), key)
    if isinstance(expected, Spread):
        same_spreads(answer, expected)
    return True


def same(points: Sequence[Point], expected: list[Expected], key: str) -> None:
    """Buckets, groups, n and provisional are equal, values within 1e-9 of each other, as a share of the value."""
    assert [exact(point) for point in points] == [(*rest[:2], *rest[3:]) for rest in expected], key
    for point, (_, _, value, _, _) in zip(points, expected, strict=True):
        close(point.value, value, key)


def exact(point: Point) -> tuple[date, tuple[str, ...], int, bool]:
    return point.bucket, point.groups, point.n, point.provisional


def same_spreads(answer: Measurement, expected: Spread) -> None:
    spreads = expected.spreads(QUARTILES)
    assert [(one.groups, one.n) for one in answer.spreads] == [one[:2] for one in spreads]
    for found, (_, _, values) in zip(answer.spreads, spreads, strict=True):
        for share, value in zip(QUARTILES, values, strict=True):
            close(found.quantile(share), value, expected.metric)


def close(found: float | None, value: float | None, key: str) -> None:
    if value is None or found is None:
        assert found is value, key
    else:
        assert abs(found - value) <= 1e-9 * abs(value), key
