from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, Table, select

from dashapp.domain.events import Reviewer
from dashapp.domain.vocabulary import Dim, Severity
from dashapp.store import bins, writes
from dashapp.store.engine import writer_engine
from dashapp.store.rollup import rollup, runs
from dashapp.store.schema import (
    CORE,
    CUBES,
    MEASURES,
    dimension_value,
    dirty_day,
    flag,
    hours_histogram,
    metadata,
    score_histogram,
)
from tests.metrics.worlds import FIRST, TEAMS, flags, message

UTC = ZoneInfo("UTC")
SLA = {Severity.LOW: 100.0, Severity.MEDIUM: 72.0, Severity.HIGH: 24.0, Severity.CRITICAL: 4.0}
DERIVED = [*CUBES.values(), score_histogram, hours_histogram]

quick = settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
    report_multiple_bugs=False,
)
batches = st.lists(
    st.tuples(st.lists(st.tuples(st.integers(0, 9), flags()), max_size=8), st.booleans(), st.booleans()), max_size=4
)
"""What is sent, batch by batch: ids from a few, so that they repeat; whether to replace; whether to roll up after."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    path: Path = tmp_path_factory.mktemp("rollup") / "test.sqlite"
    made = writer_engine(f"sqlite:///{path}")
    metadata.create_all(made)
    yield made
    made.dispose()


def send(connection: Connection, drawn: list[Any]) -> None:
    for origin in ("a", "b"):
        team = [
            Reviewer(reviewer_id=key, team=team, capacity_per_day=1)
            for (name, key), team in TEAMS.items()
            if name == origin
        ]
        writes.put_reviewers(connection, origin, team, replace=False)
    for sent, replace, then_roll_up in drawn:
        rows = [writes.flag_row(fields["origin"], message(fields, f"F{key}"), UTC) for key, fields in sent]
        writes.put_flags(connection, rows, replace=replace)
        if then_roll_up:
            rollup(connection, SLA)
    rollup(connection, SLA)


def content(connection: Connection, table: Table) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row) for row in connection.execute(select(table)))


@quick
@given(batches)
def test_rolling_up_what_changed_gives_the_tables_that_rolling_up_everything_gives(
    engine: Engine, drawn: list[Any]
) -> None:
    with engine.connect() as connection:
        send(connection, drawn)
        step_by_step = {table.name: content(connection, table) for table in DERIVED}
        rollup(connection, SLA, everything=True)
        assert {table.name: content(connection, table) for table in DERIVED} == step_by_step
        assert content(connection, dirty_day) == Counter()
        connection.rollback()


@quick
@given(batches)
def test_cubes_and_histograms_hold_what_plain_loops_over_the_flags_count(engine: Engine, drawn: list[Any]) -> None:
    with engine.connect() as connection:
        send(connection, drawn)
        facts = [dict(row) for row in connection.execute(select(flag)).mappings()]
        for extra, cube in CUBES.items():
            assert content(connection, cube) == Counter(counted(facts, extra)), cube.name
        assert content(connection, score_histogram) == Counter(by_score(facts))
        assert content(connection, hours_histogram) == Counter(by_hours(facts))
        connection.rollback()


def counted(facts: list[dict[str, Any]], extra: Dim | None) -> list[tuple[Any, ...]]:
    """The rows of a cube, in the order of its columns."""
    sums: dict[tuple[Any, ...], Counter[str]] = {}
    for fact in facts:
        dims = tuple(said(fact, dim) for dim in (*CORE, *([extra] if extra else [])))
        sums.setdefault((fact["origin"], fact["flagged_day"], *dims), Counter()).update(raised(fact))
        if fact["decided_day"] is not None:
            sums.setdefault((fact["origin"], fact["decided_day"], *dims), Counter()).update(decided=1)
    return [(*key, *(sums[key][name] for name in MEASURES)) for key in sums]


def raised(fact: dict[str, Any]) -> dict[str, int]:
    hours = fact["hours_to_decision"]
    if hours is None and fact["routing"] != "human_review":
        hours = 0.0
    return {
        "raised": 1,
        "decided_in_sla": int(hours is not None and hours <= SLA[Severity(fact["severity"])]),
        "coordinated": int(fact["coordinated"] is True),
        "marked": int(fact["coordinated"] is not None),
        "scored": int(fact["score"] is not None),
        "score_nano": round((fact["score"] or 0) * 1e9),
    }


def by_score(facts: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    dims = (Dim.CATEGORY, Dim.MODEL_VERSION, Dim.LABEL)
    keys = Counter(
        (fact["origin"], fact["flagged_day"], *(said(fact, dim) for dim in dims), bins.score_bin(fact["score"]))
        for fact in facts
        if fact["score"] is not None
    )
    return [(*key, count) for key, count in keys.items()]


def by_hours(facts: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    keys = Counter(
        (
            fact["origin"],
            fact["flagged_day"],
            *(said(fact, dim) for dim in CORE),
            bins.hours_bin(fact["hours_to_decision"]),
        )
        for fact in facts
        if fact["hours_to_decision"] is not None
    )
    return [(*key, count) for key, count in keys.items()]


def said(fact: dict[str, Any], dim: Dim) -> str:
    value = TEAMS.get((fact["origin"], fact["reviewer_id"])) if dim is Dim.TEAM else fact[dim]
    return "(none)" if value is None else str(value)


def test_a_value_keeps_its_position_when_others_come_before_it(engine: Engine) -> None:
    def send_category(name: str, day: date, flag_id: str) -> None:
        fields = {"flagged_day": day, "category": name, "severity": "low", "routing": "allow"}
        writes.put_flags(connection, [writes.flag_row("a", message(fields, flag_id), UTC)])
        rollup(connection, SLA)

    with engine.connect() as connection:
        send_category("spam", FIRST + timedelta(days=5), "F1")
        send_category("arson", FIRST, "F2")
        send_category("spam", FIRST + timedelta(days=2), "F3")
        values = select(dimension_value).where(dimension_value.c.dim == "category").order_by(dimension_value.c.position)
        assert [(row.value, row.position, row.first_day) for row in connection.execute(values)] == [
            ("spam", 0, FIRST + timedelta(days=2)),
            ("arson", 1, FIRST),
        ]
        connection.rollback()


def test_runs_join_days_that_follow_each_other_up_to_a_month() -> None:
    start = date(2024, 1, 1)
    assert list(runs([])) == []
    assert list(runs([start, start + timedelta(days=2), start + timedelta(days=3)])) == [
        (start, start),
        (start + timedelta(days=2), start + timedelta(days=3)),
    ]
    assert list(runs([start + timedelta(days=n) for n in range(33)])) == [
        (start, date(2024, 1, 31)),
        (date(2024, 2, 1), date(2024, 2, 2)),
    ]


def test_any_decided_hours_lie_within_one_percent_of_the_middle_of_their_bin() -> None:
    for hours in (0.02, 0.5, 1, 23.99, 24, 24.01, 50.5, 8760):
        low, high = bins.hours_edges(bins.hours_bin(hours))
        assert low <= hours * (1 + 1e-12)
        assert hours < high
        assert abs((low * high) ** 0.5 / hours - 1) <= 0.01
