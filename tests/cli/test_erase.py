"""`python -m dashapp erase` says what it erased, and what it left."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from dashapp.__main__ import app
from dashapp.domain.messages import ReportRow
from dashapp.settings import Settings
from dashapp.store.engine import writer_engine
from dashapp.store.moderation import report
from dashapp.store.writes import put_origin, put_reports, report_row

NOW = datetime(2024, 3, 8, tzinfo=UTC)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIME_ZONE", "UTC")
    monkeypatch.setenv("DATABASE_URL", url := f"sqlite:///{tmp_path / 'store.sqlite'}")
    assert run("init").exit_code == 0
    writer = writer_engine(url)
    with writer.begin() as connection:
        for origin in ("a", "b"):
            put_origin(connection, origin, "import", NOW)
            row = ReportRow(report_id="R1", created_at=NOW, media_type="image", violation="other", creator="Ann")
            put_reports(connection, [report_row(origin, row, Settings(_env_file=None).zone)])
    writer.dispose()
    return url


def creators(url: str) -> list[tuple[str, str | None]]:
    writer = writer_engine(url)
    with writer.connect() as connection:
        found = connection.execute(select(report.c.origin, report.c.creator).order_by(report.c.origin)).all()
    writer.dispose()
    return [tuple(row) for row in found]


def test_it_erases_in_all_origins_and_says_in_how_many_rows(url: str) -> None:
    made = run("erase", "--creator", "Ann")
    assert (made.exit_code, made.stdout) == (0, "a: taken out of 1 rows\nb: taken out of 1 rows\n")
    assert creators(url) == [("a", None), ("b", None)]
    again = run("erase", "--creator", "Ann", "--json")
    assert json.loads(again.stdout) == {"person": "creator", "rows": {}, "mentions": {}, "files": {}}


def test_it_erases_in_one_origin_where_one_is_named(url: str) -> None:
    made = run("erase", "--creator", "Ann", "--origin", "b", "--json")
    assert json.loads(made.stdout)["rows"] == {"b": 1}
    assert creators(url) == [("a", "Ann"), ("b", None)]


def test_it_names_what_it_leaves(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, file in (("archives", "flag-a-2024-03-01.csv.gz"), ("backups", "watchfloor-2024-03-08.sqlite")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).touch()
    monkeypatch.setenv("ARCHIVE_DIR", str(tmp_path / "archives"))
    monkeypatch.setenv("BACKUP_DIR", str(tmp_path / "backups"))
    made = run("erase", "--creator", "Ann")
    assert made.stderr.splitlines() == [
        "1 archives are left as they are, and may have the key",
        "1 backups are left as they are, and may have the key",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "one of --reporter, --target and --creator says whom to erase"),
        (["--creator", ""], "one of --reporter, --target and --creator says whom to erase"),
        (["--creator", "Ann", "--target", "x"], "one of --reporter, --target and --creator says whom to erase"),
        (["--creator", "Ann", "--origin", "c"], "--origin: no origin 'c'; there are: a, b"),
    ],
    ids=["nobody", "empty", "two", "unknown origin"],
)
def test_wrong_use_is_told_and_changes_nothing(url: str, words: list[str], said: str) -> None:
    made = run("erase", *words)
    assert (made.exit_code, made.stderr) == (2, f"{said}\n")
    assert creators(url) == [("a", "Ann"), ("b", "Ann")]
