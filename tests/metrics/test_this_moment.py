"""Figures about this moment: what is open now, how long it has waited, and when nobody can know."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine, text

from dashapp.domain.access import ROLES, SCOPES, Role
from dashapp.domain.ask import Ask, Window, to_filters
from dashapp.domain.messages import FlagRow, Reviewer
from dashapp.domain.vocabulary import Dim, Severity
from dashapp.metrics import METRICS, Audience, Desk, Measurement, Policy, measure
from dashapp.metrics.query import FLAG_DIMS, open_flags
from dashapp.store import writes
from dashapp.store.rollup import rollup

NEW_YORK = ZoneInfo("America/New_York")
DAY = date(2024, 3, 8)
NOON = datetime(2024, 3, 8, 17, tzinfo=UTC)
"""12:00 in New York on DAY; midnight there was 5:00 UTC. On the 10th clocks are put forward."""
SLA = {Severity.LOW: 48.0, Severity.MEDIUM: 24.0, Severity.HIGH: 16.0, Severity.CRITICAL: 4.0}
NOW_METRICS = ("oldest_open", "open_age_p50", "open_age_p90", "sla_at_risk")


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as opened:
        writes.put_origin(opened, "ops", "import", NOON)
        writes.put_coverage(opened, "ops", [DAY])
        yield opened
        opened.rollback()


def raise_flags(connection: Connection, *flags: dict[str, Any]) -> None:
    """Open human-review flags of DAY, with what they say beside."""
    given = {"flagged_day": DAY, "category": "spam", "severity": "high", "routing": "human_review"}
    rows = [
        writes.flag_row("ops", FlagRow.model_validate({"flag_id": f"F{number}", **given, **flag}), NEW_YORK)
        for number, flag in enumerate(flags)
    ]
    writes.put_flags(connection, rows)
    rollup(connection, SLA)


def asked(
    connection: Connection,
    key: str,
    now: datetime,
    *by: Dim,
    audience: Audience = Audience.FILE,
    role: Role = Role.ADMIN,
    reviewer: str | None = None,
) -> Measurement:
    desk = Desk(connection, now, Policy(NEW_YORK, SLA), audience, permissions=ROLES[role])
    filters = to_filters({Dim.REVIEWER: [reviewer]} if reviewer else {})
    return measure(desk, METRICS[key], Ask(Window(DAY, DAY), by=by, filters=filters))


def value(connection: Connection, key: str, now: datetime) -> float | None:
    found = asked(connection, key, now).total
    assert found is not None
    return found.value


def test_a_flag_with_a_date_only_has_waited_since_the_midnight_of_its_day(connection: Connection) -> None:
    raise_flags(connection, {})
    assert value(connection, "oldest_open", NOON) == 12.0


def test_waiting_goes_on_by_the_hour_when_clocks_are_put_forward(connection: Connection) -> None:
    raise_flags(connection, {})
    assert value(connection, "oldest_open", datetime(2024, 3, 10, 16, tzinfo=UTC)) == 59.0


def test_a_flag_with_an_instant_has_waited_since_then_and_the_oldest_is_shown(connection: Connection) -> None:
    raise_flags(connection, *({"flagged_at": NOON - timedelta(hours=hours)} for hours in (1, 7.5, 3)))
    assert value(connection, "oldest_open", NOON) == 7.5


def test_quantiles_of_age_lie_between_the_two_nearest_flags(connection: Connection) -> None:
    raise_flags(connection, *({"flagged_at": NOON - timedelta(hours=hours)} for hours in (1, 2, 6, 10)))
    assert value(connection, "open_age_p50", NOON) == 4.0
    assert value(connection, "open_age_p90", NOON) == pytest.approx(8.8)


def test_flags_with_and_without_an_instant_wait_together(connection: Connection) -> None:
    raise_flags(connection, {}, {"flagged_at": NOON - timedelta(hours=2), "severity": "low"}, {"severity": "low"})
    answer = asked(connection, "open_age_p50", NOON, Dim.SEVERITY)
    assert [(point.groups, point.value, point.n) for point in answer.points] == [(("high",), 12, 1), (("low",), 7, 2)]
    assert answer.total is not None
    assert (answer.total.value, answer.total.n) == (12, 3)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("by", sorted(FLAG_DIMS - {Dim.TEAM}))
def test_what_waits_is_read_from_the_index_of_open_flags_alone(connection: Connection, by: Dim) -> None:
    ask = Ask(Window(DAY, DAY), by=(by,), filters=((by, ("one", "other")), (Dim.ORIGIN, ("ops",))))
    asked_of = open_flags(ask).compile(connection, compile_kwargs={"literal_binds": True})
    plan = [step.detail for step in connection.execute(text(f"EXPLAIN QUERY PLAN {asked_of}"))]
    assert plan[0] == "SEARCH flag USING COVERING INDEX ix_flag_open (routing=? AND decided_day=?)"


@pytest.mark.parametrize(("severity", "hours"), [("low", 36), ("medium", 18), ("high", 12), ("critical", 3)])
def test_a_flag_is_at_risk_from_three_quarters_of_the_sla_of_its_severity(
    connection: Connection, severity: str, hours: int
) -> None:
    raise_flags(connection, {"severity": severity, "flagged_at": NOON - timedelta(hours=6)})
    begun = NOON - timedelta(hours=6)
    assert value(connection, "sla_at_risk", begun + timedelta(hours=hours, seconds=-1)) == 0
    assert value(connection, "sla_at_risk", begun + timedelta(hours=hours)) == 1


def test_decided_flags_and_those_that_no_human_sees_do_not_wait(connection: Connection) -> None:
    raise_flags(connection, {"hours_to_decision": 1.0}, {"routing": "auto_block"}, {"routing": "allow"})
    assert [value(connection, key, NOON) for key in NOW_METRICS] == [None, None, None, 0]


def test_where_nothing_is_open_none_is_at_risk_and_nothing_has_an_age(connection: Connection) -> None:
    for key, expected in zip(NOW_METRICS, (None, None, None, 0), strict=True):
        answer = asked(connection, key, NOON)
        assert [(point.bucket, point.value, point.n) for point in answer.points] == [(DAY, expected, 0)]
        assert asked(connection, key, NOON, Dim.CATEGORY).points == ()


def test_a_flag_raised_after_now_by_a_clock_that_is_ahead_does_not_wait_yet(connection: Connection) -> None:
    raise_flags(connection, {"flagged_at": NOON + timedelta(minutes=2)})
    assert value(connection, "oldest_open", NOON) is None
    assert value(connection, "oldest_open", NOON + timedelta(minutes=5)) == pytest.approx(0.05)


@pytest.mark.parametrize("key", NOW_METRICS)
def test_what_is_open_now_is_unknown_once_the_data_ended_more_than_two_days_before_today(
    connection: Connection, key: str
) -> None:
    raise_flags(connection, {})
    last_moment = datetime(2024, 3, 11, 3, 59, tzinfo=UTC)
    assert value(connection, key, last_moment) is not None
    stale = asked(connection, key, last_moment + timedelta(minutes=1))
    assert stale.total is not None
    assert (stale.total.value, stale.total.n, stale.points, stale.as_of) == (None, 0, (), DAY)


def put_lead(connection: Connection) -> None:
    """One reviewer, who has decided one flag."""
    lead = Reviewer(reviewer_id="REV001", team="north", capacity_per_day=4)
    writes.put_reviewers(connection, "ops", [lead], replace=False)
    raise_flags(connection, {"reviewer_id": "REV001", "hours_to_decision": 1.0})


def test_workload_per_reviewer_goes_to_a_leads_screen_only_and_under_a_pseudonym(connection: Connection) -> None:
    put_lead(connection)
    key = "utilisation_per_reviewer"
    for role in (Role.LEAD, Role.ADMIN):
        shown = asked(connection, key, NOON, Dim.REVIEWER, audience=Audience.SCREEN, role=role)
        assert [(point.groups, point.value, point.n) for point in shown.points] == [(("reviewer 594ec4",), 25.0, 1)]
    elsewhere = [(Audience.FILE, role) for role in Role]
    for audience, role in (*elsewhere, (Audience.SCREEN, Role.VIEWER), (Audience.SCREEN, Role.ANALYST)):
        for by in ((), (Dim.TEAM,), (Dim.REVIEWER,)):
            told = asked(connection, key, NOON, *by, audience=audience, role=role)
            assert (told.error, told.refused) == ("Utilisation per reviewer is for leads, on screen only.", True)
            assert (told.points, told.total) == ((), None)


def test_no_token_lets_a_program_have_workload_per_reviewer(connection: Connection) -> None:
    put_lead(connection)
    for permissions in SCOPES.values():
        desk = Desk(connection, NOON, Policy(NEW_YORK, SLA), Audience.SCREEN, permissions=permissions)
        assert measure(desk, METRICS["utilisation_per_reviewer"], Ask(Window(DAY, DAY))).refused


def test_a_lead_picks_no_reviewer_out_by_id(connection: Connection) -> None:
    put_lead(connection)
    key = "utilisation_per_reviewer"
    answer = asked(connection, key, NOON, Dim.REVIEWER, audience=Audience.SCREEN, reviewer="REV001")
    assert answer.error == "Nobody is picked out: figures are split by reviewer, not filtered by it."
    assert (answer.refused, answer.points, answer.total) == (True, (), None)


@pytest.mark.check(6)
def test_what_a_lead_asked_at_a_desk_is_not_told_to_another_who_shares_what_is_known(connection: Connection) -> None:
    put_lead(connection)
    lead = Desk(connection, NOON, Policy(NEW_YORK, SLA), Audience.SCREEN, permissions=ROLES[Role.LEAD])
    asks = METRICS["utilisation_per_reviewer"], Ask(Window(DAY, DAY), by=(Dim.REVIEWER,))
    assert len(measure(lead, *asks).points) == 1
    for other in (replace(lead, permissions=ROLES[Role.ANALYST]), replace(lead, audience=Audience.FILE)):
        assert other.known is lead.known
        assert measure(other, *asks).points == ()


@pytest.mark.parametrize("key", [key for key in METRICS if key != "utilisation_per_reviewer"])
def test_no_other_figure_is_kept_by_reviewer(connection: Connection, key: str) -> None:
    answer = asked(connection, key, NOON, Dim.REVIEWER, audience=Audience.SCREEN)
    assert answer.refused
    assert answer.error == f"{METRICS[key].title} is not kept by reviewer."
