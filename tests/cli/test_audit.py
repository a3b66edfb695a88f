"""`python -m dashapp audit` prints the trail for people, programs and spreadsheets."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dashapp.__main__ import app
from dashapp.store.engine import writer_engine
from dashapp.store.trail import note_change

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIME_ZONE", "UTC")
    monkeypatch.setenv("DATABASE_URL", url := f"sqlite:///{tmp_path / 'store.sqlite'}")
    runner = CliRunner()
    assert runner.invoke(app, ["init"]).exit_code == 0
    writer = writer_engine(url)
    with writer.begin() as connection:
        note_change(connection, NOON, "Anna", "role", "user 2", {"role": "lead", "was": "viewer"})
        note_change(connection, NOON.replace(day=3), "=cmd()", "refused", "/flags", {"permission": "rows"})
        note_change(connection, NOON.replace(day=1), "Berta", "noted", "annotation 1", {"text": "in my own words"})
    writer.dispose()
    return lambda *words: runner.invoke(app, ["audit", *words])


def test_people_read_a_line_for_each_entry(run: Run) -> None:
    assert run("--since", "2026-03-02").stdout.splitlines() == [
        "2026-03-03 12:00:00 =cmd(): refused, /flags permission=rows",
        "2026-03-02 12:00:00 Anna: role, user 2 role=lead, was=viewer",
    ]
    assert run("--most", "1").stdout.count("\n") == 1


@pytest.mark.parametrize(
    "words", [("--since", "2026-03-03"), ("--action", "refused"), ("--actor", "=cmd()")], ids=["since", "what", "who"]
)
def test_the_trail_is_searched(run: Run, words: tuple[str, ...]) -> None:
    assert [one["subject"] for one in json.loads(run("--json", *words).stdout)["entries"]] == ["/flags"]


@pytest.mark.check(26)
def test_a_spreadsheet_runs_nothing_of_it(run: Run) -> None:
    assert run("--csv", "--since", "2026-03-02").stdout.splitlines() == [
        "at,actor,action,subject,detail",
        "2026-03-03T12:00:00Z,'=cmd(),refused,/flags,permission=rows",
        '2026-03-02T12:00:00Z,Anna,role,user 2,"role=lead, was=viewer"',
    ]


@pytest.mark.parametrize("form", [(), ("--json",), ("--csv",)], ids=["text", "json", "csv"])
def test_what_people_wrote_in_their_own_words_is_left_out(run: Run, form: tuple[str, ...]) -> None:
    printed = run("--actor", "Berta", *form).stdout
    assert ("own words" in printed, "(text)" in printed) == (False, True)


def test_what_is_not_there_is_said(run: Run) -> None:
    assert run("--actor", "Carla").stdout == "nothing of that kind is in the trail\n"
    assert run("--json", "--csv").exit_code == 2
