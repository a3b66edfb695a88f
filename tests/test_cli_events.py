import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from typer.testing import CliRunner, Result

from dashapp.__main__ import app

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FLAG = (
    '{"message_type":"Flag","id":"F1","category":"spam","severity":"high","routing":"allow","at":"2024-03-01T10:00Z"}'
)

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIME_ZONE", "UTC")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'store.sqlite'}")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def one_line(result: Result) -> str:
    """The message of a command that could not run."""
    assert (result.exit_code, result.stdout) == (2, "")
    [line] = result.stderr.splitlines()
    return line


def test_a_token_is_shown_once_and_let_in_until_it_is_revoked(run: Run) -> None:
    made = json.loads(run("token", "create", "--scope", "ingest", "--name", "feed", "--json").stdout)
    assert len(made["token"]) == 43
    assert run("token", "list").stdout.startswith("feed (ingest), made 20")
    listed = run("token", "list", "--json").stdout
    assert [token["name"] for token in json.loads(listed)["tokens"]] == ["feed"]
    assert made["token"] not in listed
    assert one_line(run("token", "create", "--scope", "ingest", "--name", "feed")) == "There is a token 'feed' already."
    assert run("token", "revoke", "feed").stdout == "feed is revoked\n"
    assert one_line(run("token", "revoke", "feed")) == "There is no token 'feed'."
    assert run("token", "list").stdout.startswith("no token yet")


def test_a_token_needs_a_name_of_its_own_only_when_one_is_wanted(run: Run) -> None:
    first, second = run("token", "create", "--scope", "ingest"), run("token", "create", "--scope", "ingest")
    assert first.stdout != second.stdout
    assert "it is not shown again" in first.stderr
    assert run("token", "create", "--scope", "everything").exit_code == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [((), "expires 2027-03-02"), (("--days", "90"), "expires 2026-05-31"), (("--no-expiry",), "does not expire")],
)
@pytest.mark.check(18)
def test_a_token_expires_unless_it_is_made_without_an_end(run: Run, options: tuple[str, ...], told: str) -> None:
    with time_machine.travel(NOW, tick=False):
        run("token", "create", "--scope", "read", "--name", "reports", *options)
        listed = run("token", "list").stdout
    assert listed == f"reports (read), made 2026-03-02 12:00 UTC, {told}, never used\n"


def test_a_log_is_taken_in_and_rolled_up(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text(f"{FLAG}\n")
    result = run("ingest", log)
    assert (result.exit_code, result.stdout) == (0, f"{log}: 1 new, 0 seen, 0 refused\n")
    assert "events (events): 1 flags, 2024-03-01 to 2024-03-01" in run("origin", "list").stdout
    assert run("ingest", log).stdout == f"{log}: 0 new, 0 seen, 0 refused\n"
    nothing = (
        "nothing new since line 1, where the last run stopped; "
        "--again reads it from the beginning, and counts events without an id once more"
    )
    assert run("ingest", log).stderr == f"{log}: {nothing}\n"
    assert json.loads(run("ingest", log, "--json").stdout)["notes"] == [nothing]
    assert run("ingest", log, "--again").stdout == f"{log}: 0 new, 1 seen, 0 refused\n"
    assert run("ingest", log, "--again", "--origin", "other").stdout == f"{log}: 1 new, 0 seen, 0 refused\n"


def test_lines_of_standard_input_that_are_no_events_are_refused_by_line_and_field(run: Run) -> None:
    broken = FLAG.replace("high", "hgih")
    text = f"GET /\n{FLAG}\n{broken}\n"
    result = CliRunner().invoke(app, ["ingest", "-"], input=text)
    assert (result.exit_code, result.stdout) == (1, "-: 1 new, 0 seen, 2 refused\n")
    assert result.stderr.splitlines() == [
        "- line 1: is not JSON",
        "- line 3: severity is not one of low, medium, high, critical",
    ]
    result = CliRunner().invoke(app, ["ingest", "-", "--json"], input=text)
    assert json.loads(result.stdout) == {
        "new": 0,
        "seen": 1,
        "refused": [
            {"line": 1, "field": None, "reason": "is not JSON"},
            {"line": 3, "field": "severity", "reason": "is not one of low, medium, high, critical"},
        ],
        "more_refused": 0,
        "notes": [],
    }


def test_of_many_refused_lines_the_first_are_shown(run: Run) -> None:
    result = CliRunner().invoke(app, ["ingest", "-"], input="x\n" * 1200)
    assert len(result.stderr.splitlines()) == 51
    assert result.stderr.splitlines()[-1] == "and 1,150 more; --json lists the first 1,000"
    result = CliRunner().invoke(app, ["ingest", "-", "--json"], input="x\n" * 1200)
    held = json.loads(result.stdout)
    assert (len(held["refused"]), held["more_refused"]) == (1000, 200)


def test_what_cannot_be_taken_in_is_wrong_use(run: Run, tmp_path: Path) -> None:
    assert one_line(run("ingest", tmp_path / "no.log")).endswith("no.log: cannot be read: No such file or directory")
    assert one_line(run("ingest", tmp_path)).endswith("cannot be read: Is a directory")
    assert one_line(run("ingest", "-", "--follow")).startswith("--follow: ")
    assert one_line(run("ingest", "-", "--origin", "")).startswith("--origin: ")
