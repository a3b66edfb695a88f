import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dashapp.__main__ import app

FLAGS = "flag_id,date,category,severity,action,reviewer_id,resolution_hrs,ml_score,coordinated_flag,attack_id\n"
GOOD = "F1,2024-03-01,spam,high,human_review,R1,30.5,0.9,True,A1\n"
BAD = "F2,2024-03-01,spam,hgih,human_review,R1,30.5,0.9,True,A1\n"
URLS = "sqlite:///data/watchfloor.sqlite or postgresql+psycopg://name@host/database"
SETTINGS = (
    *("SLA_HOURS", "THRESHOLDS", "SMALL_GROUP", "READ_SECONDS", "EXPORT_SECONDS", "JOBS"),
    *("EVENTS_MEGABYTES", "EVENT_IDS_DAYS", "HOST", "READ_URL", "PORT", "WEB_CONCURRENCY"),
)

Run = Callable[..., Result]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the settings say the store is, which is not there yet."""
    path = tmp_path / "data" / "store.sqlite"
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TIME_ZONE", "UTC")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    return path


@pytest.fixture
def run(store: Path) -> Run:
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    directory = tmp_path / "files"
    directory.mkdir()
    (directory / "flags.csv").write_text(FLAGS + GOOD)
    return directory


def one_line(result: Result) -> str:
    """The message of a command that could not run: one line, exit code 2, nothing on standard output."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.output
    [line] = result.stderr.splitlines()
    return line


def test_init_makes_the_store_and_does_nothing_the_second_time(run: Run, store: Path) -> None:
    assert run("init").exit_code == 0
    assert store.exists()
    assert run("init").stdout == "the store is ready\n"


def test_an_import_reports_counts_columns_and_absent_files(run: Run, files: Path) -> None:
    result = run("import", "ts-ops", files)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "flags.csv: 1 read: 1 new, 0 updated, 0 seen, 0 refused",
        "no file reviewers: left as it is",
        "no file attacks: left as it is",
    ]


def test_what_was_imported_is_rolled_up_and_listed(run: Run, files: Path) -> None:
    run("import", "ts-ops", files, "--origin", "forum")
    [origin] = json.loads(run("origin", "list", "--json").stdout)["origins"]
    assert origin.pop("delivered_at").endswith("+00:00")
    assert origin == {
        "name": "forum",
        "kind": "import",
        "first_day": "2024-03-01",
        "last_day": "2024-03-01",
        "flags": 1,
        "reports": 0,
        "decisions": 0,
        "aggregates": 0,
    }
    assert run("origin", "list").stdout.startswith("forum (import): 1 flags, 2024-03-01 to 2024-03-01, last delivery")


def test_refused_rows_are_named_and_end_in_exit_code_1(run: Run, files: Path) -> None:
    (files / "flags.csv").write_text(FLAGS + GOOD + BAD)
    result = run("import", "ts-ops", files)
    assert result.exit_code == 1
    assert result.stderr == ('flags.csv line 3: severity "hgih": is not one of low, medium, high, critical\n')
    assert result.stdout.startswith("flags.csv: 2 read: 1 new, 0 updated, 0 seen, 1 refused\n")


def test_only_the_first_fifty_refusals_are_printed_and_all_are_in_the_json(run: Run, files: Path) -> None:
    (files / "flags.csv").write_text(FLAGS + BAD * 60)
    lines = run("import", "ts-ops", files).stderr.splitlines()
    assert len(lines) == 51
    assert lines[-1] == "and 10 more; --json lists them all"
    result = run("import", "ts-ops", files, "--json")
    assert result.exit_code == 1
    [file] = json.loads(result.stdout)["files"]
    assert len(file["refusals"]) == 60
    assert file["refusals"][0] == {
        "file": "flags.csv",
        "line": 2,
        "field": "severity",
        "value": "hgih",
        "reason": "is not one of low, medium, high, critical",
    }


@pytest.mark.parametrize("option", ["--strict", "--dry-run"])
def test_strict_and_dry_run_say_that_nothing_was_stored(run: Run, files: Path, option: str) -> None:
    (files / "flags.csv").write_text(FLAGS + GOOD + BAD)
    result = run("import", "ts-ops", files, option)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].endswith("nothing was stored")
    assert json.loads(run("origin", "list", "--json").stdout) == {"origins": []}


def test_a_directory_without_flags_ends_in_exit_code_1(run: Run, tmp_path: Path) -> None:
    result = run("import", "ts-ops", tmp_path)
    assert result.exit_code == 1
    assert result.stderr == f"flags.csv: no flags.csv or flags.parquet in {tmp_path}\n"


def test_dumps_of_reports_are_imported_and_listed_and_a_refused_row_ends_in_exit_code_1(
    run: Run, tmp_path: Path
) -> None:
    directory = tmp_path / "dump"
    directory.mkdir()
    rows = "1,2024-03-01T08:00:00Z,i1,sensitive,pending,\n2,2024-03-01T08:00:00Z,i1,spam,pending,\n"
    (directory / "image_reports.csv").write_text(f"id,created_at,media_id,reason,status,decision_id\n{rows}")
    result = run("import", "openverse", directory)
    assert result.exit_code == 1
    assert result.stderr == 'image_reports.csv line 3: reason "spam": is not one of sensitive, copyright, other\n'
    assert result.stdout.splitlines() == [
        "image_reports.csv: 2 read: 1 new, 0 updated, 0 seen, 1 refused",
        "no file image_decisions: left as it is",
        "no file image_decision_media: left as it is",
        "no file image_media: left as it is",
    ]
    assert run("origin", "list").stdout.startswith("openverse (import): 1 reports, 2024-03-01 to 2024-03-01")


def test_columns_are_mapped_and_unknown_ones_are_wrong_use(run: Run, files: Path) -> None:
    (files / "flags.csv").write_text((FLAGS + GOOD).replace("date", "day"))
    assert run("import", "ts-ops", files).exit_code == 1
    assert run("import", "ts-ops", files, "--map", "date=day").exit_code == 0
    assert one_line(run("import", "ts-ops", files, "--map", "day=date")).startswith("--map day=date: is not")
    assert one_line(run("import", "ts-ops", files, "--map", "date")).startswith("--map date: is not FIELD=HEADER")


def test_files_cannot_be_imported_as_the_demo(run: Run, files: Path) -> None:
    assert one_line(run("import", "ts-ops", files, "--origin", "demo")).startswith("--origin demo: is the name of")
    assert one_line(run("import", "ts-ops", files, "--origin", "")).startswith("--origin: is not a printable name")


def test_an_origin_is_removed_with_its_flags(run: Run, files: Path) -> None:
    run("import", "ts-ops", files)
    assert run("origin", "remove", "ts-ops").exit_code == 1
    assert run("origin", "remove", "ts-ops", "--yes").stdout == "ts-ops is removed, with 1 flags\n"
    assert json.loads(run("origin", "list", "--json").stdout) == {"origins": []}
    assert one_line(run("origin", "remove", "ts-ops")) == "no origin 'ts-ops'; there are: none"


def test_the_demo_fills_an_empty_store_only_once(run: Run) -> None:
    first = run("demo", "--days", 3, "--scale", 0.1, "--if-empty", "--json")
    made = json.loads(first.stdout)
    assert made["flags"] > 0
    assert made["days"] >= 3
    assert run("demo", "--if-empty").stdout == "the store holds data already: demo\n"
    [origin] = json.loads(run("origin", "list", "--json").stdout)["origins"]
    assert (origin["kind"], origin["flags"]) == ("demo", made["flags"])


def test_rollup_rebuilds_what_changed_or_everything(run: Run, files: Path) -> None:
    run("import", "ts-ops", files)
    assert json.loads(run("rollup", "--json").stdout) == {"days": 0}
    assert run("rollup", "--all").stdout == "2 days rebuilt\n"


def test_another_time_zone_is_refused_until_the_days_are_counted_anew(
    run: Run, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("import", "ts-ops", files)
    monkeypatch.setenv("TIME_ZONE", "Asia/Tokyo")
    assert one_line(run("rollup")).startswith("the stored days are days of UTC, but TIME_ZONE is Asia/Tokyo")
    assert run("rollup", "--rezone").stdout == "2 days rebuilt\n"
    assert run("origin", "list").exit_code == 0


@pytest.mark.parametrize("command", [("origin", "list"), ("rollup",), ("rollup", "--rezone")])
def test_a_store_that_was_never_made_is_named(run: Run, command: tuple[str, ...]) -> None:
    assert one_line(run(*command)) == "the store is not what this version needs: run `python -m dashapp init`"


def test_a_store_of_a_newer_version_is_named(run: Run, store: Path) -> None:
    run("init")
    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert one_line(run("init")) == "the store is at migration 9999, which this version does not know"


def test_every_setting_that_cannot_be_used_is_named_and_no_value_of_a_secret(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIME_ZONE", "Mars")
    monkeypatch.setenv("PORT", "0")
    result = run("init")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "TIME_ZONE: 'Mars' is not a time zone such as Europe/Berlin",
        "PORT: Input should be greater than or equal to 1",
    ]


def test_settings_that_are_not_even_readable_are_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLA_HOURS", "24")
    assert one_line(run("init")).startswith("SLA_HOURS: ")
    monkeypatch.setenv("SLA_HOURS", "a day")
    assert 'field "sla_hours"' in one_line(run("init"))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", f"DATABASE_URL: is not a database URL such as {URLS}"),
        ("sqlite:///file/store.sqlite", "DATABASE_URL: the directory cannot be made: "),
        ("sqlite:///.", "DATABASE_URL: the database says: unable to open database file"),
        ("sqlite:///file", "DATABASE_URL: the database says: file is not a database"),
        ("postgresql+nodriver://u:secret@host/db", "DATABASE_URL: is not a database URL"),
    ],
)
def test_a_database_that_cannot_be_used_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, message: str
) -> None:
    (tmp_path / "file").write_bytes(b"not a database " * 1000)
    monkeypatch.setenv("DATABASE_URL", url)
    line = one_line(run("init"))
    assert line.startswith(message)
    assert "secret" not in line


def test_serve_is_refused_with_a_replica_that_cannot_be_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READ_URL", "mysql://u:secret@host/db")
    assert one_line(run("serve")) == f"READ_URL: is not a database URL such as {URLS}"


def test_serve_is_refused_with_a_port_that_is_none(run: Run) -> None:
    assert run("serve", "--port", 99999).exit_code == 2


def test_the_module_runs_as_a_program_without_a_traceback(store: Path, files: Path) -> None:
    root = Path(__file__).resolve().parents[1]
    (files / "flags.csv").write_bytes(b"\xff\xfe\x00")
    command = [sys.executable, "-m", "dashapp", "import", "ts-ops", str(files), "--json"]
    done = subprocess.run(command, cwd=root, env=os.environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert json.loads(done.stdout)["files"][0]["refusals"][0]["reason"] == "is not UTF-8 text"


def test_starting_the_command_line_loads_nothing_heavy() -> None:
    heavy = "{'pandas', 'numpy', 'pyarrow', 'dash', 'plotly', 'alembic', 'rich.progress'}"
    code = f"import sys, dashapp.__main__; print(sorted({heavy} & set(sys.modules)))"
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("HOST", "0.0.0.0", "HOST can be reached by others, which AUTH=none allows for"),
        ("THRESHOLDS", '{"no_such": {"warn": 1, "alert": 2}}', "THRESHOLDS: no metric is called no_such"),
        ("THRESHOLDS", '{"score_mean": {"warn": 1}}', "THRESHOLDS score_mean alert: Field required"),
    ],
)
def test_serving_is_refused_with_settings_that_cannot_be(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    result = run("serve")
    assert result.exit_code == 2
    assert told in result.output
    assert "Traceback" not in result.output


@pytest.mark.check(11)
@pytest.mark.parametrize(
    ("secret", "told"),
    [
        (None, "SECRET_KEY must be set where HOST can be reached by others"),
        ("changeme", "SECRET_KEY: is too easy to guess"),
        ("a" * 64, "SECRET_KEY: is too easy to guess"),
    ],
)
def test_nothing_is_served_to_others_under_a_secret_that_can_be_guessed(
    run: Run, monkeypatch: pytest.MonkeyPatch, secret: str | None, told: str
) -> None:
    monkeypatch.setenv("HOST", "0.0.0.0")
    monkeypatch.setenv("AUTH", "password")
    if secret:
        monkeypatch.setenv("SECRET_KEY", secret)
    result = run("serve")
    assert result.exit_code == 2
    assert told in result.output
    assert "Traceback" not in result.output
    assert secret is None or secret not in result.output
