"""`python -m dashapp copy`: a store in a file moves to a server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner, Result

from bench.databases import Databases
from dashapp.__main__ import app
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.reads import flag_counts
from dashapp.store.schema import meta

FLAGS = """flag_id,date,category,severity,action,reviewer_id,resolution_hrs,ml_score,coordinated_flag,attack_id
F1,2024-03-01,spam,high,human_review,R1,30.5,0.9,True,A1
F2,2024-03-02,fraud,low,allow,,,0.7,False,
"""


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store with two flags."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIME_ZONE", "UTC")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'store.sqlite'}")
    (tmp_path / "flags.csv").write_text(FLAGS)
    assert run("import", "ts-ops", str(tmp_path)).exit_code == 0


@pytest.fixture
def empty(postgres: Databases) -> Iterator[str]:
    """A database without tables."""
    with postgres.new("template0") as url:
        yield url


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def test_every_table_is_named_with_its_rows(empty: str) -> None:
    result = run("copy", "--to", empty)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert "flag                         2 rows  the same" in lines
    assert lines[-1] == "the copy is the same: set DATABASE_URL to it"
    engine = reader_engine(empty, 60)
    with engine.connect() as connection:
        assert flag_counts(connection) == {"ts-ops": 2}
    engine.dispose()


def test_programs_are_told_the_checksums(empty: str) -> None:
    told = json.loads(run("copy", "--to", empty, "--json").stdout)
    [flags] = [table for table in told["tables"] if table["table"] == "flag"]
    assert told["same"]
    assert (flags["rows"], flags["copied"], flags["same"]) == (2, 2, True)
    assert flags["checksum"] == flags["copied_checksum"]
    assert len(flags["checksum"]) == 64


def test_a_finished_copy_is_not_copied_over(empty: str) -> None:
    run("copy", "--to", empty)
    again = run("copy", "--to", empty)
    assert (again.exit_code, again.stdout) == (2, "")
    assert again.stderr == "--to: the database holds data already, in its table coverage\n"


def test_a_copy_that_is_not_finished_is_no_store(tmp_path: Path) -> None:
    engine = writer_engine(f"sqlite:///{tmp_path / 'store.sqlite'}")
    with engine.begin() as connection:
        connection.execute(insert(meta).values(key="copying", value="under way"))
    engine.dispose()
    told = "the database is a copy that is not finished: run `python -m dashapp copy --to` it again\n"
    for words in (["rollup"], ["rollup", "--rezone"], ["init"], ["import", "ts-ops", str(tmp_path)]):
        refused = run(*words)
        assert (refused.exit_code, refused.stdout, refused.stderr) == (2, "", told)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nonsense", "--to: is not a database URL such as sqlite:///"),
        ("postgresql://nobody@127.0.0.1:1/none", "--to: the database says: connection failed"),
        ("mysql://u:secret@host/db", "--to: is not a database URL such as sqlite:///"),
    ],
)
def test_a_target_that_cannot_be_used_is_named(url: str, reason: str) -> None:
    result = run("copy", "--to", url)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(reason)
    assert "secret" not in result.stderr
