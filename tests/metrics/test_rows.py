from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from dashapp.domain.access import ROLES, Role
from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.vocabulary import Case, Dim, Routing, Severity
from dashapp.metrics import METRICS, Desk, Policy, measure
from dashapp.metrics.rows import COLUMNS, NoRows, Wanted, all_rows, count_rows, select_rows
from dashapp.store import schema
from tests.metrics.worlds import FIRST, LAST, asked, put, questions, worlds
from tests.naive import Question, World, breach, decided_day

EVER = Ask(Window(FIRST, LAST))
WITHHELD = {"id", "reviewer_id", "reporter_key", "decision_id", "target_created_at", "name"}


def desk_of(connection: Any, world: World) -> Desk:
    policy = Policy(world.zone, {Severity(name): h for name, h in world.sla.items()})
    return Desk(connection, world.now, policy, permissions=ROLES[Role.ANALYST])


def told_of_every_flag(world: World) -> World:
    """The world as importers make it: an origin covers the days on which it raised flags."""
    raised = {name: {flag["flagged_day"] for flag in world.flags if flag["origin"] == name} for name in world.covered}
    return replace(world, covered={name: days | raised[name] for name, days in world.covered.items()})


def ids(rows: Any) -> list[str]:
    return [row[list(COLUMNS).index("flag_id")] for row in rows]


def expected(world: World, question: Question, case: Case | None) -> set[str]:
    """The ids that plain loops find."""
    real = [name for name, kind in world.kinds.items() if kind != "demo"]
    origins = question.filters.get("origin", real or list(world.kinds))
    today = world.now.astimezone(world.zone).date()
    until = min(question.until, today)
    return {
        f"F{number}"
        for number, flag in enumerate(world.flags)
        if flag["origin"] in origins
        and question.since <= flag["flagged_day"] <= until
        and all((flag[dim] or "(none)") in values for dim, values in question.filters.items() if dim != "origin")
        and in_case(flag, world, case, until)
    }


def in_case(flag: Any, world: World, case: Case | None, until: date) -> bool:
    if case is Case.OPEN:
        decided = decided_day(flag, world)
        return flag["routing"] == "human_review" and (decided is None or decided > until)
    return case is None or (breach(flag, world) or (0, 1))[0] == 1


@given(worlds(), questions(), st.sampled_from((None, *Case)))
def test_rows_and_their_count_are_those_that_plain_loops_find(
    engine: Engine, drawn: World, question: Question, case: Case | None
) -> None:
    world = told_of_every_flag(drawn)
    with engine.connect() as connection:
        put(connection, world)
        desk, wanted = desk_of(connection, world), Wanted(asked(question), case)
        found = ids(select_rows(desk, wanted, limit=1000))
        assert sorted(found) == sorted(expected(world, question, case))
        assert count_rows(desk, wanted) == len(found)
        connection.rollback()


@settings(max_examples=60)
@given(worlds(), st.sampled_from(list(COLUMNS)), st.sampled_from(("up", "down")), st.integers(1, 7))
def test_all_pages_together_are_all_rows_once_in_one_order(
    engine: Engine, drawn: World, sort: str, order: str, size: int
) -> None:
    world = told_of_every_flag(drawn)
    with engine.connect() as connection:
        put(connection, world)
        desk, wanted = desk_of(connection, world), Wanted(EVER, sort=sort, descending=order == "down")
        whole = [row for part in all_rows(desk, wanted) for row in part]
        pages = [select_rows(desk, wanted, size, offset) for offset in range(0, len(whole) + 1, size)]
        assert [row for page in pages for row in page] == [tuple(row) for row in whole]
        assert len({(row[0], row[1]) for row in whole}) == len(whole)
        in_order([row[list(COLUMNS).index(sort)] for row in whole], sort, descending=order == "down")
        connection.rollback()


def in_order(values: list[Any], sort: str, *, descending: bool) -> None:
    """Given values before those that are not, severity and routing by their place."""
    ranks = {"severity": list(Severity), "routing": list(Routing), "label": ["confirmed", "rejected", "duplicate"]}
    given_values = [value for value in values if value is not None]
    assert values[len(given_values) :] == [None] * (len(values) - len(given_values))
    keys = [ranks[sort].index(value) for value in given_values] if sort in ranks else given_values
    assert keys == sorted(keys, reverse=descending)


@settings(max_examples=60)
@given(worlds(), questions())
def test_late_rows_are_the_breaches_that_the_rate_counts(engine: Engine, drawn: World, question: Question) -> None:
    world = told_of_every_flag(drawn)
    with engine.connect() as connection:
        put(connection, world)
        desk = desk_of(connection, world)
        ask = replace(asked(question), by=(), trailing=1, grain=Grain.WHOLE)
        rate = measure(desk, METRICS["sla_breach_rate"], ask).total
        assert rate is not None
        assert count_rows(desk, Wanted(ask, Case.LATE)) == round((rate.value or 0) * rate.n / 100)
        connection.rollback()


@settings(max_examples=60)
@given(worlds())
def test_open_rows_up_to_a_day_are_the_backlog_of_that_day(engine: Engine, drawn: World) -> None:
    kept = [flag for flag in drawn.flags if (decided_day(flag, drawn) or LAST) >= flag["flagged_day"]]
    world = told_of_every_flag(replace(drawn, flags=kept))
    with engine.connect() as connection:
        put(connection, world)
        desk = desk_of(connection, world)
        for point in measure(desk, METRICS["backlog"], EVER).points:
            assert count_rows(desk, Wanted(Ask(Window(FIRST, point.bucket)), Case.OPEN)) == point.value
        connection.rollback()


@pytest.mark.sqlite_only
def test_a_page_far_down_is_read_from_its_days_alone(desk: Desk) -> None:
    asked_of: list[tuple[Any, ...]] = []

    @event.listens_for(desk.connection, "before_cursor_execute")
    def note(_c: Any, _k: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT flag.flag_id"):
            asked_of.append(parameters)

    assert ids(select_rows(desk, Wanted(EVER), limit=1, offset=2)) == ["F0"]
    assert ids(select_rows(desk, Wanted(EVER, descending=False), limit=2, offset=1)) == ["F1", "F2"]
    last, first = FIRST + timedelta(days=1), FIRST
    assert [parameters[:2] for parameters in asked_of] == [(str(first), str(first)), (str(first), str(last))]
    assert [parameters[-1] for parameters in asked_of] == [1, 1]


@pytest.fixture
def desk(engine: Engine) -> Iterator[Desk]:
    """A desk at a store with three flags of two days that have every column."""
    flag = {
        "category": "spam",
        "severity": "high",
        "routing": "human_review",
        "reviewer_id": "r1",
        "reporter_key": "who",
        "score": 0.5,
    }
    drawn = [
        {**flag, "flagged_day": FIRST, "item_id": "item-7", "target_key": "t_1%"},
        {**flag, "flagged_day": FIRST, "incident_id": "A1", "target_key": "T_1%"},
        {**flag, "flagged_day": FIRST + timedelta(days=1), "item_id": "item-77"},
    ]
    days = {FIRST + timedelta(days=n) for n in range(2)}
    now = datetime(2024, 3, 1, tzinfo=UTC)
    policy = Policy(ZoneInfo("UTC"), dict.fromkeys(Severity, 24.0))
    rows = [{"origin": "a", "team": None, **one} for one in drawn]
    with engine.connect() as connection:
        put(connection, World(rows, {"a": days, "b": set()}, {"a": "import"}, now, policy.zone, policy.sla))
        yield Desk(connection, now, policy, permissions=ROLES[Role.ANALYST])
        connection.rollback()


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("F1", ["F1"]),
        ("F", ["F2", "F1", "F0"]),
        ("item-7", ["F2", "F0"]),
        ("A1", ["F1"]),
        ("t_1%", ["F0"]),
        ("tx1", []),
        ("1", []),
    ],
)
def test_search_finds_ids_and_how_they_begin_and_takes_no_sign_for_a_pattern(
    desk: Desk, search: str, found: list[str]
) -> None:
    wanted = Wanted(EVER, search=search)
    assert ids(select_rows(desk, wanted, limit=9)) == found
    assert count_rows(desk, wanted) == len(found)


def test_what_must_not_leave_the_store_is_no_column() -> None:
    assert set(COLUMNS) & WITHHELD == set()
    assert {column.name for column in schema.flag.columns} - set(COLUMNS) == WITHHELD - {"name"}


def test_a_row_has_a_value_for_each_column_and_the_team_but_not_the_reviewer(desk: Desk) -> None:
    (row,) = select_rows(desk, Wanted(EVER, search="F2"), limit=9)
    named = dict(zip(COLUMNS, row, strict=True))
    assert {name: value for name, value in named.items() if value is not None} == {
        "flag_id": "F2",
        "origin": "a",
        "flagged_day": date(2024, 2, 25),
        "category": "spam",
        "severity": "high",
        "routing": "human_review",
        "score": 0.5,
        "team": "north",
        "item_id": "item-77",
    }


@pytest.mark.check(25)
@pytest.mark.parametrize("sort", ["reviewer_id", "reporter_key", "nonsense", "flag_id; DROP TABLE flag"])
def test_an_unknown_column_to_sort_by_is_refused(desk: Desk, sort: str) -> None:
    with pytest.raises(NoRows, match="cannot be sorted by") as refusal:
        select_rows(desk, Wanted(EVER, sort=sort), limit=9)
    assert refusal.value.refused


def test_rows_are_not_given_by_reviewer(desk: Desk) -> None:
    wanted = Wanted(EVER.where(Dim.REVIEWER, ["r1"]))
    for ask in (lambda: select_rows(desk, wanted, limit=9), lambda: count_rows(desk, wanted)):
        with pytest.raises(NoRows, match="reviewer"):
            ask()
