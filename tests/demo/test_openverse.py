"""The reports and decisions of the synthetic platform."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dashapp.demo.openverse import Day, moderation
from dashapp.demo.plan import Demo
from dashapp.domain.vocabulary import CONFIRMING, REVERSING, Action
from tests.demo.conftest import NOW

UTC_ZONE = ZoneInfo("UTC")


def made(**options: object) -> list[Day]:
    return list(moderation(Demo(NOW, UTC_ZONE, **options)))


def test_the_same_seed_makes_the_same_and_another_one_does_not() -> None:
    assert made(days=5) == made(days=5)
    assert made(days=5) != made(days=5, seed=1)


def test_there_are_about_forty_reports_a_day_and_forty_times_as_many_at_that_scale() -> None:
    days = made()
    assert sum(len(day.reports) for day in days) == 3523
    assert len(made(days=1, scale=40)[0].reports) > 20 * len(days[-1].reports)


def test_what_happened_before_now_does_not_depend_on_it() -> None:
    later = list(moderation(Demo(NOW + timedelta(hours=3), UTC_ZONE, days=10)))
    for day, then in zip(made(days=10), later, strict=True):
        known = [one for one in then.decisions if one.decided_at <= NOW]
        assert day.decisions == known
        before = [one for one in then.reports if one.created_at <= NOW]
        assert [one.report_id for one in day.reports] == [one.report_id for one in before]


def test_nothing_lies_after_now_and_no_decision_before_its_report() -> None:
    for day in made(days=30):
        for report in day.reports:
            assert report.created_at <= NOW
            assert report.decided_at is None or report.created_at <= report.decided_at <= NOW
        assert all(decision.decided_at <= NOW for decision in day.decisions)


def test_it_has_all_that_a_page_must_cope_with() -> None:
    days = made()
    reports = [report for day in days for report in day.reports]
    decisions = {decision.decision_id: decision for day in days for decision in day.decisions}
    actions = Counter(report.action for report in reports)
    assert set(actions) == {None, *CONFIRMING, Action.REJECTED_REPORTS, Action.DEDUPLICATED_REPORTS}
    assert {decision.action for decision in decisions.values()} == set(Action)
    assert len({report.source for report in reports}) == 5
    assert len({report.provider for report in reports}) == 3
    assert len({report.creator for report in reports}) > 100
    assert any(decision.affected_records > 50 for decision in decisions.values())
    old = NOW - timedelta(days=40)
    assert any(report.action is None and report.created_at < old for report in reports)
    for decision in decisions.values():
        assert (decision.reverses is None) == (decision.action not in REVERSING)
        assert decision.reverses is None or decisions[decision.reverses].action in CONFIRMING


def test_reports_have_what_their_decision_says() -> None:
    days = made(days=30)
    decisions = {decision.decision_id: decision for day in days for decision in day.decisions}
    closed = [report for day in days for report in day.reports if report.decision_id]
    assert len(closed) > 500
    for report in closed:
        decision = decisions[report.decision_id or ""]
        assert (report.action, report.decided_at) == (decision.action, decision.decided_at)
        assert report.media_type == decision.media_type


def test_a_day_with_a_change_of_clocks_keeps_its_reports() -> None:
    spring = datetime(2024, 3, 31, 20, tzinfo=UTC)
    [day] = moderation(Demo(spring, ZoneInfo("Europe/Berlin"), days=1))
    assert {one.created_at.astimezone(ZoneInfo("Europe/Berlin")).date() for one in day.reports} == {spring.date()}
