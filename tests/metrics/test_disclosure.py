"""Nobody gets at the few cases of one person by putting two answers together."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain, combinations, product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from dashapp.domain.ask import Ask, Grain, Window, to_filters
from dashapp.domain.messages import ReportRow
from dashapp.domain.vocabulary import NOT_GIVEN, Dim, Feed, Severity
from dashapp.metrics import METRICS, Desk, Measurement, Policy, measure
from dashapp.metrics.disclosure import told_of_people, unnamed
from dashapp.metrics.pool import Pooling, Sums
from dashapp.metrics.registry import PERSONS, Kind, Privacy, Unit, metric
from dashapp.metrics.steps import Steps, begin_of, begins_after
from dashapp.store import writes
from dashapp.store.attribution import Leading, Share
from dashapp.store.closed import close_days
from dashapp.store.reads import Coverage
from dashapp.store.rollup import rollup

REPORTS = METRICS["reports"]
ZONE = ZoneInfo("UTC")
FIRST, SECOND, THIRD = (date(2024, 3, day) for day in (1, 2, 3))
WINDOWS = (Window(FIRST, FIRST), Window(SECOND, SECOND), Window(FIRST, SECOND))
PEOPLE = ("Ann", "Bo")
LEAST = 2
"""The smallest group that hides anything, and so the one that leaves least room for doubt."""
INNER, OUTER = 3, 6
"""Most reports of a person on a day: of worlds that are attacked, and of those that the attacker thinks possible."""

Counts = tuple[int, ...]
"""A world: the reports of Ann on the first day and the second, then those of Bo."""


def truth(world: Counts, name: str, window: Window) -> int:
    place = 2 * PEOPLE.index(name)
    return sum(n for day, n in zip((FIRST, SECOND), world[place : place + 2], strict=True) if day in list(window))


def sums_of(world: Counts, ask: Ask) -> Sums:
    found: Sums = {}
    names = [name for name in PEOPLE if name in (ask.chosen(Dim.CREATOR) or PEOPLE)]
    for name, (place, day) in product(names, enumerate((FIRST, SECOND))):
        n = world[2 * PEOPLE.index(name) + place]
        if n and day in list(ask.window):
            known = found.setdefault((name,) if ask.by else (), {})
            known[day] = (known.get(day, (0, 0))[0] + n, 0)
    return found


def quarter(day: date) -> date:
    return begin_of(day, monthly=False)


def answers(world: Counts) -> Iterator[int | None]:
    """Every number that can be had of a world by asking: the totals, each person in the split, and each choice."""
    coverage = Coverage(frozenset((FIRST, SECOND)), frozenset(), FIRST, SECOND)
    for window in WINDOWS:
        chosen = chain.from_iterable(combinations(PEOPLE, size) for size in (0, 1, 2))
        for names in chosen:
            filters = to_filters({Dim.CREATOR: names})
            ask = Ask(window, Grain.WHOLE, () if names else (Dim.CREATOR,), filters)
            pooling = Pooling(ask, REPORTS, coverage, THIRD)
            told = told_of_people(
                Measurement(REPORTS, ask),
                pooling,
                lambda one: sums_of(world, one),
                Steps(LEAST, quarter, coverage.days),
            )
            yield told.total.n if told.total else None
            if not names:
                shown = {point.groups: point.n for point in told.points}
                yield from (shown.get((name,)) for name in PEOPLE)


def test_no_two_numbers_together_tell_what_a_question_about_a_person_does_not() -> None:
    """For every pair of numbers of every small world there is another world with the same two, in which the person
    has another count; but where all reports of some day are one person's, as exact totals stand for no person, and
    where each report of a day is another person's and makes a step of theirs.
    """
    worlds = {world: tuple(answers(world)) for world in product(range(OUTER + 1), repeat=4)}
    targets = list(product(PEOPLE, WINDOWS))
    true = {world: tuple(truth(world, *target) for target in targets) for world in worlds}
    inner = [world for world in worlds if max(world) <= INNER]
    numbers = len(worlds[inner[0]])
    assert numbers == len(WINDOWS) * (1 + len(PEOPLE) + 3)
    for pair in combinations(range(numbers), 2):
        possible: defaultdict[Any, list[set[int]]] = defaultdict(lambda: [set() for _ in targets])
        for world, told in worlds.items():
            for values, n in zip(possible[told[pair[0]], told[pair[1]]], true[world], strict=True):
                values.add(n)
        for world in inner:
            told = worlds[world]
            for values, n in zip(possible[told[pair[0]], told[pair[1]]], true[world], strict=True):
                assert len(values) > 1 or not 0 < n < LEAST or alone(world) or in_one(world), (world, pair)


def alone(world: Counts) -> bool:
    """Whether all reports of a day are about one person."""
    return any(bool(world[day]) != bool(world[day + 2]) for day in (0, 1))


def in_one(world: Counts) -> bool:
    """Whether the second day has one report of each person, and each makes a step."""
    return world[1] == world[3] == 1 and world[0] % LEAST == world[2] % LEAST == LEAST - 1


Bounds = dict[tuple[int, int], int]
"""What the reports up to a day are at most more than those up to another."""


def pinned(days: int, bounds: Bounds) -> set[int]:
    """The days of which the reports follow from bounds of differences, by Floyd and Warshall."""
    most = [[0 if to == of else bounds.get((of, to), 10**6) for to in range(days + 1)] for of in range(days + 1)]
    for by, of, to in product(range(days + 1), repeat=3):
        most[of][to] = min(most[of][to], most[of][by] + most[by][to])
    return {day for day in range(days) if most[day][day + 1] == -most[day + 1][day]}


def bounds_of(told: dict[tuple[int, int], int], totals: list[int], least: int) -> Bounds:
    """What is known of a person of whom windows are told: none has fewer reports than 0, or more than all have."""
    found = {(day, day + 1): total for day, total in enumerate(totals)} | {(d + 1, d): 0 for d in range(len(totals))}
    for (since, until), n in told.items():
        found[since, until] = min(found.get((since, until), 10**6), n + least - 1)
        found[until, since] = min(found.get((until, since), 0), -n)
    return found


def test_windows_rounded_by_themselves_would_tell_of_every_day() -> None:
    each = {(since, until): (until - since) // 5 * 5 for since, until in combinations(range(13), 2)}
    assert pinned(12, bounds_of(each, [100] * 12, 5)) == set(range(12))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3)), min_size=1, max_size=20), st.integers(3, 5))
def test_steps_tell_of_no_day_how_many_reports_a_person_has(world: list[tuple[int, int]], least: int) -> None:
    """On every day somebody else has some, too. All windows are sums of days, so that those hold all that is told:
    after each stretch on which steps can be, how many there were since the beginning.
    """
    days = {FIRST + timedelta(days=place): both for place, both in enumerate(world)}
    steps = Steps(least, quarter, days)
    blocks = list(steps.blocks({day: (sum(both), 0) for day, both in days.items()}))
    found = steps.of({day: (mine, 0) for day, (mine, _) in days.items()}, blocks)
    ends = [(members[-1] - FIRST).days + 1 for _, members in blocks]
    told = {(0, end): sum(int(n) for day, (n, _) in found.items() if (day - FIRST).days < end) for end in ends}
    known = pinned(len(world), bounds_of(told, [sum(both) for both in world], least))
    assert not {day for day in known if 0 < world[day][0] < least}


def test_steps_are_counted_from_days_that_no_question_moves() -> None:
    assert [begin_of(date(2024, 3, 31), monthly=monthly) for monthly in (False, True)] == [
        date(2024, 1, 1),
        date(2024, 3, 1),
    ]
    assert begin_of(date(2024, 12, 1), monthly=False) == date(2024, 10, 1)
    assert [begins_after(date(2024, 12, day)) for day in (1, 2, 31)] == [
        date(2024, 12, 1),
        date(2025, 1, 1),
        date(2025, 1, 1),
    ]


def reports_of(creator: str | None, day: int, media_type: str) -> dict[str, Any]:
    return {
        "creator": creator,
        "media_type": media_type,
        "violation": "other",
        "created_at": datetime(2024, 3, day, 12, tzinfo=UTC),
    }


rows = st.builds(
    reports_of, st.sampled_from((None, "Ann", "Bo", "Cy")), st.integers(1, 3), st.sampled_from(("image", "audio"))
)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as opened:
        yield opened
        opened.rollback()


@settings(max_examples=12)
@given(st.lists(rows, min_size=8, max_size=40), st.integers(2, 5))
def test_a_count_of_a_person_is_the_steps_of_its_days_however_it_is_asked_for(
    engine: Engine, told: list[dict[str, Any]], least: int
) -> None:
    with engine.connect() as connection:
        desk = stored(connection, told, least)
        days = [date(2024, 3, day) for day in (1, 2, 3)]
        windows = [Window(since, until) for since in days for until in days if since <= until]
        kinds: list[tuple[str, ...]] = [(), ("image",), ("audio",)]
        splits: list[tuple[Dim, ...]] = [(Dim.CREATOR,), (Dim.CREATOR, Dim.STATUS), (Dim.VIOLATION, Dim.CREATOR)]
        for window, types, by in product(windows, kinds, splits):
            answer = measure(desk, REPORTS, Ask(window, Grain.WHOLE, by, to_filters({Dim.MEDIA_TYPE: types})))
            place = by.index(Dim.CREATOR)
            named = [point for point in answer.points if point.groups[place] != NOT_GIVEN]
            assert {point.n % least for point in named} <= {0}
            if by == (Dim.CREATOR,):
                every = {name: stepped(told, name, window, types, least) for name in ("Ann", "Bo", "Cy")}
                assert {point.groups[0]: point.n for point in named} == {name: n for name, n in every.items() if n}
        for window, types, names in product(windows, kinds, (("Ann",), ("Ann", "Bo"), ("Ann", "Bo", "Cy"))):
            filters = to_filters({Dim.MEDIA_TYPE: types, Dim.CREATOR: names})
            each = [stepped(told, name, window, types, least) for name in names]
            for grain, by in product((Grain.WHOLE, Grain.DAY), ((), (Dim.MEDIA_TYPE,))):
                answer = measure(desk, REPORTS, Ask(window, grain, by, filters))
                assert answer.refused == (0 in each)
                if not answer.refused:
                    assert (answer.total and answer.total.n) == sum(each)
                    assert by or sum(point.n for point in answer.points) == sum(each)
                    assert {point.n % least for point in answer.points} <= {0}
        connection.rollback()


def stored(connection: Connection, told: list[dict[str, Any]], least: int) -> Desk:
    now = datetime(2024, 3, 11, tzinfo=UTC)
    messages = [ReportRow.model_validate({"report_id": f"R{place}", **row}) for place, row in enumerate(told)]
    writes.put_origin(connection, "a", "import", now)
    writes.put_reports(connection, [writes.report_row("a", one, ZONE) for one in messages])
    writes.put_coverage(connection, "a", [FIRST + timedelta(days=n) for n in range(3)], Feed.REPORTS)
    rollup(connection, dict.fromkeys(Severity, 24.0))
    return Desk(connection, now, Policy(ZONE, dict.fromkeys(Severity, 24.0), small_group=least))


def stepped(told: list[dict[str, Any]], name: str, window: Window, types: tuple[str, ...], least: int) -> int:
    """The steps of a person in a window, by going through the days."""
    reported = [row for row in told if row["creator"] and (not types or row["media_type"] in types)]
    shown = seen = level = waiting = 0
    for day in (FIRST, SECOND, THIRD):
        today = [row["creator"] for row in reported if row["created_at"].date() == day]
        waiting, seen = waiting + len(today), seen + today.count(name)
        if waiting >= least:
            shown += (seen // least - level // least) * least if window.since <= day <= window.until else 0
            waiting, level = 0, seen
    return shown


def test_of_two_who_are_left_out_nobody_can_tell_whether_there_is_one(connection: Connection) -> None:
    """Eleven reports, ten of them told of: the last is of somebody left out, or of her who is told of."""
    other = stored(connection, [reports_of("Ann", 1, "image")] * 11, 5)
    alone = measure(other, REPORTS, Ask(WINDOWS[0], Grain.WHOLE, (Dim.CREATOR,)))
    connection.rollback()
    desk = stored(connection, [*[reports_of("Ann", 1, "image")] * 10, reports_of("Bo", 1, "image")], 5)
    beside = measure(desk, REPORTS, Ask(WINDOWS[0], Grain.WHOLE, (Dim.CREATOR,)))
    assert (alone.points, alone.total, alone.rounded_to) == (beside.points, beside.total, beside.rounded_to)
    assert [(point.groups, point.n) for point in beside.points] == [(("Ann",), 10)]


def test_where_days_are_closed_people_are_told_of_from_the_first_month_that_is_kept_whole(
    connection: Connection,
) -> None:
    desk = stored(connection, [reports_of("Ann", 1, "image")] * 11, 5)
    close_days(connection, SECOND)
    asked = Ask(Window(THIRD, THIRD), Grain.WHOLE, (Dim.CREATOR,))
    answer = measure(desk, REPORTS, asked)
    assert answer.refused
    assert answer.error == (
        "Of people, days are told of from 1 April 2024 on, the first month that is kept whole. Choose such days."
    )
    assert not measure(replace(desk, known={}), REPORTS, replace(asked, by=(Dim.ITEM_ID,))).refused
    assert not measure(desk, REPORTS, replace(asked, window=Window(date(2024, 4, 1), date(2024, 4, 2)))).refused


def test_each_of_several_values_of_a_filter_has_steps_of_its_own(connection: Connection) -> None:
    told = [reports_of("Ann", 1, kind) for kind, n in (("image", 9), ("audio", 6)) for _ in range(n)]
    both = to_filters({Dim.MEDIA_TYPE: ("image", "audio")})
    desk = stored(connection, told, 5)
    assert [
        [point.n for point in measure(desk, REPORTS, Ask(WINDOWS[0], Grain.WHOLE, (Dim.CREATOR,), filters)).points]
        for filters in ((), both)
    ] == [[15], [10]]


def test_of_those_who_are_not_named_few_flags_are_not_told_and_others_are_rounded_down() -> None:
    first = tuple(Share(key, n, n / 43, 1) for key, n in (("a", 17), ("b", 5), ("c", 4)))
    assert unnamed(Leading(43, 9, first), 5) == Leading(40, 5, (Share(None, 15, 0.375, 1), Share(None, 5, 0.125, 1)))
    assert unnamed(Leading(43, 9, first), 1) == Leading(43, 9, tuple(replace(one, key=None) for one in first))


def test_of_a_few_who_are_not_named_it_is_not_told_how_many_there_are() -> None:
    assert unnamed(Leading(3, 1, (Share(None, 3, 1.0, 1),)), 5) == Leading(0, 0, ())
    assert unnamed(Leading(7, 1, (Share("a", 7, 1.0, 1),)), 5) == Leading(5, 0, (Share(None, 5, 1.0, 1),))


def test_what_is_kept_by_people_is_a_count_and_what_is_kept_by_reviewer_is_for_leads() -> None:
    for one in METRICS.values():
        assert one.kind is Kind.FLOW or PERSONS.isdisjoint(one.dims)
        assert one.privacy is Privacy.TEAM or Dim.REVIEWER not in one.dims
    with pytest.raises(ValueError, match="only counts are told"):
        metric("Any", Unit.PERCENT, Kind.SHARE, dims=PERSONS)(a_metric)
    with pytest.raises(ValueError, match="for leads only"):
        metric("Any", Unit.COUNT, Kind.FLOW, dims=frozenset({Dim.REVIEWER}))(a_metric)


def a_metric(_ask: Ask) -> Any:
    """Counts nothing."""
