import json
import os
import signal
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from dashapp.__main__ import app
from dashapp.metrics.detecting import VERSION
from dashapp.store.engine import writer_engine
from dashapp.store.operations import job_run
from dashapp.store.schema import flag

ROOT = Path(__file__).resolve().parents[1]
FLAGS = "flag_id,date,category,severity,action,reviewer_id,resolution_hrs,ml_score,coordinated_flag,attack_id"
CASE = "spam,low,human_review,R1,2.5,0.9,False,"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    address = f"sqlite:///{tmp_path / 'store.sqlite'}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", address)
    monkeypatch.setenv("TIME_ZONE", "UTC")
    return address


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def flags(url: str) -> int:
    engine = writer_engine(url)
    with engine.connect() as connection:
        found = connection.execute(select(flag.c.flag_id)).all()
    engine.dispose()
    return len(found)


def test_backup_says_what_it_copied(url: str, tmp_path: Path) -> None:
    run("demo", "--days", "5", "--scale", "0.02")
    result = run("backup", str(tmp_path / "copy.sqlite"), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["rows"] > flags(url) > 0
    again = run("backup", str(tmp_path / "copy.sqlite"))
    assert (again.exit_code, again.stderr) == (2, f"{tmp_path / 'copy.sqlite'} is there already\n")


def test_retention_deletes_only_where_it_is_asked_for(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run("demo", "--days", "60", "--scale", "0.02")
    before = flags(url)
    assert run("retention").stdout == "RETENTION_DAYS is not set: flags, reports and decisions stay\n"
    assert flags(url) == before
    monkeypatch.setenv("RETENTION_DAYS", "30")
    gone = json.loads(run("retention", "--json").stdout)["flags"]
    assert 0 < gone == before - flags(url)


def test_a_zone_cannot_be_changed_where_days_are_closed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run("demo", "--days", "60", "--scale", "0.02")
    monkeypatch.setenv("RETENTION_DAYS", "30")
    run("retention")
    monkeypatch.setenv("TIME_ZONE", "Asia/Tokyo")
    result = run("rollup", "--rezone")
    assert result.exit_code == 2
    assert "are closed and cannot be counted anew in Asia/Tokyo" in result.stderr


@pytest.mark.usefixtures("url")
def test_detect_says_what_it_looked_at_and_found(tmp_path: Path) -> None:
    day = date(2024, 3, 28)
    counts = {day - timedelta(back): 100 if back == 0 else 20 for back in range(30)}
    flags = [f"F{of}-{number},{of},{CASE}" for of, count in counts.items() for number in range(count)]
    (tmp_path / "flags.csv").write_text("\n".join([FLAGS, *flags]))
    assert run("import", "ts-ops", str(tmp_path)).exit_code == 0
    told = json.loads(run("detect", "--json").stdout)
    nothing = {"origins": 0, "series": 0, "opened": 0, "extended": 0, "ended": 0, "withdrawn": 0}
    assert told == {"version": VERSION, **nothing, "origins": 1, "series": 1, "opened": 1}
    assert json.loads(run("detect", "--json").stdout) == {"version": VERSION, **nothing}
    words = "0 origins, 0 series, 0 opened, 0 extended, 0 ended, 0 withdrawn"
    assert run("detect").stdout == f"detector version {VERSION}: {words}\n"


def test_a_worker_runs_the_jobs_until_it_is_stopped(url: str) -> None:
    run("demo", "--days", "5", "--scale", "0.02")
    command = [sys.executable, "-m", "dashapp", "worker"]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "Watchfloor's jobs run here\n"
        engine = writer_engine(url)
        done: set[str] = set()
        while process.poll() is None and not {"refresh", "detect", "retention"} <= done:
            with engine.connect() as connection:
                done = set(connection.scalars(select(job_run.c.job).where(job_run.c.ended_at.is_not(None))))
        engine.dispose()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
