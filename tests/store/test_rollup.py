from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, Table, select

from dashapp.domain.messages import FlagRow, Reviewer
from dashapp.domain.vocabulary import NOT_GIVEN, Dim, Severity
from dashapp.store import bins, writes
from dashapp.store.dirty import runs
from dashapp.store.engine import writer_engine
from dashapp.store.rollup import rollup
from dashapp.store.schema import (
    CORE,
    CUBES,
    DERIVED,
    HOURS,
    MEASURES,
    THIN,
    dimension_value,
    dirty_day,
    flag,
    flag_field,
    hours_histogram,
    metadata,
    score_histogram,
    signal_day,
    thin_cube,
    workload,
)
from tests.metrics.worlds import FIRST, TEAMS, flags, message

UTC = ZoneInfo("UTC")
SLA = {Severity.LOW: 100.0, Severity.MEDIUM: 72.0, Severity.HIGH: 24.0, Severity.CRITICAL: 4.0}

quick = settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
    report_multiple_bugs=False,
)
ids = st.integers(0, 9).map("F{}".format)
scores = st.sampled_from((0.0, 0.009999999, 0.01, 0.29, 0.57, 0.58, 0.999, 1.0))
sent = st.lists(st.tuples(ids, flags() | st.builds(lambda flag, score: {**flag, "score": score}, flags(), scores)))
steps = st.lists(
    st.tuples(st.just("send"), sent, st.booleans())
    | st.tuples(st.just("decide"), ids, st.sampled_from((0.0, 3.5, 24.0, 30.0, 500.0)))
    | st.tuples(st.just("transfer"), st.sampled_from(sorted(TEAMS)), st.sampled_from(("north", "south", "west")))
    | st.tuples(st.just("roll up")),
    max_size=12,
)
"""What happens to a store. Ids are few, so that they repeat; flags that are sent again replace what is there or not."""


@pytest.fixture(scope="module")
def engine(shared_url: str) -> Iterator[Engine]:
    made = writer_engine(shared_url)
    metadata.create_all(made)
    yield made
    made.dispose()


def happen(connection: Connection, step: tuple[Any, ...], teams: dict[tuple[str, str], str]) -> None:
    """Take one step; `teams` follows who is in which."""
    match step:
        case "send", sent, replace:
            rows = [writes.flag_row(fields["origin"], message(fields, key), UTC) for key, fields in sent]
            writes.put_flags(connection, rows, replace=replace)
        case "decide", key, hours:
            undecided = (flag.c.flag_id == key) & flag.c.hours_to_decision.is_(None) & flag.c.decided_at.is_(None)
            for stored in connection.execute(select(flag).where(undecided)).mappings().all():
                fields = {name: stored[name] for name in FlagRow.model_fields} | {"hours_to_decision": hours}
                late = writes.flag_row(stored["origin"], FlagRow.model_validate(fields), UTC)
                assert writes.put_flags(connection, [late]) == writes.Counts(updated=1)
        case "transfer", (origin, key), team:
            who = Reviewer(reviewer_id=key, team=team, capacity_per_day=1)
            writes.put_reviewers(connection, origin, [who], replace=True)
            teams[origin, key] = team
        case _:
            rollup(connection, SLA)


def prepare(connection: Connection) -> None:
    """Two origins of which every day is covered, as an import leaves them."""
    for origin in ("a", "b"):
        writes.put_coverage(connection, origin, [FIRST + timedelta(days=n) for n in range(60)])
        for (name, key), team in TEAMS.items():
            if name == origin:
                happen(connection, ("transfer", (origin, key), team), {})


def content(connection: Connection, table: Table) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row) for row in connection.execute(select(table)))


def bins_of(connection: Connection, table: Table) -> Counter[tuple[Any, ...]]:
    """The filled bins of the stored histograms, each as its key, bin and count."""
    return Counter(
        (*key, first + place, int(count))
        for *key, first, counts in connection.execute(select(table))
        for place, count in enumerate(bins.unpacked(counts))
        if count
    )


def worked(facts: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Who decided how many human-review flags, by day."""
    done = Counter(
        (fact["origin"], fact["decided_day"], fact["reviewer_id"] or NOT_GIVEN)
        for fact in facts
        if fact["routing"] == "human_review" and fact["decided_day"] is not None
    )
    return [(*key, count) for key, count in done.items()]


@quick
@given(steps)
def test_after_every_rollup_the_tables_hold_what_plain_loops_over_the_flags_count(
    engine: Engine, drawn: list[tuple[Any, ...]]
) -> None:
    with engine.connect() as connection:
        prepare(connection)
        teams = dict(TEAMS)
        for step in [*drawn, ("roll up",)]:
            happen(connection, step, teams)
            if step == ("roll up",):
                agree(connection, teams)
        held = {table.name: content(connection, table) for table in (*DERIVED, dimension_value)}
        rollup(connection, SLA, everything=True)
        assert {table.name: content(connection, table) for table in (*DERIVED, dimension_value)} == held
        connection.rollback()


def agree(connection: Connection, teams: dict[tuple[str, str], str]) -> None:
    facts = [
        {**row, "team": teams.get((row["origin"], row["reviewer_id"]))}
        for row in connection.execute(select(flag)).mappings()
    ]
    for extra, cube in CUBES.items():
        dims = (*CORE, extra) if extra else CORE
        assert content(connection, cube) == Counter(counted(facts, dims)), cube.name
    assert content(connection, thin_cube) == Counter(counted(facts, THIN))
    assert content(connection, flag_field) == Counter(by_field(facts))
    assert content(connection, workload) == Counter(worked(facts))
    raised_on = Counter((fact["origin"], fact["flagged_day"], fact["category"]) for fact in facts)
    flagged = select(*(signal_day.c[name] for name in ("origin", "day", "category", "flags")))
    assert [tuple(row) for row in connection.execute(flagged.order_by(*flagged.selected_columns))] == sorted(
        (*key, many) for key, many in raised_on.items()
    )
    assert bins_of(connection, score_histogram) == Counter(by_score(facts))
    assert bins_of(connection, hours_histogram) == Counter(by_hours(facts))
    assert content(connection, dirty_day) == Counter()


def counted(facts: list[dict[str, Any]], dims: tuple[Dim, ...]) -> list[tuple[Any, ...]]:
    """The rows of a cube, in the order of its columns."""
    sums: dict[tuple[Any, ...], Counter[str]] = {}
    for fact in facts:
        key = tuple(said(fact, dim) for dim in dims)
        sums.setdefault((fact["origin"], fact["flagged_day"], *key), Counter()).update(raised(fact))
        if fact["decided_day"] is not None:
            sums.setdefault((fact["origin"], fact["decided_day"], *key), Counter()).update(decided=1)
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
        "confirmed": int(fact["label"] == "confirmed"),
        "rejected": int(fact["label"] == "rejected"),
        "scored": int(fact["score"] is not None),
        "score_nano": round((fact["score"] or 0) * 1e9),
    }


def by_field(facts: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What flags say of each field by the day raised, and which labels they have by the day decided."""
    names = ("category", "severity", "routing", "model_version", "region", "media_type", "detector")
    said_so = Counter(
        (fact["origin"], fact["flagged_day"], name, fact[name] or NOT_GIVEN) for fact in facts for name in names
    )
    labels = (fact for fact in facts if fact["label"] is not None and fact["decided_day"] is not None)
    said_so.update((fact["origin"], fact["decided_day"], "label", fact["label"]) for fact in labels)
    return [(*key, count) for key, count in said_so.items()]


def by_score(facts: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    dims = (Dim.CATEGORY, Dim.MODEL_VERSION, Dim.LABEL)
    keys = Counter(
        (fact["origin"], fact["flagged_day"], *(said(fact, dim) for dim in dims), score_bin(fact["score"]))
        for fact in facts
        if fact["score"] is not None
    )
    return [(*key, count) for key, count in keys.items()]


def by_hours(facts: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    keys = Counter(
        (
            fact["origin"],
            fact["flagged_day"],
            *(said(fact, dim) for dim in HOURS),
            hours_bin(fact["hours_to_decision"]),
        )
        for fact in facts
        if fact["hours_to_decision"] is not None
    )
    return [(*key, count) for key, count in keys.items()]


def said(fact: dict[str, Any], dim: Dim) -> str:
    return "(none)" if fact[dim] is None else str(fact[dim])


def score_bin(score: float) -> int:
    return min(int(Decimal(str(score)) * 100), 99)


def hours_bin(hours: float) -> int:
    return next(index for index in range(1000) if hours < 24 * 1.02 ** (index - 393))


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


def test_runs_join_days_that_follow_each_other_up_to_a_number_of_flags() -> None:
    start = date(2024, 1, 1)
    days = [start + timedelta(days=n) for n in range(5)]
    assert list(runs([], {})) == []
    assert list(runs([days[0], *days[2:4]], {})) == [(days[0], days[0]), (days[2], days[3])]
    full = dict(zip(days, (12_000, 8_000, 1, 50_000, 0), strict=True))
    assert list(runs(days, full)) == [
        (days[0], days[1]),
        (days[2], days[2]),
        (days[3], days[3]),
        (days[4], days[4]),
    ]


def test_any_decided_hours_lie_within_one_percent_of_the_middle_of_their_bin() -> None:
    for hours in (0.02, 0.5, 1, 23.99, 24, 24.01, 50.5, 8760):
        low, high = bins.hours_edges(int(bins.hours_bins(np.array([hours]))[0]))
        assert low <= hours < high
        assert abs((low * high) ** 0.5 / hours - 1) <= 0.01


def test_hours_at_the_ends_of_the_scale_have_a_bin() -> None:
    ten_thousand_years = 10_000 * 366 * 24.0
    assert bins.hours_bins(np.array([0.0, 0.009, 24.0, ten_thousand_years])).tolist() == [0, 0, 394, 1157]
    assert bins.hours_edges(0) == (0.0, pytest.approx(0.01, rel=0.01))


def test_a_score_that_is_a_bins_beginning_falls_in_that_bin() -> None:
    nano = np.array([hundredth * 10**7 for hundredth in range(101)])
    assert bins.score_bins(nano).tolist() == [*range(100), 99]
    assert bins.score_bins(nano[1:] - 1).tolist() == [*range(100)]


@pytest.mark.parametrize(("score", "bin_"), [(0.29, 29), (0.57, 57), (0.58, 58), (0.5799, 57), (1.0, 99), (0.0, 0)])
def test_a_stored_score_is_counted_in_its_bin(engine: Engine, score: float, bin_: int) -> None:
    fields = {"flagged_day": FIRST, "category": "spam", "severity": "low", "routing": "allow", "score": score}
    with engine.connect() as connection:
        writes.put_flags(connection, [writes.flag_row("a", message(fields, "F1"), UTC)])
        rollup(connection, SLA)
        assert [row[-2:] for row in bins_of(connection, score_histogram)] == [(bin_, 1)]
        connection.rollback()


def test_many_flags_of_one_day_are_summed_across_batches(engine: Engine) -> None:
    fields = {"flagged_day": FIRST, "category": "spam", "severity": "low", "routing": "allow", "score": 0.25}
    with engine.connect() as connection:
        sent = [writes.flag_row("a", message(fields, f"F{number}"), UTC) for number in range(12_001)]
        writes.put_flags(connection, sent)
        rollup(connection, SLA)
        cube = CUBES[None].c
        assert connection.execute(select(cube.raised, cube.score_nano)).all() == [(12_001, 3_000_250_000_000)]
        assert [row[-2:] for row in bins_of(connection, score_histogram)] == [(25, 12_001)]
        connection.rollback()
