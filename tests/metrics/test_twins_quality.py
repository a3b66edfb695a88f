"""What is said of data as such is what plain loops say, on generated stores and questions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, Table, insert

from dashapp.domain.ask import STEPS, Grain
from dashapp.domain.vocabulary import NOT_GIVEN, Feed, Severity
from dashapp.metrics import METRICS, Desk, Policy, measure
from dashapp.store import moderation, schema, writes
from tests.metrics.test_twins import same
from tests.metrics.worlds import asked
from tests.naive import Question
from tests.naive_quality import KEPT_BY, OF_FEED, QUALITY, Kept, Lot

FIRST = date(2024, 2, 1)
LENGTH = 50
MIXES: dict[str, Sequence[dict[str, Any]]] = {
    ".": (),
    "a": ({"n": 20},),
    "b": ({"n": 60, "severity": "high", "violation": "other", "automated": True, "label": "confirmed"},),
    "c": ({"n": 60}, {"n": 60, "model_version": "v2", "region": "EMEA", "automated": False, "label": "rejected"}),
    "d": ({"n": 500, "category": "hate", "routing": "allow", "action": "reversed_deindex"},),
}
"""What a day may bring."""
GIVEN: dict[str, dict[str, Any]] = {
    "flags": {
        "category": "spam",
        "severity": "low",
        "routing": "human_review",
        "region": NOT_GIVEN,
        "media_type": "image",
        "detector": "text",
        "model_version": "v1",
        "label": None,
    },
    "reports": {"violation": "sensitive"},
    "decisions": {"action": "marked_sensitive", "automated": None},
}
"""What a lot says unless its mix says otherwise."""
stretches = st.lists(st.tuples(st.sampled_from(tuple(MIXES)), st.sampled_from((1, 2, 7, 13, 14, 15))), max_size=7)


def lots(name: str, feed: str, told: Iterable[tuple[str, int]]) -> list[Lot]:
    """A stretch of days after the other, each day with what its mix says of the feed's fields."""
    found, day = [], FIRST
    for mix, length in told:
        for _ in range(length):
            base = {"origin": name, "feed": feed, "day": day, **GIVEN[feed]}
            found += [{key: part.get(key, base.get(key)) for key in (*base, "n")} for part in MIXES[mix]]
            day += timedelta(days=1)
    return found


@st.composite
def stores(draw: st.DrawFn) -> Kept:
    """Two origins of any kind, quiet for so long."""
    names = {"a": draw(st.sampled_from(("import", "events"))), "b": draw(st.sampled_from(("import", "events", "demo")))}
    zone = ZoneInfo(draw(st.sampled_from(("UTC", "Pacific/Auckland"))))
    now = datetime(2024, 2, 1, 3, tzinfo=UTC) + timedelta(days=draw(st.integers(20, LENGTH + 20)))
    told = [lot for name, feed in product(names, GIVEN) for lot in lots(name, feed, draw(stretches))]
    days = st.integers(0, LENGTH + 20).map(lambda n: FIRST + timedelta(days=n))
    begin = draw(st.sets(st.integers(0, 8).map(lambda n: FIRST + timedelta(days=n)), max_size=9))
    covered = {name: {lot["day"] for lot in told if lot["origin"] == name} | begin for name in names}
    received = {name: draw(st.sets(days, max_size=4)) for name in names}
    hours = st.sampled_from((-0.02, 0.0, 1.5, 47.0, 14 * 24.0, 14 * 24.01))
    ends = {name: datetime.combine(max(covered[name], default=FIRST), time(12), UTC) for name in names}
    after = st.sampled_from((1, 2, 3)).map(lambda n: timedelta(days=n))
    delivered = {
        name: draw(hours.map(lambda n: now - timedelta(hours=n)) | after.map(ends[name].__add__)) for name in names
    }
    fields = st.tuples(
        st.sampled_from(tuple(names)),
        st.sampled_from(("category", "region", "provider")),
        days | st.sampled_from((6, 7, 8)).map(lambda n: FIRST + timedelta(days=n)),
    )
    return Kept(told, draw(st.lists(fields, max_size=5)), covered, received, names, delivered, now, zone)


def put(connection: Connection, kept: Kept) -> None:
    """Store what would have been derived from the rows."""
    for name, kind in kept.kinds.items():
        writes.put_origin(connection, name, kind, kept.delivered[name])
        writes.put_coverage(connection, name, kept.covered[name], Feed.FLAGS)
        counts = [{"origin": name, "day": day, "outcome": "new", "count": 1} for day in sorted(kept.received[name])]
        fill(connection, moderation.ingest_count, counts)
    values = [
        {"origin": name, "dim": field, "value": f"v{place}", "first_day": day, "position": place}
        for place, (name, field, day) in enumerate(kept.new)
    ]
    fill(connection, schema.dimension_value, values)
    none = dict.fromkeys(schema.MEASURES, 0)
    add_up(connection, schema.thin_cube, kept, "flags", lambda lot: {**none, "raised": lot["n"]})
    add_up(connection, moderation.cube_report, kept, "reports", lambda lot: {"received": lot["n"]})
    add_up(connection, moderation.cube_decision, kept, "decisions", lambda lot: {"taken": lot["n"], "affected": 0})
    for table, feeds in ((schema.flag_field, ["flags"]), (moderation.report_field, ["reports", "decisions"])):
        said: Counter[tuple[Any, ...]] = Counter()
        for lot in kept.lots:
            for of in OF_FEED[lot["feed"]] if lot["feed"] in feeds else ():
                if lot[of] is not None:
                    said[lot["origin"], lot["day"], of, str(lot[of])] += lot["n"]
        names = [column.name for column in table.columns]
        fill(connection, table, [dict(zip(names, (*key, n), strict=True)) for key, n in said.items()])


def add_up(connection: Connection, cube: Table, kept: Kept, feed: str, counts: Any) -> None:
    """Put lots into a cube; what they do not say was not given."""
    sums: dict[tuple[Any, ...], Counter[str]] = {}
    key = [column.name for column in cube.primary_key]
    for lot in kept.lots:
        if lot["feed"] == feed:
            place = tuple(lot[name] if lot.get(name) is not None else NOT_GIVEN for name in key)
            sums.setdefault(place, Counter()).update(counts(lot))
    fill(connection, cube, [{**dict(zip(key, place, strict=True)), **of} for place, of in sums.items()])


def fill(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Any grain and split, at times of one origin or of some fields, at times trailing."""
    since = FIRST + timedelta(days=draw(st.integers(-3, LENGTH)))
    grain = draw(st.sampled_from([grain for grain in Grain if grain not in STEPS]))
    filters: dict[str, tuple[str, ...]] = draw(
        st.sampled_from(
            ({}, {"origin": ("b",)}, {"origin": ("a", "b")}, {"field": ("severity", "automated", "region")})
        )
    )
    return Question(
        since,
        since + timedelta(days=draw(st.integers(0, 30))),
        grain,
        draw(st.sampled_from(((), ("origin",), ("field",), ("field", "origin")))),
        filters,
        draw(st.sampled_from((1, 7))) if grain is Grain.DAY else 1,
    )


def test_every_metric_of_data_as_such_has_a_twin() -> None:
    assert set(QUALITY) == {key for key, metric in METRICS.items() if metric.feed is Feed.ANY}


@given(stores(), st.lists(questions(), min_size=3, max_size=3))
def test_what_is_said_of_data_is_what_plain_loops_say(engine: Engine, kept: Kept, asks: list[Question]) -> None:
    policy = Policy(kept.zone, dict.fromkeys(Severity, 24.0))
    with engine.connect() as connection:
        put(connection, kept)
        desk = Desk(connection, kept.now, policy)
        for key, question in product(QUALITY, asks):
            asked_of = reduced(key, question)
            answer = measure(desk, METRICS[key], asked(asked_of))
            assert answer.error is None
            assert answer.total is not None
            expected = QUALITY[key](key, kept, asked_of)
            same([answer.total], [expected.total()], key)
            same(answer.points, expected.points(), key)
        connection.rollback()


def reduced(key: str, question: Question) -> Question:
    """As much of a question as the metric answers."""
    known = KEPT_BY.get(key, {"origin"})
    by = tuple(dim for dim in question.by if dim in known)
    filters = {dim: values for dim, values in question.filters.items() if dim in known}
    trailing = 1 if key.startswith("hours_since") else question.trailing
    return Question(question.since, question.until, question.grain, by, filters, trailing)
