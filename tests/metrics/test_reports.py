"""Formulas of reports and decisions against cases computed by hand, leaderboards, and what is not told of people."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine

from dashapp.domain.ask import Ask, Grain, Window, to_filters
from dashapp.domain.messages import DecisionRow, ReportRow
from dashapp.domain.vocabulary import NOT_GIVEN, Dim, Feed, Severity
from dashapp.metrics import METRICS, Desk, Measurement, Metric, Policy, measure
from dashapp.store import writes
from dashapp.store.rollup import rollup

ZONE = ZoneInfo("UTC")
SLA = dict.fromkeys(Severity, 24.0)
START = datetime(2024, 3, 1, tzinfo=UTC)
NOW = datetime(2024, 3, 11, tzinfo=UTC)
WINDOW = Window(date(2024, 3, 1), date(2024, 3, 10))


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as opened:
        yield opened
        opened.rollback()


def report(action: str | None = None, took: float | None = None, *, since: float = 0, **fields: Any) -> dict[str, Any]:
    """A report that came in `since` hours after the start, and was decided so after `took` hours."""
    at = START + timedelta(hours=since)
    decided = None if took is None else at + timedelta(hours=took)
    about = {"media_type": "image", "violation": "sensitive", "created_at": at, "action": action, "decided_at": decided}
    return about | fields


def put(connection: Connection, reports: Sequence[dict[str, Any]], decisions: Sequence[dict[str, Any]] = ()) -> Desk:
    """Store rows that cover the window."""
    told = [ReportRow.model_validate({"report_id": f"R{place}", **row}) for place, row in enumerate(reports)]
    about = {"media_type": "image", "decided_at": START}
    ruled = [
        DecisionRow.model_validate({"decision_id": f"D{place}", **about, **row}) for place, row in enumerate(decisions)
    ]
    writes.put_origin(connection, "a", "import", NOW)
    writes.put_reports(connection, [writes.report_row("a", one, ZONE) for one in told])
    writes.put_decisions(connection, [writes.decision_row("a", one, ZONE) for one in ruled])
    for feed in (Feed.REPORTS, Feed.DECISIONS):
        writes.put_coverage(connection, "a", WINDOW, feed)
    rollup(connection, SLA)
    return Desk(connection, NOW, Policy(ZONE, SLA))


def ask(desk: Desk, key: str, *by: Dim, **filters: str) -> Measurement:
    chosen = to_filters({Dim(name): (value,) for name, value in filters.items()})
    return measure(desk, METRICS[key], Ask(WINDOW, Grain.WHOLE, by, chosen))


def value(desk: Desk, key: str, **filters: str) -> tuple[float | None, int]:
    total = ask(desk, key, **filters).total
    assert total is not None
    return total.value, total.n


def groups(answer: Measurement) -> dict[tuple[str, ...], float | None]:
    """The values by group, in their order."""
    return {point.groups: point.value for point in answer.points}


MIXED = [
    report("marked_sensitive", 1),
    report("deindexed_sensitive", 2),
    report("deindexed_copyright", 3),
    report("rejected_reports", 4),
    report("deduplicated_reports", 5),
    report("reversed_deindex", 6),
    report(),
    report(),
]


def test_accuracy_is_confirmed_of_all_received_and_of_those_decided(connection: Connection) -> None:
    desk = put(connection, MIXED)
    assert value(desk, "report_accuracy") == (pytest.approx(100 * 3 / 8), 8)
    assert value(desk, "report_accuracy_decided") == (pytest.approx(100 * 3 / 6), 6)


def test_duplication_is_duplicates_of_all_received(connection: Connection) -> None:
    assert value(put(connection, MIXED), "report_duplication") == (12.5, 8)


def test_accuracy_of_days_in_the_last_month_is_provisional(connection: Connection) -> None:
    desk = put(connection, MIXED)
    later = Desk(connection, START + timedelta(days=40), desk.policy)
    for key in ("report_accuracy", "report_accuracy_decided", "report_duplication", "time_to_decision_p50"):
        first, then = ask(desk, key).total, ask(later, key).total
        assert (first and first.provisional, then and then.provisional) == (True, False), key


def test_times_to_decision_are_those_of_the_decided(connection: Connection) -> None:
    desk = put(connection, [report("rejected_reports", took) for took in (1, 2, 3, 4, 90)] + [report(), report()])
    assert value(desk, "time_to_decision_mean") == (20, 5)
    assert value(desk, "time_to_decision_p50") == (3, 5)
    # Between the 4th and the 5th of five: place 0.9 * 4 = 3.6, 4 + 0.6 * 86; place 0.99 * 4 = 3.96, 4 + 0.96 * 86.
    assert value(desk, "time_to_decision_p90") == (pytest.approx(55.6), 5)
    assert value(desk, "time_to_decision_p99") == (pytest.approx(86.56), 5)


def test_censored_times_count_open_reports_for_as_long_as_they_wait(connection: Connection) -> None:
    # Of 7, one is decided at 1, 2 and 3 h: 6/7, 5/7, 4/7. One is open after 3.5 h, so at 4 h it is 1 of 3: 8/21, which
    # is at most a half. At 90 h it is 1 of 2: 4/21, more than a tenth; the last is open after 240 h.
    rows = [report("rejected_reports", took) for took in (1, 2, 3, 4, 90)]
    desk = put(connection, [*rows, report(since=236.5), report(since=0)])
    assert value(desk, "time_to_decision_p50_censored") == (4, 7)
    assert value(desk, "time_to_decision_p50") == (3, 5)
    assert value(desk, "time_to_decision_p90_censored") == (None, 7)
    assert value(desk, "time_to_decision_p99_censored") == (None, 7)


def test_reports_decided_at_an_unknown_moment_are_left_out_and_counted(connection: Connection) -> None:
    desk = put(connection, [report("rejected_reports", 2), report("rejected_reports"), report("marked_sensitive")])
    assert value(desk, "time_to_decision_mean") == (2, 1)
    assert value(desk, "time_to_decision_p50_censored") == (2, 1)
    assert ask(desk, "time_to_decision_mean").left_out == 2
    assert value(desk, "report_accuracy_decided") == (pytest.approx(100 / 3), 3)


def test_a_time_of_which_there_is_none_is_null(connection: Connection) -> None:
    desk = put(connection, [report("rejected_reports")])
    assert value(desk, "time_to_decision_p99") == (None, 0)
    assert value(desk, "time_to_decision_p99_censored") == (None, 0)


def test_a_decision_is_counted_once_and_its_records_by_action_type(connection: Connection) -> None:
    desk = put(
        connection,
        [],
        [
            {"action": "deindexed_copyright", "affected_records": 40},
            {"action": "marked_sensitive", "affected_records": 1},
            {"action": "reversed_deindex", "affected_records": 40},
            {"action": "rejected_reports", "affected_records": 0},
        ],
    )
    assert value(desk, "decisions") == (4, 4)
    assert groups(ask(desk, "decisions", Dim.SCOPE)) == {("bulk",): 3, ("single",): 1}
    assert groups(ask(desk, "affected_records", Dim.ACTION_TYPE)) == {("decision",): 41, ("reversed_decision",): 40}
    assert value(desk, "affected_records", action_type="reversed_decision") == (40, 40)


REPORTED = [
    *(report("rejected_reports", item_id="i1", creator="Ann", provider="one", source="x") for _ in range(4)),
    *(report(item_id="i2", creator="Ann", provider="one", source="y") for _ in range(2)),
    *(report(item_id="i3", creator="Bo", provider="two", source="x") for _ in range(4)),
    report(item_id="i4", provider="two"),
]


def test_most_reported_come_first_and_equal_ones_by_their_name(connection: Connection) -> None:
    desk = put(connection, REPORTED)
    assert list(groups(ask(desk, "reports", Dim.ITEM_ID)).items()) == [
        (("i1",), 4),
        (("i3",), 4),
        (("i2",), 2),
        (("i4",), 1),
    ]
    assert list(groups(ask(desk, "reports", Dim.ITEM_ID, Dim.STATUS))) == [
        ("i1", "reviewed"),
        ("i3", "pending"),
        ("i2", "pending"),
        ("i4", "pending"),
    ]
    assert groups(ask(desk, "reports", Dim.ITEM_ID, provider="two")) == {("i3",): 4, ("i4",): 1}
    assert groups(ask(desk, "reports", Dim.SOURCE)) == {("x",): 8, ("y",): 2, (NOT_GIVEN,): 1}
    assert ask(desk, "reports", Dim.ITEM_ID).from_facts
    assert not ask(desk, "reports", Dim.SOURCE).from_facts


def test_creators_with_few_reports_are_left_out_and_counts_of_others_are_rounded_down(connection: Connection) -> None:
    desk = put(connection, REPORTED)
    found = ask(desk, "reports", Dim.CREATOR)
    assert groups(found) == {("Ann",): 5, (NOT_GIVEN,): 1}
    assert [point.n for point in found.points] == [5, 1]
    assert (found.rounded_to, found.total and found.total.value) == (5, 11)
    assert groups(ask(desk, "reports", Dim.CREATOR, Dim.STATUS)) == {(NOT_GIVEN, "pending"): 1}
    assert groups(ask(desk, "reports", Dim.CREATOR, status="reviewed")) == {}
    assert ask(desk, "reports", Dim.PROVIDER).rounded_to == 0


def test_nobody_can_be_picked_out_by_name_of_whom_there_are_few_reports_or_none(connection: Connection) -> None:
    desk = put(connection, REPORTED)
    for name in ("Bo", "Nobody"):
        answer = ask(desk, "reports", creator=name)
        assert (answer.refused, answer.error) == (True, "Of one person, fewer than 5 reports are not told.")
        assert (answer.points, answer.total) == ((), None)
    assert value(desk, "reports", creator="Ann") == (5, 5)
    assert value(desk, "reports", creator=NOT_GIVEN) == (1, 1)


def test_each_person_among_several_is_rounded_by_themselves(connection: Connection) -> None:
    desk = put(connection, [report(creator="Ann")] * 9 + [report(creator="Cy")] * 9 + [report()])
    every = to_filters({Dim.CREATOR: ("Ann", "Cy", NOT_GIVEN)})
    answer = measure(desk, METRICS["reports"], Ask(WINDOW, Grain.WHOLE, (Dim.STATUS,), every))
    assert groups(answer) == {("pending",): 11}
    assert (answer.total and answer.total.n) == 11
    by_day = measure(desk, METRICS["reports"], Ask(WINDOW, filters=every))
    assert [(point.bucket.day, point.value) for point in by_day.points] == [(1, 11)]


def test_a_question_names_creators_or_items_not_whose_items_they_are(connection: Connection) -> None:
    desk = put(connection, REPORTED)
    for answer in (
        ask(desk, "reports", Dim.CREATOR, Dim.ITEM_ID),
        ask(desk, "reports", Dim.ITEM_ID, creator="Ann"),
        ask(desk, "reports", Dim.CREATOR, item_id="i1"),
    ):
        assert (answer.refused, answer.error) == (
            True,
            "Reports is not kept by creator and item_id together: choose one.",
        )


def test_where_small_groups_are_told_so_are_all_counts(connection: Connection) -> None:
    desk = replace(put(connection, REPORTED), policy=Policy(ZONE, SLA, small_group=1))
    assert groups(ask(desk, "reports", Dim.CREATOR)) == {("Ann",): 6, ("Bo",): 4, (NOT_GIVEN,): 1}
    assert value(desk, "reports", creator="Bo") == (4, 4)
    assert value(desk, "reports", creator="Nobody") == (0, 0)


def test_a_creator_with_few_reports_cannot_be_picked_out_beside_another(connection: Connection) -> None:
    desk = put(connection, REPORTED)
    both = to_filters({Dim.CREATOR: ("Ann", "Bo")})
    for by in ((), (Dim.CREATOR,), (Dim.STATUS,)):
        answer = measure(desk, METRICS["reports"], Ask(WINDOW, Grain.WHOLE, by, both))
        assert answer.refused
        assert answer.points == ()
        assert answer.total is None or answer.total.value is None


def test_items_and_creators_are_split_by_over_the_whole_window_only(connection: Connection) -> None:
    desk = put(connection, REPORTED)
    answer = measure(desk, METRICS["reports"], Ask(WINDOW, by=(Dim.CREATOR,)))
    assert (answer.refused, answer.error) == (True, "Reports is given by creator over the whole window only.")


def test_a_day_that_is_to_be_rolled_up_has_no_figure_yet_and_one_that_changed_may_still_change(
    connection: Connection,
) -> None:
    desk = put(connection, [report(since=1), report(since=2)])
    late = [ReportRow.model_validate({"report_id": f"L{place}", **report(since=24 * place)}) for place in range(2)]
    writes.put_reports(connection, [writes.report_row("a", one, ZONE) for one in late])
    days = Ask(Window(date(2024, 3, 1), date(2024, 3, 3)))
    points = measure(Desk(connection, NOW, desk.policy), METRICS["reports"], days).points
    assert [(point.bucket.day, point.value, point.provisional) for point in points] == [(1, 2, True), (3, 0, False)]
    rollup(connection, SLA)
    points = measure(Desk(connection, NOW, desk.policy), METRICS["reports"], days).points
    assert [(point.bucket.day, point.value, point.provisional) for point in points] == [
        (1, 3, False),
        (2, 1, False),
        (3, 0, False),
    ]


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.key)
def test_no_select_reads_who_reviewed_but_that_of_workload(metric: Metric) -> None:
    everything = to_filters(dict.fromkeys(metric.dims - {Dim.REVIEWER}, ("x",)))
    splits = [(), *((dim,) for dim in metric.dims), *combinations(sorted(metric.dims), 2)]
    for by in splits:
        for grain in (Grain.DAY, Grain.WHOLE):
            for filters in ((), everything):
                told = {column.name for column in metric.statistics(Ask(WINDOW, grain, by, filters)).selected_columns}
                sql = str(metric.statistics(Ask(WINDOW, grain, by, filters)))
                if not metric.key.startswith("utilisation"):
                    assert "reviewer_id" not in sql.replace("reviewer.reviewer_id = flag.reviewer_id", ""), by
                assert told.isdisjoint({"reviewer_id", "moderator_id", "reporter_key", "name"})
