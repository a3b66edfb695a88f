"""The week of 18 to 24 March 2024 in the ts-ops data, held against figures computed from the file by pandas."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime

import pandas as pd
import pytest

from dashapp.ingest.pipeline import How
from dashapp.ingest.ts_ops import import_ts_ops
from dashapp.metrics import Desk
from dashapp.metrics.detecting import detect
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store.engine import reader_engine
from dashapp.summary.fact import Facts
from dashapp.summary.facts import gather
from dashapp.summary.figures import FIGURES, MOMENTS
from dashapp.summary.weeks import Week, last_complete
from tests.conftest import TS_OPS
from tests.stores import new_store
from tests.summary.conftest import markdown

NOW = datetime(2024, 4, 8, 9, tzinfo=UTC)
WEEK, BEFORE = ("2024-03-18", "2024-03-24"), ("2024-03-11", "2024-03-17")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    if not TS_OPS.is_dir():
        pytest.skip("the ts-ops data is not at hand")
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.sqlite'}"
    settings = Settings(_env_file=None, database_url=url, time_zone="UTC")
    writer = new_store(settings)
    import_ts_ops(writer, TS_OPS, {}, How("ts-ops", NOW, settings.zone, settings.sla))
    reader = reader_engine(url, 10)
    detect(reader, writer, policy_of(settings), NOW)
    writer.dispose()
    with reader.connect() as connection:
        yield Desk(connection, NOW, policy_of(settings))
    reader.dispose()


@pytest.fixture(scope="module")
def raw(desk: Desk) -> pd.DataFrame:
    return pd.read_csv(TS_OPS / "flags.csv", parse_dates=["date"])


@pytest.fixture(scope="module")
def facts(desk: Desk) -> Facts:
    return gather(desk, Week.parse("2024-W12"))


def of(raw: pd.DataFrame, days: tuple[str, str]) -> pd.DataFrame:
    return raw[raw["date"].between(*days)]


def late(rows: pd.DataFrame) -> float:
    """Urgent flags decided after 24 hours, or by no human yet though sent to one, in percent."""
    urgent = rows[rows["severity"].isin(["high", "critical"])]
    hours = urgent["resolution_hrs"].where(urgent["resolution_hrs"].notna() | (urgent["action"] == "human_review"), 0.0)
    return float(100 * (~(hours <= 24)).mean())


def test_volume_and_its_change_by_category(raw: pd.DataFrame, facts: Facts) -> None:
    now, before = (of(raw, days)["category"].value_counts() for days in (WEEK, BEFORE))
    assert (facts["flags"].value, facts["flags.before"].value) == (now.sum(), before.sum())
    assert facts["flags.change"].value == pytest.approx(100 * (now.sum() / before.sum() - 1))
    for category in now.index:
        assert facts[f"flags.{category}"].value == now[category]
        assert facts[f"flags.{category}.before"].value == before[category]
        assert facts[f"flags.{category}"].direction == ("rose" if now[category] > before[category] else "fell")
    assert facts["flags.fraud.change"].text == "+44.9 %"


@pytest.mark.parametrize(("days", "part"), [(WEEK, ""), (BEFORE, ".before")])
def test_rates_and_scores(raw: pd.DataFrame, facts: Facts, days: tuple[str, str], part: str) -> None:
    rows = of(raw, days)
    reviewed = rows["action"] == "human_review"
    expected = {
        "flags_human_review": reviewed.sum(),
        "escalation_rate": 100 * rows["severity"].isin(["high", "critical"]).mean(),
        "automation_rate": 100 * (~reviewed).mean(),
        "sla_breach_rate": late(rows),
        "sla_breach_rate_reviewed": late(rows[reviewed]),
        "score_mean": rows["ml_score"].mean(),
    }
    found = {key: facts[key + part].value for key in expected}
    assert found == pytest.approx(expected)


def test_changes_are_the_differences_of_what_was_computed_apart(raw: pd.DataFrame, facts: Facts) -> None:
    now, before = (of(raw, days) for days in (WEEK, BEFORE))
    urgent, reviewed = (
        [part["severity"].isin(["high", "critical"]).mean() for part in (now, before)],
        [part["action"].eq("human_review").sum() for part in (now, before)],
    )
    score = [part["ml_score"].mean() for part in (now, before)]
    expected = {
        "escalation_rate.change": 100 * (urgent[0] - urgent[1]),
        "sla_breach_rate.change": late(now) - late(before),
        "flags_human_review.change": 100 * (reviewed[0] / reviewed[1] - 1),
        "score_mean.change": score[0] - score[1],
        "score_mean.drift": score[0] - 0.86,
    }
    assert {key: facts[key].value for key in expected} == pytest.approx(expected)
    cases = {"escalation_rate.n": len(now), "sla_breach_rate.n": now["severity"].isin(["high", "critical"]).sum()}
    assert {key: facts[key].value for key in cases} == cases


@pytest.mark.parametrize(("days", "part"), [(WEEK, ""), (BEFORE, ".before")])
def test_the_backlogs_at_the_end_of_both_weeks(
    raw: pd.DataFrame, facts: Facts, days: tuple[str, str], part: str
) -> None:
    reviewed = raw[raw["action"] == "human_review"]
    decided = reviewed["date"] + pd.to_timedelta(reviewed["resolution_hrs"] // 24, unit="D")
    waiting = reviewed[(reviewed["date"] <= days[1]) & ~(decided <= days[1])]
    urgent = waiting["severity"].isin(["high", "critical"])
    assert (facts[f"backlog{part}"].value, facts[f"backlog_urgent{part}"].value) == (len(waiting), urgent.sum())


def test_the_quality_of_the_data(raw: pd.DataFrame, facts: Facts) -> None:
    """Nothing is missing or new; what a field says lies at most so far from what it said in the seven days before."""
    distances = [
        50 * shares(raw[raw["date"] == day], field).sub(shares(week_before(raw, day), field), fill_value=0).abs().sum()
        for field in ("category", "severity", "action")
        for day in pd.date_range(*WEEK)
    ]
    expected = {"field_flips": max(distances), "silent_days": 0, "new_values": 0, "unscored_share": 0}
    assert {key: facts[key].value for key in expected} == pytest.approx(expected)


def test_what_the_data_do_not_tell_has_no_figure(facts: Facts) -> None:
    untold = [*(key for key in FIGURES if key.startswith(("report", "time_to"))), "precision_decided", *MOMENTS]
    untold += ["unlabelled_share", "events_refused", "events_ahead", "events_late"]
    assert {facts[key].text for key in untold} == {"no data"}


def shares(rows: pd.DataFrame, field: str) -> "pd.Series[float]":
    """What part of the rows says what of a field."""
    return rows[field].value_counts(normalize=True)


def week_before(raw: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    return raw[raw["date"].between(day - pd.Timedelta(days=7), day - pd.Timedelta(days=1))]


def test_utilisation_by_team_and_over_all(raw: pd.DataFrame, facts: Facts) -> None:
    reviewed = raw[raw["action"] == "human_review"]
    decided = reviewed["date"] + pd.to_timedelta(reviewed["resolution_hrs"] // 24, unit="D")
    reviewers = pd.read_csv(TS_OPS / "reviewers.csv").set_index("reviewer_id")
    capacity = reviewers.groupby("team")["capacity_per_day"].sum()
    done = reviewed[decided.between(*WEEK)]["reviewer_id"].map(reviewers["team"]).value_counts()
    expected = 100 * done / (7 * capacity)
    named = {facts[f"{key}.name"].text: facts[key].value for key in facts.part("utilisation")}
    assert named == pytest.approx(expected.to_dict())
    assert facts["utilisation"].value == pytest.approx(100 * done.sum() / (7 * capacity.sum()))


def test_the_known_attack_of_the_week(raw: pd.DataFrame, facts: Facts) -> None:
    flags = ((raw["date"] == "2024-03-18") & (raw["category"] == "fraud")).sum()
    text = markdown(facts)
    told = f"- Known attack: Fraud, severity high, 18 Mar 2024; flags of that category then: {flags}."
    assert facts["attacks"].value == 1
    assert told in text.splitlines()
    assert "ATK005" not in text
    assert "giveaways" not in text


def test_the_incident_of_the_week_is_the_known_attack(raw: pd.DataFrame, facts: Facts) -> None:
    fraud = raw[raw["category"] == "fraud"]
    seen = (fraud["date"] == "2024-03-18").sum()
    found = [facts[f"incidents.found_1.{part}"].text for part in ("kind", "name", "days", "observed", "state")]
    assert found == ["Spike", "Fraud", "18 Mar 2024", str(seen), "part of a known attack"]
    assert [facts[key].value for key in ("incidents", "incidents.open", "incidents.confirmed")] == [1, 1, 0]
    weeks_before = fraud["date"].between("2024-02-19", "2024-03-17").sum() / 28
    assert facts["incidents.found_1.expected"].value == pytest.approx(weeks_before, rel=0.3)


def test_directions_are_those_of_the_figures(facts: Facts) -> None:
    moved = {
        key: (facts[key].direction, facts[key].verdict) for key in ("sla_breach_rate", "automation_rate", "backlog")
    }
    assert moved == {
        "sla_breach_rate": ("rose", "worse"),
        "automation_rate": ("fell", "worse"),
        "backlog": ("fell", "better"),
    }


def test_how_many_reviewers_are_needed(raw: pd.DataFrame, facts: Facts) -> None:
    """Of all stretches of days, the flags that came in and are due by the end of the day after, by what one decides."""
    reviewed = raw[(raw["action"] == "human_review") & raw["date"].between("2024-02-26", "2024-03-24")]
    daily = reviewed["date"].value_counts().sort_index()
    assert len(daily) == 28
    capacity = pd.read_csv(TS_OPS / "reviewers.csv")["capacity_per_day"]
    stretches = [(first, last) for first in range(28) for last in range(first, 28)]
    most = max(daily.iloc[first : last + 1].sum() / (last - first + 2) for first, last in stretches) / capacity.mean()
    expected = {
        "staffing.needed": math.ceil(most),
        "staffing.short": 0,
        "staffing.have": len(capacity),
        "staffing.capacity": capacity.mean(),
        "staffing.arrivals": len(reviewed),
        "staffing.ceiling": 100,
    }
    assert {key: facts[key].value for key in expected} == pytest.approx(expected)
    assert (facts["staffing.days"].text, facts["staffing.needed"].provisional) == ("28 of 28 days", False)


def test_spare_capacity_is_said_not_to_explain_late_decisions(facts: Facts) -> None:
    staffing = markdown(facts).split("## Staffing")[1].split("##")[0]
    assert "at least 4 reviewers are needed, each reviewer deciding 51.5 a day" in staffing
    assert "there are 20." in staffing
    assert "The number of reviewers is not why decisions are late, and no more are recommended." in staffing


def test_the_week_after_is_incomplete_and_provisional(raw: pd.DataFrame, desk: Desk) -> None:
    assert last_complete(desk).name == "2024-W12"
    facts = gather(desk, Week.parse("2024-W13"))
    same = (("2024-03-25", "2024-03-30"), ("2024-03-18", "2024-03-23"))
    assert [facts[key].value for key in ("flags", "flags.before")] == [len(of(raw, days)) for days in same]
    assert (facts["week.complete"].text, facts["flags"].provisional) == ("6 of 7 days", True)
    told = [facts[key] for key in FIGURES if facts[key].value is not None]
    assert len(told) == 10
    assert all(fact.provisional for fact in told)
    assert "This week is incomplete, 6 of 7 days, so all of this is provisional." in markdown(facts)


def test_a_week_after_the_data_has_no_figures(desk: Desk) -> None:
    facts = gather(desk, Week.parse("2024-W14"))
    assert [facts[key].text for key in ("week.complete", "flags", "backlog")] == ["0 of 7 days", "no data", "no data"]
    assert "data end 30 Mar 2024" in markdown(facts)
