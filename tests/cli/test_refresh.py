"""`python -m dashapp refresh` says what it computed."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dashapp.__main__ import app
from dashapp.store.engine import writer_engine


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIME_ZONE", "UTC")
    monkeypatch.setenv("DATABASE_URL", url := f"sqlite:///{tmp_path / 'store.sqlite'}")
    assert run("demo", "--days", "3", "--scale", "0.1").exit_code == 0
    return url


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def test_it_counts_what_it_computed_and_what_was_fresh(store: str) -> None:
    first = run("refresh")
    assert first.exit_code == 0
    assert re.fullmatch(r"78 computed, 0 fresh, 0 failed, 0 deleted; took \d+\.\d s\n", first.stdout)
    again = json.loads(run("refresh", "--json").stdout)
    assert {key: again[key] for key in again if key != "seconds"} == {
        "computed": 0,
        "fresh": 78,
        "failed": 0,
        "deleted": 0,
    }


def test_what_failed_is_counted_and_the_exit_code_says_so(store: str) -> None:
    engine = writer_engine(store)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON snapshot BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    engine.dispose()
    result = run("refresh", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["failed"] == 78
    assert "Traceback" not in result.stdout
