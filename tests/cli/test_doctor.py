"""`python -m dashapp doctor` says what is as it must be, and what is not."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dashapp.__main__ import app
from tests.summary.messages_api import Answer, failing, messages_api

KEY = "sk-ant-api03-do-not-tell-anyone"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIME_ZONE", "UTC")
    monkeypatch.setenv("DATABASE_URL", url := f"sqlite:///{tmp_path / 'store.sqlite'}")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    return url


@pytest.fixture
def store(url: str) -> None:
    assert CliRunner().invoke(app, ["init"]).exit_code == 0


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["doctor", *words])


def told(result: Result) -> dict[str, tuple[bool, str]]:
    return {check["name"]: (check["ok"], check["found"]) for check in json.loads(result.stdout)["checks"]}


@pytest.mark.usefixtures("store")
def test_it_has_a_line_for_each_check() -> None:
    result = run()
    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines[0] == "ok    settings: can be read"
    assert lines[1].startswith("ok    SQLite: 3.")
    assert lines[2:] == [
        "ok    store: sqlite, at the newest migration",
        "ok    time zone: days of UTC",
        "ok    PDF: can be made",
    ]


def test_a_store_that_is_not_there_is_told_and_not_made(url: str, tmp_path: Path) -> None:
    result = run("--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["ok"] is False
    assert told(result)["store"] == (False, "there is none yet: run `python -m dashapp init`")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_store_is_told(url: str, tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_text("no database at all, but long enough to be looked at" * 100)
    assert told(run("--json"))["store"] == (False, "DATABASE_URL: the database says: file is not a database")


def test_a_store_without_tables_is_told(url: str, tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").touch()
    found = "the store is not what this version needs: run `python -m dashapp init`"
    assert told(run("--json"))["store"] == (False, found)


@pytest.mark.usefixtures("store")
def test_another_time_zone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIME_ZONE", "Europe/Berlin")
    result = run()
    assert result.exit_code == 1
    assert "FAIL  time zone: the stored days are days of UTC, but TIME_ZONE is Europe/Berlin\n" in result.stdout


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("PORT", "0", "FAIL  settings: PORT: Input should be greater than or equal to 1\n"),
        (
            "THRESHOLDS",
            '{"profit": {"warn": 1, "alert": 2}}',
            "FAIL  settings: THRESHOLDS: no metric is called profit\n",
        ),
    ],
)
def test_settings_that_cannot_be_used_are_told(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str
) -> None:
    monkeypatch.setenv(name, value)
    result = run()
    assert (result.exit_code, result.stdout) == (1, line)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("answer", "ok", "found"),
    [
        (Answer(), True, "claude-sonnet-5-5 can be asked"),
        (failing(401), False, "the key was not accepted: check ANTHROPIC_API_KEY"),
        (failing(404), False, "the model is not known there: set SUMMARY_MODEL"),
    ],
    ids=["known", "401", "404"],
)
def test_key_and_model_are_tried_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, *, ok: bool, found: str
) -> None:
    with messages_api(answer) as api:
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", api.url)
        result = run("--model", "--json")
    assert told(result)["model"] == (ok, found)
    assert result.exit_code == (0 if ok else 1)
    assert KEY not in result.output


@pytest.mark.usefixtures("store")
def test_without_a_key_no_model_can_be_asked() -> None:
    assert "FAIL  model: no key is set: ANTHROPIC_API_KEY\n" in run("--model").stdout
    assert "model" not in run().stdout
