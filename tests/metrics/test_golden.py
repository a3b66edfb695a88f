"""Every metric of the seeded demo by week and category, violation or action, as it was when last agreed; beside it
made-up counts of two platforms.

A change here is a change of a number that somebody reads. When it is meant, this writes the files anew:

    GOLDEN_UPDATE=1 pytest tests/metrics/test_golden.py

The difference belongs into the commit that makes it, and into the changelog.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from dashapp.demo.load import load
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim
from dashapp.metrics import METRICS, Desk, Metric, Policy, as_of, measure
from dashapp.metrics.registry import Privacy
from dashapp.settings import Settings
from dashapp.store.reads import DEMO
from dashapp.store.rollup import rollup
from dashapp.web.export import metric_csv
from tests.published import publish

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
NOW = datetime(2024, 3, 31, 15, tzinfo=UTC)
SETTINGS = Settings(_env_file=None, time_zone="UTC")
QUESTION = View.parse("range=56d&grain=week")
SHOWN = [metric for metric in METRICS.values() if metric.privacy is Privacy.OPEN]


@pytest.fixture(scope="module")
def connection(engine: Engine) -> Iterator[Connection]:
    load(engine, SETTINGS, NOW, days=56, seed=42, scale=0.25)
    with engine.begin() as opened:
        rollup(opened, SETTINGS.sla)
        publish(opened, DEMO, NOW.date(), days=56)
        yield opened


@pytest.mark.parametrize("metric", SHOWN, ids=lambda metric: metric.key)
def test_the_demos_figures_are_what_they_were(connection: Connection, metric: Metric) -> None:
    desk = Desk(connection, NOW, Policy(SETTINGS.zone, SETTINGS.sla))
    by = next(((dim,) for dim in (Dim.CATEGORY, Dim.VIOLATION, Dim.ACTION) if dim in metric.dims), ())
    text = rounded(metric_csv(measure(desk, metric, QUESTION.ask(as_of(desk), by=by))))
    file = GOLDEN / f"{metric.key}.csv"
    if os.environ.get("GOLDEN_UPDATE"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()


def rounded(text: str) -> str:
    """Ten digits of every figure: the last ones depend on the order of the arithmetic."""
    rows = (line.split(",") for line in text.splitlines())
    return "".join(",".join(f"{float(cell):.10g}" if "." in cell else cell for cell in row) + "\n" for row in rows)


def test_every_golden_file_belongs_to_a_metric() -> None:
    assert {file.stem for file in GOLDEN.glob("*.csv")} == {metric.key for metric in SHOWN}
