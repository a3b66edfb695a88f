"""`python -m dashapp import dsa`: daily statistics come in, are listed and go."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dashapp.__main__ import app

HEADER = "date,platform,column,variant,count,min,mean,max\n"


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIME_ZONE", "UTC")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'store.sqlite'}")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def test_files_are_imported_listed_and_removed(tmp_path: Path) -> None:
    (tmp_path / "daily.csv").write_text(HEADER + "2024-03-01,Chat,rows,,12,,0,\n")
    taken = run("import", "dsa", "daily.csv", "daily.csv", "--json")
    assert taken.exit_code == 0, taken.output
    assert [(one["new"], one["seen"]) for one in json.loads(taken.stdout)["files"]] == [(1, 0), (0, 1)]
    assert run("origin", "list").stdout.startswith(
        "dsa (import): 1 aggregates, 2024-03-01 to 2024-03-01, last delivery"
    )
    assert run("origin", "remove", "dsa", "--yes").exit_code == 0
    assert run("origin", "list").stdout.startswith("no origin yet")


def test_a_refused_row_is_named_and_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "daily.csv").write_text(HEADER + "2024-03-01,Chat,rows,,x,,0,\n")
    refused = run("import", "dsa", "daily.csv")
    assert refused.exit_code == 1
    assert refused.stderr == 'daily.csv line 2: count "x": is not a whole number\n'


def test_without_a_file_it_is_wrong_use() -> None:
    assert run("import", "dsa").exit_code == 2
