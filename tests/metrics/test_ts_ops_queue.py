"""What is known of the queue and the scores in the ts-ops data, held against the files they were read from."""

import csv
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from dashapp.domain.access import ROLES, Role
from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.vocabulary import Dim
from dashapp.ingest.pipeline import How
from dashapp.ingest.ts_ops import import_ts_ops
from dashapp.metrics import METRICS, Audience, Desk, Measurement, Policy, measure
from dashapp.settings import Settings
from dashapp.store.engine import reader_engine
from tests.web.served import served, settings_for

NOW = datetime(2024, 4, 8, 9, tzinfo=UTC)
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "ts-ops"
WINDOW = Window(date(2024, 1, 1), date(2024, 3, 30))
URGENT = ("high", "critical")
FORMS = ("json", "csv", "xlsx")
KEY = "utilisation_per_reviewer"


@dataclass(frozen=True)
class Imported:
    """A store of the ts-ops data: a client of the API over it, and a desk for a lead's screen."""

    client: FlaskClient
    desk: Desk

    def ask(self, key: str, by: tuple[Dim, ...] = (), grain: Grain = Grain.WHOLE) -> Measurement:
        return measure(self.desk, METRICS[key], Ask(WINDOW, grain, by))

    def get(self, address: str) -> str:
        """What an address answers, a workbook unpacked."""
        answer = self.client.get(address)
        assert answer.status_code in (200, 400), (address, answer.text)
        if answer.status_code == 400 or ".xlsx" not in address:
            return answer.text
        with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
            return "".join(book.read(name).decode() for name in book.namelist())


@pytest.fixture(scope="module")
def ops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Imported]:
    if not DATA.is_dir():
        pytest.skip("the ts-ops data is not at hand")

    def fill(engine: Engine, settings: Settings) -> None:
        import_ts_ops(engine, DATA, {}, How("ts-ops", NOW, settings.zone, settings.sla))

    path = tmp_path_factory.mktemp("ts-ops") / "store.sqlite"
    settings = settings_for(path)
    with served(path, NOW, fill) as client:
        reader = reader_engine(settings.database_url, settings.read_seconds)
        with reader.connect() as connection:
            policy = Policy(settings.zone, settings.sla)
            yield Imported(client, Desk(connection, NOW, policy, Audience.SCREEN, permissions=ROLES[Role.LEAD]))
        reader.dispose()


@pytest.fixture(scope="module")
def raw() -> list[dict[str, str]]:
    if not DATA.is_dir():
        pytest.skip("the ts-ops data is not at hand")
    with (DATA / "flags.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_73_flags_wait_at_the_end_of_the_data_of_which_13_are_urgent(ops: Imported) -> None:
    by_severity = {point.groups[0]: point.value for point in ops.ask("backlog", (Dim.SEVERITY,)).points}
    assert sum(value or 0 for value in by_severity.values()) == 73
    assert sum(by_severity[severity] or 0 for severity in URGENT) == 13
    last = ops.ask("backlog", grain=Grain.DAY).points[-1]
    assert (last.bucket, last.value) == (date(2024, 3, 30), 73)


def test_reviewers_used_13_9_percent_of_their_capacity(ops: Imported) -> None:
    total = ops.ask("utilisation").total
    assert total is not None
    assert total.n == 12906
    assert total.value == pytest.approx(100 * 12906 / (1030 * 90), rel=1e-12)
    assert round(total.value or 0, 1) == 13.9


def test_the_teams_and_the_reviewers_decided_together_what_all_did(ops: Imported) -> None:
    assert sum(point.n for point in ops.ask("utilisation", (Dim.TEAM,)).points) == 12906
    reviewers = ops.ask(KEY, (Dim.REVIEWER,)).points
    assert len(reviewers) == 20
    assert sum(point.n for point in reviewers) == 12906


def test_a_fifth_of_reviewed_urgent_flags_broke_their_sla(ops: Imported) -> None:
    total = ops.ask("sla_breach_rate_reviewed").total
    assert total is not None
    assert total.n == 4224
    assert total.value == pytest.approx(100 * 879 / 4224, rel=1e-12)
    assert round(total.value or 0, 1) == 20.8


def test_what_is_open_now_is_not_known_nine_days_after_the_data_ended(ops: Imported) -> None:
    for key in ("oldest_open", "open_age_p50", "open_age_p90", "sla_at_risk"):
        total = ops.ask(key).total
        assert total is not None
        assert total.value is None


def test_the_quartiles_of_each_categorys_scores_are_those_of_the_file_within_a_hundredth(
    ops: Imported, raw: list[dict[str, str]]
) -> None:
    scores: dict[str, list[float]] = defaultdict(list)
    for row in raw:
        scores[row["category"]].append(float(row["ml_score"]))
    spreads = {spread.groups[0]: spread for spread in ops.ask("score_distribution", (Dim.CATEGORY,)).spreads}
    assert {category: spread.n for category, spread in spreads.items()} == {
        category: len(values) for category, values in scores.items()
    }
    for category, values in scores.items():
        for share in (0.25, 0.5, 0.75):
            found = spreads[category].quantile(share)
            assert found == pytest.approx(float(np.quantile(values, share)), abs=0.01), (category, share)


def test_the_median_of_hours_to_decision_is_that_of_the_file_within_a_percent(
    ops: Imported, raw: list[dict[str, str]]
) -> None:
    taken = [
        float(row["resolution_hrs"])
        for row in raw
        if row["severity"] in URGENT and row["action"] == "human_review" and row["resolution_hrs"]
    ]
    total = ops.ask("resolution_hours").total
    assert total is not None
    assert total.n == len(taken)
    assert total.value == pytest.approx(float(np.median(taken)), rel=0.01)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("query", ["", "?by=reviewer", "?by=team&by=reviewer&grain=whole", "?reviewer=REV001"])
def test_workload_per_reviewer_is_refused_in_every_file(ops: Imported, form: str, query: str) -> None:
    answer = ops.client.get(f"/api/v1/metrics/{KEY}.{form}{query}")
    assert (answer.status_code, answer.mimetype) == (400, "application/json")
    assert answer.json == {"error": "Utilisation per reviewer is for leads, on screen only."}


@pytest.mark.parametrize("form", FORMS)
def test_no_answer_about_figures_names_a_reviewer_or_splits_by_one(ops: Imported, form: str) -> None:
    named = names_of_reviewers(ops)
    for key in METRICS:
        for query in ("grain=whole", "grain=whole&by=team", "grain=whole&by=category", "grain=whole&by=reviewer"):
            text = ops.get(f"/api/v1/metrics/{key}.{form}?{query}")
            assert not named.search(text), (key, query)
        refused = ops.client.get(f"/api/v1/metrics/{key}.{form}?by=reviewer")
        assert refused.status_code == 400, key


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/metrics",
        "/api/v1/incidents.json",
        "/api/v1/incidents.csv",
        "/export/flags.csv",
        "/export/flags.xlsx?since=2024-03-20&until=2024-03-30",
        "/export/flags.csv?by=reviewer&since=2024-03-30",
        f"/export/flags.csv?sort={quote('reviewer_id')}",
    ],
)
def test_no_other_file_names_a_reviewer(ops: Imported, address: str) -> None:
    assert not names_of_reviewers(ops).search(ops.get(address))


def names_of_reviewers(ops: Imported) -> re.Pattern[str]:
    """Every reviewer's id, name and pseudonym."""
    with (DATA / "reviewers.csv").open(newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    pseudonyms = [point.groups[0] for point in ops.ask(KEY, (Dim.REVIEWER,)).points]
    assert len(rows) == len(pseudonyms) == 20
    return re.compile("|".join([*pseudonyms, *(row[name] for row in rows for name in ("reviewer_id", "name"))]))
