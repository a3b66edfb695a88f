import csv
import gzip
import os
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, event, insert, select

from dashapp.domain.access import ROLES, Role
from dashapp.domain.ask import Ask, Grain, Window
from dashapp.domain.messages import DecisionRow, FlagRow, ReportRow
from dashapp.domain.vocabulary import Case, Dim, Feed, Severity
from dashapp.metrics import METRICS, Desk, Policy, measure
from dashapp.metrics.rows import NoRows, Wanted, count_rows, select_rows
from dashapp.settings import Settings
from dashapp.store.archive import write_rows
from dashapp.store.closed import first_open_day
from dashapp.store.moderation import decision, report
from dashapp.store.operations import job_run
from dashapp.store.retention import forget_runs, retire
from dashapp.store.rezone import Closed, rezone
from dashapp.store.rollup import rollup
from dashapp.store.schema import CUBES, flag
from dashapp.store.writes import (
    Counts,
    decision_row,
    flag_row,
    put_coverage,
    put_decisions,
    put_flags,
    put_origin,
    put_reports,
    report_row,
)

OLD, NEW, CLOSED = date(2024, 1, 10), date(2024, 3, 20), date(2024, 3, 1)
NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
SLA = dict.fromkeys(Severity, 24.0)


def a_flag(flag_id: str, day: date, **more: Any) -> dict[str, Any]:
    given = {"flag_id": flag_id, "flagged_day": day, "category": "spam", "severity": "low", "routing": "human_review"}
    return flag_row("ops", FlagRow.model_validate({**given, **more}), Settings(_env_file=None).zone)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


FLAGS = [
    a_flag("decided", OLD, hours_to_decision=5, reporter_key="who"),
    a_flag("open", OLD),
    a_flag("late", OLD, flagged_at=noon(OLD), decided_at=noon(NEW)),
    a_flag("new", NEW, hours_to_decision=5),
]


@pytest.fixture
def stored(writer: Engine, settings: Settings) -> Engine:
    zone = settings.zone
    reports = [
        ReportRow(report_id=name, created_at=noon(day), media_type="image", violation="other", action=action)
        for name, day, action in (
            ("reviewed", OLD, "rejected_reports"),
            ("pending", OLD, None),
            ("new", NEW, "rejected_reports"),
        )
    ]
    decisions = [
        DecisionRow(
            decision_id=str(day),
            decided_at=noon(day),
            media_type="image",
            action="rejected_reports",
            affected_records=1,
        )
        for day in (OLD, NEW)
    ]
    with writer.begin() as connection:
        put_origin(connection, "ops", "import", NOW)
        for feed in (Feed.FLAGS, Feed.REPORTS, Feed.DECISIONS):
            put_coverage(connection, "ops", Window(OLD, NEW), feed)
        put_flags(connection, FLAGS)
        put_reports(connection, [report_row("ops", one, zone) for one in reports])
        put_decisions(connection, [decision_row("ops", one, zone) for one in decisions])
    return writer


def keys(store: Engine, table: Table, key: str) -> list[str]:
    with store.connect() as connection:
        return sorted(connection.scalars(select(table.c[key])))


def figures(store: Engine) -> dict[str, Any]:
    """What every metric that cubes can answer says of each day."""
    with store.connect() as connection:
        desk = Desk(connection, NOW, Policy(Settings(_env_file=None).zone, SLA), permissions=ROLES[Role.ANALYST])
        asked = Ask(Window(OLD, date(2024, 3, 31)), Grain.DAY)
        return {
            key: [(point.bucket, point.value, point.n) for point in measure(desk, metric, asked).points]
            for key, metric in METRICS.items()
            if metric.feed in (Feed.FLAGS, Feed.REPORTS, Feed.DECISIONS) and metric.kind != "durations"
        }


def test_old_rows_go_and_those_that_are_open_or_counted_on_open_days_stay(stored: Engine) -> None:
    assert retire(stored, CLOSED, SLA) == {"flags": 1, "reports": 1, "decisions": 1}
    assert keys(stored, flag, "flag_id") == ["late", "new", "open"]
    assert keys(stored, report, "report_id") == ["new", "pending"]
    assert keys(stored, decision, "decision_id") == ["2024-03-20"]


def test_flags_that_nobody_decides_go_with_their_day(stored: Engine) -> None:
    put(stored, a_flag("blocked", OLD, routing="auto_block"), a_flag("allowed", OLD, routing="allow"))
    assert retire(stored, CLOSED, SLA)["flags"] == 3
    assert keys(stored, flag, "flag_id") == ["late", "new", "open"]


def test_many_days_are_rolled_up_a_few_at_a_time_before_they_are_closed(stored: Engine) -> None:
    put(stored, *(a_flag(f"F{back}", NEW - timedelta(days=2 * back), hours_to_decision=1) for back in range(30)))
    begun: list[str] = []
    event.listen(stored, "begin", lambda _connection: begun.append("begin"))
    with pytest.raises(InterruptedError):
        retire(stored, CLOSED, SLA, check=interrupt)
    assert len(begun) == 1
    with stored.connect() as connection:
        assert first_open_day(connection) is None


def interrupt() -> None:
    raise InterruptedError


def test_every_figure_of_days_is_what_it_was(stored: Engine) -> None:
    with stored.begin() as connection:
        rollup(connection, SLA)
    before = figures(stored)
    retire(stored, CLOSED, SLA)
    assert figures(stored) == before
    with stored.begin() as connection:
        rollup(connection, SLA, everything=True)
    assert figures(stored) == before


def test_days_that_wait_for_their_rollup_are_rolled_up_before_their_rows_go(stored: Engine) -> None:
    retire(stored, CLOSED, SLA)
    core = CUBES[None]
    with stored.connect() as connection:
        rows = connection.execute(select(core.c.day, core.c.raised, core.c.decided).order_by(core.c.day)).all()
    assert [tuple(row) for row in rows] == [(OLD, 3, 1), (NEW, 1, 2)]


def test_a_second_run_deletes_what_has_been_decided_since(stored: Engine) -> None:
    retire(stored, CLOSED, SLA)
    with stored.begin() as connection:
        put_flags(connection, [a_flag("open", OLD, decided_at=noon(NEW))])
    assert retire(stored, CLOSED, SLA) == {"flags": 0, "reports": 0, "decisions": 0}
    assert retire(stored, NEW + timedelta(days=1), SLA) == {"flags": 3, "reports": 1, "decisions": 1}


def test_days_once_closed_stay_closed(stored: Engine) -> None:
    retire(stored, CLOSED, SLA)
    retire(stored, OLD, SLA)
    with stored.connect() as connection:
        assert first_open_day(connection) == CLOSED


def test_rows_are_in_a_file_before_they_go(stored: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    retire(stored, CLOSED, SLA, folder)
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"{kind}-ops-2024-01-10.csv.gz" for kind in ("decision", "flag", "report")]
    with gzip.open(folder / "flag-ops-2024-01-10.csv.gz", "rt", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["flag_id"], row["flagged_day"], row["hours_to_decision"], row["reporter_key"]) == (
        "decided",
        "2024-01-10",
        "5.0",
        "who",
    )


def test_the_names_of_files_are_on_the_disk_before_rows_go(
    stored: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fsync is called for, with the names that the folder has then."""
    synced: list[tuple[bool, list[str]]] = []

    def fsync(handle: int) -> None:
        names = sorted(path.name for path in tmp_path.glob("*.csv.gz"))
        synced.append((stat.S_ISDIR(os.fstat(handle).st_mode), names))

    monkeypatch.setattr(os, "fsync", fsync)
    with stored.begin() as connection:
        write_rows(connection, flag, flag.c.flag_id == "new", {}, tmp_path, "flag")
        assert synced == [(False, []), (True, ["flag.csv.gz"])]


def test_a_file_in_the_archive_is_never_written_over(stored: Engine, tmp_path: Path) -> None:
    (tmp_path / "flag-ops-2024-01-10.csv.gz").write_text("earlier")
    retire(stored, CLOSED, SLA, tmp_path)
    assert (tmp_path / "flag-ops-2024-01-10.csv.gz").read_text() == "earlier"
    assert (tmp_path / "flag-ops-2024-01-10-2.csv.gz").exists()


def test_the_name_of_an_origin_leads_nowhere_else(writer: Engine, tmp_path: Path) -> None:
    with writer.begin() as connection:
        put_origin(connection, "../../else", "import", NOW)
        put_flags(connection, [{**a_flag("F1", OLD, hours_to_decision=5), "origin": "../../else"}])
    retire(writer, CLOSED, SLA, tmp_path / "archive")
    assert [path.name for path in (tmp_path / "archive").iterdir()] == ["flag-..%2F..%2Felse-2024-01-10.csv.gz"]


def test_an_archive_that_cannot_be_written_keeps_the_rows(stored: Engine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        retire(stored, CLOSED, SLA, tmp_path / "file")
    assert "decided" in keys(stored, flag, "flag_id")


def put(store: Engine, *rows: dict[str, Any]) -> Counts:
    with store.begin() as connection:
        return put_flags(connection, rows)


def test_rows_of_closed_days_are_refused_and_those_still_there_are_seen(stored: Engine) -> None:
    retire(stored, CLOSED, SLA)
    counts = put(stored, a_flag("decided", OLD, hours_to_decision=5), a_flag("open", OLD), a_flag("another", NEW))
    assert (counts.new, counts.seen, counts.closed_places) == (1, 1, [0])


def test_what_is_still_open_of_a_closed_day_is_decided_on_an_open_one_only(stored: Engine) -> None:
    retire(stored, CLOSED, SLA)
    late = a_flag("open", OLD, decided_at=noon(CLOSED - timedelta(days=1)))
    assert put(stored, late).closed_places == [0]
    assert put(stored, a_flag("open", OLD, decided_at=noon(NEW))).updated == 1
    with stored.begin() as connection:
        rollup(connection, SLA)
    assert figures(stored)["backlog"][-1][1] == 0


def test_figures_that_need_single_rows_say_from_when_on_they_are_kept(stored: Engine) -> None:
    retire(stored, CLOSED, SLA)
    with stored.connect() as connection:
        desk = Desk(connection, NOW, Policy(Settings(_env_file=None).zone, SLA), permissions=ROLES[Role.ANALYST])
        rare = (Dim.REGION, Dim.DETECTOR)
        answers = [
            measure(desk, METRICS["flags"], Ask(Window(since, NEW), Grain.WHOLE, rare)) for since in (OLD, CLOSED)
        ]
        waits = measure(desk, METRICS["time_to_decision_p50"], Ask(Window(OLD, NEW), Grain.WHOLE))
    told = "This is counted from single rows, which are kept from 1 March 2024 on. Choose days from then on."
    assert [answer.error for answer in answers] == [told, None]
    assert (waits.error, waits.refused) == (told, True)


def test_rows_are_listed_where_all_of_them_are_there(stored: Engine) -> None:
    retire(stored, CLOSED, SLA)
    ever = Ask(Window(OLD, NEW))
    with stored.connect() as connection:
        desk = Desk(connection, NOW, Policy(Settings(_env_file=None).zone, SLA), permissions=ROLES[Role.ANALYST])
        for ask in (count_rows, lambda desk, wanted: select_rows(desk, wanted, 10)):
            with pytest.raises(NoRows, match="kept from 1 March 2024 on"):
                ask(desk, Wanted(ever))
        assert count_rows(desk, Wanted(ever, Case.OPEN)) == 1
        assert count_rows(desk, Wanted(Ask(Window(CLOSED, NEW)))) == 1


def test_closed_days_cannot_be_counted_in_another_zone(stored: Engine, settings: Settings) -> None:
    retire(stored, CLOSED, SLA)
    with stored.begin() as connection, pytest.raises(Closed, match="the days before 2024-03-01 are closed"):
        rezone(connection, settings.zone, SLA)


def test_old_runs_are_forgotten_but_for_each_jobs_last_and_the_last_that_was_done(writer: Engine) -> None:
    def run(job: str, days: int, **ended: Any) -> dict[str, Any]:
        at = NOW - timedelta(days=days)
        row = {"job": job, "slot": at, "attempt": 1, "runner": "one:1", "begun_at": at, "lease_until": at}
        return {**row, "ended_at": None, "error": None, **ended}

    failed, done = {"ended_at": NOW, "error": "DiskFull"}, {"ended_at": NOW}
    runs = [run("a", 40), run("a", 35), run("a", 5), run("b", 90), run("b", 80)]
    runs += [run("c", 60, **done), run("c", 50, **done), run("c", 40, **failed), run("c", 20, **failed)]
    with writer.begin() as connection:
        connection.execute(insert(job_run), runs)
        assert forget_runs(connection, NOW) == 5
        assert forget_runs(connection, NOW) == 0
        left = connection.execute(select(job_run.c.job, job_run.c.slot).order_by(job_run.c.job, job_run.c.slot)).all()
    days = [(job, (NOW - slot).days) for job, slot in left]
    assert days == [("a", 5), ("b", 80), ("c", 50), ("c", 20)]


def test_of_what_runs_every_few_seconds_failures_are_kept_for_longer_than_what_went_well(writer: Engine) -> None:
    def run(job: str, days: int, error: str | None = None) -> dict[str, Any]:
        at = NOW - timedelta(days=days)
        row = {"job": job, "slot": at, "attempt": 1, "runner": "one:1", "begun_at": at, "lease_until": at}
        return {**row, "ended_at": at, "error": error}

    runs = [run("rollup", 9), run("rollup", 5, "DiskFull"), run("rollup", 3), run("rollup", 1), run("backup", 9)]
    with writer.begin() as connection:
        connection.execute(insert(job_run), [*runs, run("backup", 1)])
        assert forget_runs(connection, NOW) == 2
        left = connection.execute(select(job_run.c.job, job_run.c.slot).order_by(job_run.c.job, job_run.c.slot)).all()
    days = [(job, (NOW - slot).days) for job, slot in left]
    assert days == [("backup", 9), ("backup", 1), ("rollup", 5), ("rollup", 1)]
