"""Metrics of published counts say what plain loops say, on generated rows and questions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from dashapp.domain.messages import AggregateRow
from dashapp.domain.vocabulary import NOT_GIVEN, Feed, Severity
from dashapp.metrics import METRICS, Desk, Policy, measure
from dashapp.store import writes
from tests.metrics.test_twins import same
from tests.metrics.worlds import FIRST, LAST, asked, questions
from tests.naive import Question, World
from tests.naive_aggregates import AGGREGATES, MARGINAL, Published

SLA = dict.fromkeys(Severity, 24.0)
VALUES: dict[str, tuple[str, ...]] = {
    "rows": (NOT_GIVEN,),
    "category": ("violence", "=scams", "self_harm"),
    "content_type": ("text", "image", NOT_GIVEN),
    "decision_visibility": ("removed", NOT_GIVEN),
    "automated_decision": ("fully", "partially", "not_automated"),
    "automated_detection": ("yes", "no"),
    "moderation_delay": (NOT_GIVEN,),
    "disclosure_delay": (NOT_GIVEN,),
}
KNOWN = {
    **{dim: values for dim, values in VALUES.items() if dim in MARGINAL},
    "origin": ("a", "b", "nobody"),
    "platform": ("Chat", "Board", "Nowhere"),
}
days = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))


@st.composite
def counts(draw: st.DrawFn) -> dict[str, Any]:
    """A day's count: of a delay with a mean, but now and then without."""
    dimension = draw(st.sampled_from(("rows", "rows", *VALUES)))
    measured = dimension.endswith("_delay") and draw(st.sampled_from((True, True, False)))
    return {
        "origin": draw(st.sampled_from(("a", "b"))),
        "platform": draw(st.sampled_from(("Chat", "Board"))),
        "dimension": dimension,
        "value": draw(st.sampled_from(VALUES[dimension])),
        "flagged_day": draw(days),
        "count": draw(st.sampled_from((0, 1, 2, 40, 1_000_000))),
        "mean": draw(st.sampled_from((0, 59, 3600, 86_400, 820_713_600))) if measured else None,
    }


def cell(row: dict[str, Any]) -> tuple[str, str, str, str, date]:
    return row["origin"], row["platform"], row["dimension"], row["value"], row["flagged_day"]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """What two platforms of two origins counted; some days are not covered."""
    zone = ZoneInfo(draw(st.sampled_from(("UTC", "America/New_York", "Pacific/Auckland"))))
    now = datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC) + timedelta(days=draw(st.sampled_from((-3, 1, 32))))
    kinds = {"a": "import", "b": draw(st.sampled_from(("import", "demo")))}
    few = st.lists(counts(), max_size=4, unique_by=cell) | st.lists(counts(), min_size=30, max_size=90, unique_by=cell)
    return World(draw(few), {}, kinds, now, zone, {"any": 0.0})


def put(connection: Connection, world: World) -> None:
    """Store the world as the importer would."""
    for name, kind in world.kinds.items():
        rows = [row for row in world.flags if row["origin"] == name]
        names = ("platform", "dimension", "value", "count", "mean")
        told = [AggregateRow(day=row["flagged_day"], **{name: row[name] for name in names}) for row in rows]
        writes.put_aggregates(connection, name, told, replace=False)
        writes.put_origin(connection, name, kind, world.now)
        writes.put_coverage(connection, name, {row["flagged_day"] for row in rows}, Feed.AGGREGATES)


@given(worlds(), st.lists(questions(KNOWN), min_size=4, max_size=4))
def test_every_metric_says_what_plain_loops_over_the_rows_say(
    engine: Engine, world: World, asks: list[Question]
) -> None:
    with engine.connect() as connection:
        put(connection, world)
        desk = Desk(connection, world.now, Policy(world.zone, SLA))
        for key, question in product(AGGREGATES, asks):
            if not agrees(desk, Published(key, world, question)):
                assert agrees(desk, Published(key, world, kept(Published(key, world, question))))
        connection.rollback()


def kept(twin: Published) -> Question:
    """As much of a question as the metric answers: of the dimensions that exclude each other one."""
    named = sorted({*twin.question.by, *twin.question.filters} & twin.kept & MARGINAL)[:1]
    able = (twin.kept - MARGINAL).union(named)
    filters = {dim: values for dim, values in twin.question.filters.items() if dim in able}
    return replace(twin.question, by=tuple(dim for dim in twin.question.by if dim in able), filters=filters)


def agrees(desk: Desk, expected: Published) -> bool:
    """Whether both answer, with one answer; False when both refuse."""
    answer = measure(desk, METRICS[expected.metric], asked(expected.question))
    assert answer.refused == expected.refused, (expected.metric, answer.error)
    if answer.refused:
        return False
    assert answer.error is None
    assert answer.total is not None
    same([answer.total], [expected.total()], expected.metric)
    same(answer.points, expected.points(), expected.metric)
    return True
