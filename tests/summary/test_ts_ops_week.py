"""The week of 18 to 24 March 2024 in the ts-ops data, held against figures computed from the file by pandas."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pandas as pd
import pytest

from dashapp.ingest.pipeline import How
from dashapp.ingest.ts_ops import import_ts_ops
from dashapp.metrics import Desk
from dashapp.policy import policy_of
from dashapp.settings import Settings
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.meta import keep
from dashapp.store.migrate import upgrade
from dashapp.summary.fact import Facts
from dashapp.summary.facts import gather
from dashapp.summary.template import markdown
from dashapp.summary.weeks import Week, last_complete
from tests.conftest import TS_OPS

NOW = datetime(2024, 4, 8, 9, tzinfo=UTC)
WEEK, BEFORE = ("2024-03-18", "2024-03-24"), ("2024-03-11", "2024-03-17")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    if not TS_OPS.is_dir():
        pytest.skip("the ts-ops data is not at hand")
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.sqlite'}"
    settings = Settings(_env_file=None, database_url=url, time_zone="UTC")
    writer = writer_engine(url)
    upgrade(writer)
    with writer.begin() as connection:
        keep(connection, settings.zone, settings.sla)
    import_ts_ops(writer, TS_OPS, {}, How("ts-ops", NOW, settings.zone, settings.sla))
    writer.dispose()
    reader = reader_engine(url, 10)
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


def test_backlog_and_utilisation(raw: pd.DataFrame, facts: Facts) -> None:
    reviewed = raw[raw["action"] == "human_review"]
    decided = reviewed["date"] + pd.to_timedelta(reviewed["resolution_hrs"] // 24, unit="D")
    raised = reviewed["date"] <= WEEK[1]
    assert facts["backlog"].value == (raised & ~(decided <= WEEK[1])).sum()
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


def test_directions_are_those_of_the_figures(facts: Facts) -> None:
    moved = {
        key: (facts[key].direction, facts[key].verdict) for key in ("sla_breach_rate", "automation_rate", "backlog")
    }
    assert moved == {
        "sla_breach_rate": ("rose", "worse"),
        "automation_rate": ("fell", "worse"),
        "backlog": ("fell", "better"),
    }


def test_spare_capacity_is_said_not_to_explain_late_decisions(facts: Facts) -> None:
    staffing = markdown(facts).split("## Staffing")[1].split("##")[0]
    assert "every team had capacity left: the number of reviewers alone does not explain late decisions" in staffing
    assert "How many reviewers are needed is not computed yet." in staffing


def test_the_week_after_is_incomplete_and_provisional(raw: pd.DataFrame, desk: Desk) -> None:
    assert last_complete(desk).name == "2024-W12"
    facts = gather(desk, Week.parse("2024-W13"))
    same = (("2024-03-25", "2024-03-30"), ("2024-03-18", "2024-03-23"))
    assert [facts[key].value for key in ("flags", "flags.before")] == [len(of(raw, days)) for days in same]
    assert (facts["week.complete"].text, facts["flags"].provisional) == ("6 of 7 days", True)
    assert "This week is incomplete, 6 of 7 days, so all of this is provisional." in markdown(facts)


def test_a_week_after_the_data_has_no_figures(desk: Desk) -> None:
    facts = gather(desk, Week.parse("2024-W14"))
    assert [facts[key].text for key in ("week.complete", "flags", "backlog")] == ["0 of 7 days", "no data", "no data"]
    assert "data end 30 Mar 2024" in markdown(facts)
