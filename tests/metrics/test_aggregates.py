"""Published counts: each platform covers its own days, and of the dimensions a question names one."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine

from dashapp.domain.messages import AggregateRow
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Feed, Severity
from dashapp.metrics import METRICS, Desk, Measurement, Policy, as_of, measure
from dashapp.store.writes import put_aggregates, put_coverage, put_origin

NOW = datetime(2024, 3, 20, 12, tzinfo=UTC)
POLICY = Policy(ZoneInfo("UTC"), dict.fromkeys(Severity, 24.0))
COUNTS = {
    ("Chat", 1): {"violence": 6, "self_harm": 4},
    ("Chat", 2): {"violence": 8},
    ("Chat", 4): {"violence": 5},
    ("Board", 2): {"scams": 3},
    ("Board", 3): {"scams": 2},
}
"""Statements by platform and day of March, by category: Chat leaves the third out, Board begins on the second."""


@pytest.fixture
def desk(engine: Engine) -> Iterator[Desk]:
    with engine.connect() as connection:
        put_origin(connection, "dsa", "import", NOW)
        for (platform, day), of in COUNTS.items():
            put(connection, platform, day, "rows", {"(none)": sum(of.values())})
            put(connection, platform, day, "category", of)
        yield Desk(connection, NOW, POLICY)
        connection.rollback()


def put(
    connection: Connection, platform: str, day: int, dimension: str, counts: dict[str, int], mean: int | None = None
) -> None:
    rows = [
        AggregateRow(
            day=date(2024, 3, day), platform=platform, dimension=dimension, value=value, count=count, mean=mean
        )
        for value, count in counts.items()
    ]
    put_aggregates(connection, "dsa", rows, replace=False)
    put_coverage(connection, "dsa", [date(2024, 3, day)], Feed.AGGREGATES)


def ask(desk: Desk, query: str = "", key: str = "statements") -> Measurement:
    """The answer to a question about the first five days of March."""
    view = View.parse(f"since=2024-03-01&until=2024-03-05&{query}")
    assert view.problems == ()
    return measure(desk, METRICS[key], view.ask(as_of(desk, feed=Feed.AGGREGATES)))


def figures(answer: Measurement) -> list[tuple[int, str, float | None]]:
    return [(point.bucket.day, " ".join(point.groups), point.value) for point in answer.points]


def test_a_day_is_covered_by_any_platform_and_provisional_where_one_left_it_out(desk: Desk) -> None:
    answer = ask(desk)
    assert figures(answer) == [(1, "", 10), (2, "", 11), (3, "", 2), (4, "", 5)]
    assert [point.provisional for point in answer.points] == [False, False, True, False]
    assert answer.total is not None
    assert (answer.total.value, answer.total.n, answer.total.provisional) == (28, 28, True)
    assert answer.as_of == date(2024, 3, 4)


def test_a_platform_has_points_on_its_own_days_only(desk: Desk) -> None:
    assert figures(ask(desk, "by=platform")) == [
        (1, "Chat", 10),
        (2, "Board", 3),
        (2, "Chat", 8),
        (3, "Board", 2),
        (4, "Chat", 5),
    ]


def test_a_category_that_a_covered_platform_does_not_name_counts_0(desk: Desk) -> None:
    chat = figures(ask(desk, "by=platform&by=category&platform=Chat"))
    assert [one for one in chat if one[1] == "Chat self_harm"] == [
        (1, "Chat self_harm", 4),
        (2, "Chat self_harm", 0),
        (4, "Chat self_harm", 0),
    ]


def test_a_filter_by_platform_leaves_its_days(desk: Desk) -> None:
    answer = ask(desk, "platform=Board")
    assert figures(answer) == [(2, "", 3), (3, "", 2)]
    assert not any(point.provisional for point in answer.points)
    assert figures(ask(desk, "platform=Nobody")) == []


def test_a_day_on_which_only_others_told_of_a_dimension_is_not_covered_by_it(desk: Desk) -> None:
    put(desk.connection, "Chat", 1, "source_type", {"voluntary": 10})
    assert figures(ask(desk, "by=source_type")) == [(1, "voluntary", 10)]


def test_a_week_that_a_platform_does_not_fill_is_provisional(desk: Desk) -> None:
    answer = ask(desk, "by=platform&grain=week")
    assert [(*point[:3], point.provisional) for point in answer.points] == [
        (date(2024, 2, 26), ("Board",), 5, True),
        (date(2024, 2, 26), ("Chat",), 18, True),
        (date(2024, 3, 4), ("Chat",), 5, True),
    ]


def test_statements_of_several_content_types_count_once_in_the_total(desk: Desk) -> None:
    put(desk.connection, "Chat", 1, "content_type", {"text": 9, "image": 5})
    answer = ask(desk, "by=content_type")
    assert figures(answer) == [(1, "image", 5), (1, "text", 9)]
    assert answer.total is not None
    assert answer.total.value == 10


@pytest.mark.parametrize(
    ("query", "key", "reason"),
    [
        (
            "by=category&content_type=text",
            "statements",
            "Statements of reasons is not kept by category and content_type together: choose one.",
        ),
        ("by=severity", "statements", "Statements of reasons is not kept by severity."),
        ("category=violence", "automated_decisions", "Automated decisions is not kept by category."),
    ],
)
def test_what_no_count_tells_is_refused(desk: Desk, query: str, key: str, reason: str) -> None:
    answer = ask(desk, query, key)
    assert (answer.refused, answer.error) == (True, reason)


def test_automation_is_a_share_of_statements(desk: Desk) -> None:
    put(desk.connection, "Chat", 1, "automated_decision", {"fully": 6, "partially": 1, "not_automated": 1})
    put(desk.connection, "Board", 2, "automated_decision", {"not_automated": 2})
    put(desk.connection, "Chat", 1, "automated_detection", {"yes": 1, "no": 3})
    assert figures(ask(desk, key="automated_decisions")) == [(1, "", 75.0), (2, "", 0.0)]
    decided = ask(desk, "grain=whole", "automated_decisions").total
    assert decided is not None
    assert (decided.value, decided.n) == (60.0, 10)
    assert figures(ask(desk, key="automated_detections")) == [(1, "", 25.0)]


def test_a_mean_delay_is_pooled_over_statements_in_hours(desk: Desk) -> None:
    put(desk.connection, "Chat", 1, "moderation_delay", {"(none)": 1}, mean=36_000)
    put(desk.connection, "Board", 1, "moderation_delay", {"(none)": 3}, mean=7_200)
    put(desk.connection, "Board", 2, "moderation_delay", {"(none)": 0})
    answer = ask(desk, key="moderation_delay")
    assert [(point.value, point.n) for point in answer.points] == [(4.0, 4), (None, 0)]
    assert figures(ask(desk, "by=platform", "moderation_delay")) == [
        (1, "Board", 2.0),
        (1, "Chat", 10.0),
        (2, "Board", None),
    ]
