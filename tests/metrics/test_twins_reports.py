"""Metrics of reports and decisions say what plain loops say, on generated rows and questions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from dashapp.domain.messages import DecisionRow, ReportRow
from dashapp.domain.vocabulary import NOT_GIVEN, Action, Feed, Severity, Violation
from dashapp.metrics import METRICS, Desk, Policy, measure
from dashapp.store import writes
from dashapp.store.rollup import rollup
from tests.metrics.test_twins import same
from tests.metrics.worlds import FIRST, LAST, asked, questions
from tests.naive import Question, World
from tests.naive_reports import DECISIONS, REPORTS, Moderated, moderated

SLA = dict.fromkeys(Severity, 24.0)
REVERSED = ("reversed_mark_sensitive", "reversed_deindex")
GIVEN: Mapping[str, tuple[str | None, ...]] = {
    "media_type": ("image", "audio"),
    "source": (None, "flickr", "nasa"),
    "provider": (None, "=one", "two"),
    "creator": (None, "Ann", "Bo", "Cy"),
    "item_id": (None, "i1", "i2", "i3"),
}
KNOWN: dict[str, tuple[str, ...]] = {
    **{name: tuple(value or NOT_GIVEN for value in values) for name, values in GIVEN.items()},
    "violation": tuple(Violation),
    "status": ("pending", "reviewed"),
    "decision_action": ("marked_sensitive", "rejected_reports", "deduplicated_reports", NOT_GIVEN),
    "action": ("marked_sensitive", "reversed_deindex", "rejected_reports"),
    "action_type": ("decision", "reversed_decision"),
    "scope": ("single", "bulk"),
    "origin": ("a", "b", "nobody"),
}
ACTIONS = (None, None, *Action)
TAKEN = (0.0, -0.5, 0.25, 3.0, 3.0, 24.0, 24.0, 100.0, 700.0)
moments = st.integers(0, 24 * ((LAST - FIRST).days + 1) - 1).map(
    lambda hours: datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + timedelta(hours=hours)
)


@st.composite
def reports(draw: st.DrawFn) -> dict[str, Any]:
    """A report: open, decided, or decided nobody knows when."""
    row: dict[str, Any] = {name: draw(st.sampled_from(values)) for name, values in GIVEN.items()}
    at, action = draw(moments), draw(st.sampled_from(ACTIONS))
    known = action is not None and draw(st.sampled_from((True, True, False)))
    return {
        **row,
        "origin": draw(st.sampled_from(("a", "b"))),
        "violation": draw(st.sampled_from(Violation)),
        "created_at": at,
        "action": action,
        "decided_at": at + timedelta(hours=draw(st.sampled_from(TAKEN))) if known else None,
    }


@st.composite
def decisions(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "origin": draw(st.sampled_from(("a", "b"))),
        "media_type": draw(st.sampled_from(("image", "audio"))),
        "decided_at": draw(moments),
        "action": draw(st.sampled_from(Action)),
        "affected_records": draw(st.sampled_from((0, 1, 1, 2, 40))),
    }


@st.composite
def worlds(draw: st.DrawFn) -> tuple[World, World]:
    """The reports and the decisions of two origins, with what plain loops need; some days are not covered."""
    zone = ZoneInfo(draw(st.sampled_from(("UTC", "America/New_York", "Pacific/Auckland"))))
    now = datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC) + timedelta(days=draw(st.sampled_from((-3, 1, 32))))
    every = {FIRST + timedelta(days=n - 1) for n in range((LAST - FIRST).days + 3)}
    kinds = {"a": "import", "b": draw(st.sampled_from(("import", "demo")))}

    def world(rows: Sequence[dict[str, Any]]) -> World:
        gaps = {name: draw(st.sets(st.sampled_from(sorted(every)), max_size=5)) for name in kinds}
        return World(rows, {name: every - gaps[name] for name in kinds}, kinds, now, zone, {"any": 0.0})

    few = st.lists(reports(), max_size=3) | st.lists(reports(), min_size=15, max_size=30)
    told = [
        {
            **row,
            "flagged_day": row["created_at"].astimezone(zone).date(),
            "status": "pending" if row["action"] is None else "reviewed",
            "decision_action": row["action"],
        }
        for row in draw(few)
    ]
    ruled = [
        {
            **row,
            "flagged_day": row["decided_at"].astimezone(zone).date(),
            "action_type": "reversed_decision" if row["action"] in REVERSED else "decision",
            "scope": "single" if row["affected_records"] == 1 else "bulk",
        }
        for row in draw(st.lists(decisions(), max_size=15))
    ]
    return world(told), world(ruled)


def put(connection: Connection, told: World, ruled: World) -> None:
    """Store both worlds as an importer would, and derive what is derived."""
    rows = [
        writes.report_row(row["origin"], of(ReportRow, row, report_id=f"R{number}"), told.zone)
        for number, row in enumerate(told.flags)
    ]
    writes.put_reports(connection, rows)
    rows = [
        writes.decision_row(row["origin"], of(DecisionRow, row, decision_id=f"D{number}"), ruled.zone)
        for number, row in enumerate(ruled.flags)
    ]
    writes.put_decisions(connection, rows)
    for name, kind in told.kinds.items():
        writes.put_origin(connection, name, kind, told.now)
        writes.put_coverage(connection, name, told.covered[name], Feed.REPORTS)
        writes.put_coverage(connection, name, ruled.covered[name], Feed.DECISIONS)
    rollup(connection, SLA)


def of(message: type[Any], row: Mapping[str, Any], **more: str) -> Any:
    return message(**{name: row[name] for name in message.model_fields if name in row}, **more)


@given(worlds(), st.lists(questions(KNOWN), min_size=3, max_size=3))
def test_every_metric_says_what_plain_loops_over_the_rows_say(
    engine: Engine, both: tuple[World, World], asks: list[Question]
) -> None:
    with engine.connect() as connection:
        put(connection, *both)
        desk = Desk(connection, both[0].now, Policy(both[0].zone, SLA, small_group=1))
        for key, question in product((*REPORTS, *DECISIONS), asks):
            twin = moderated(key, *both)
            if not agrees(desk, twin(question)):
                assert agrees(desk, twin(kept(twin(question))))
        connection.rollback()


def kept(twin: Moderated) -> Question:
    """As much of a question as the metric answers."""
    question = twin.question
    by = tuple(dim for dim in question.by if dim in twin.kept)
    filters = {dim: values for dim, values in question.filters.items() if dim in twin.kept}
    if {*by, *filters} >= {"creator", "item_id"}:
        by = tuple(dim for dim in by if dim != "item_id")
        filters.pop("item_id", None)
    grain = "whole" if {"creator", "item_id"}.intersection(by) else question.grain
    return replace(question, by=by, filters=filters, trailing=1, grain=grain)


def agrees(desk: Desk, expected: Moderated) -> bool:
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
