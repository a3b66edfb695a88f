"""Nobody gets at the few cases of one person by putting two answers together."""

from collections import defaultdict
from collections.abc import Iterator
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
from dashapp.store import writes
from dashapp.store.attribution import Leading, Share
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
    for name, (place, day) in product(ask.chosen(Dim.CREATOR) or PEOPLE, enumerate((FIRST, SECOND))):
        n = world[2 * PEOPLE.index(name) + place]
        if n and day in list(ask.window):
            known = found.setdefault((name,) if ask.by else (), {})
            known[day] = (known.get(day, (0, 0))[0] + n, 0)
    return found


def answers(world: Counts) -> Iterator[int | None]:
    """Every number that can be had of a world by asking: the totals, each person in the split, and each choice."""
    coverage = Coverage(frozenset((FIRST, SECOND)), frozenset(), FIRST, SECOND)
    for window in WINDOWS:
        chosen = chain.from_iterable(combinations(PEOPLE, size) for size in (0, 1, 2))
        for names in chosen:
            filters = to_filters({Dim.CREATOR: names})
            ask = Ask(window, Grain.WHOLE, () if names else (Dim.CREATOR,), filters)
            pooling = Pooling(ask, REPORTS, coverage, THIRD)
            told = told_of_people(Measurement(REPORTS, ask), pooling, lambda one: sums_of(world, one), LEAST)
            yield told.total.n if told.total else None
            if not names:
                shown = {point.groups: point.n for point in told.points}
                yield from (shown.get((name,)) for name in PEOPLE)


def test_no_two_numbers_together_tell_what_a_question_about_a_person_does_not() -> None:
    """For every pair of numbers of every small world there is another world with the same two, in which the person
    has another count.
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
                assert len(values) > 1 or not 0 < n < LEAST, (world, pair)


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
def test_counts_of_a_person_differ_by_whole_steps_whatever_days_and_filters_they_are_of(
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
            assert {point.n % least for point in answer.points if point.groups[place] != NOT_GIVEN} <= {0}
        for window, types, names in product(windows, kinds, (("Ann",), ("Ann", "Bo"), ("Ann", "Bo", "Cy"))):
            filters = to_filters({Dim.MEDIA_TYPE: types, Dim.CREATOR: names})
            for grain, by in product((Grain.WHOLE, Grain.DAY), ((), (Dim.MEDIA_TYPE,))):
                answer = measure(desk, REPORTS, Ask(window, grain, by, filters))
                counts = [point.n for point in (*answer.points, *([answer.total] if answer.total else []))]
                assert {n % least for n in counts} <= {0}
                assert answer.refused == any(count(told, name, window, types) < least for name in names)
        connection.rollback()


def stored(connection: Connection, told: list[dict[str, Any]], least: int) -> Desk:
    now = datetime(2024, 3, 11, tzinfo=UTC)
    messages = [ReportRow.model_validate({"report_id": f"R{place}", **row}) for place, row in enumerate(told)]
    writes.put_origin(connection, "a", "import", now)
    writes.put_reports(connection, [writes.report_row("a", one, ZONE) for one in messages])
    writes.put_coverage(connection, "a", [FIRST + timedelta(days=n) for n in range(3)], Feed.REPORTS)
    rollup(connection, dict.fromkeys(Severity, 24.0))
    return Desk(connection, now, Policy(ZONE, dict.fromkeys(Severity, 24.0), small_group=least))


def count(told: list[dict[str, Any]], name: str, window: Window, types: tuple[str, ...]) -> int:
    return sum(
        row["creator"] == name
        and window.since <= row["created_at"].date() <= window.until
        and (not types or row["media_type"] in types)
        for row in told
    )


def test_of_two_who_are_left_out_nobody_can_tell_whether_there_is_one(connection: Connection) -> None:
    """Eleven reports, ten of them told of: the last is of somebody left out, or of her who is told of."""
    other = stored(connection, [reports_of("Ann", 1, "image")] * 11, 5)
    alone = measure(other, REPORTS, Ask(WINDOWS[0], Grain.WHOLE, (Dim.CREATOR,)))
    connection.rollback()
    desk = stored(connection, [*[reports_of("Ann", 1, "image")] * 10, reports_of("Bo", 1, "image")], 5)
    beside = measure(desk, REPORTS, Ask(WINDOWS[0], Grain.WHOLE, (Dim.CREATOR,)))
    assert (alone.points, alone.total, alone.rounded_to) == (beside.points, beside.total, beside.rounded_to)
    assert [(point.groups, point.n) for point in beside.points] == [(("Ann",), 10)]


def test_of_those_who_are_not_named_few_flags_are_not_told_and_others_are_rounded_down() -> None:
    first = tuple(Share(key, n, n / 40, 1) for key, n in (("a", 17), ("b", 5), ("c", 4)))
    assert unnamed(Leading(40, 9, first), 5) == Leading(40, 9, (Share(None, 15, 0.375, 1), Share(None, 5, 0.125, 1)))


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
