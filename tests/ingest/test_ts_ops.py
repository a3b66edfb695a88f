from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv as pa_csv
from pyarrow import parquet
from sqlalchemy import Engine, func, select

from dashapp.ingest.report import Report
from dashapp.settings import Settings
from dashapp.store.rollup import rollup
from dashapp.store.schema import coverage, flag, incident, meta, metadata, origin, reviewer

Import = Callable[..., Report]

GOOD = "F1,2024-03-01,spam,high,human_review,R1,30.5,0.9,True,A1\n"
QUIET = "F2,2024-03-04,fraud,low,allow,,,,,\n"


def dump(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that the store holds, but when an origin last delivered and how often anything did."""
    with engine.connect() as connection:
        return {
            table.name: sorted(
                (tuple(row) for row in connection.execute(select(*(c for c in table.c if c.name != "delivered_at")))),
                key=repr,
            )
            for table in metadata.sorted_tables
            if table is not meta
        }


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(flag)) or 0


def test_every_column_lands_where_it_belongs(writer: Engine, load: Import) -> None:
    [report] = load(GOOD).files
    assert (report.read, report.new, report.refused) == (1, 1, 0)
    with writer.connect() as connection:
        row = connection.execute(select(flag)).mappings().one()
    assert {name: value for name, value in row.items() if value is not None} == {
        "id": 1,
        "origin": "ts-ops",
        "flag_id": "F1",
        "flagged_day": date(2024, 3, 1),
        "category": "spam",
        "severity": "high",
        "routing": "human_review",
        "reviewer_id": "R1",
        "hours_to_decision": 30.5,
        "decided_day": date(2024, 3, 2),
        "score": 0.9,
        "coordinated": True,
        "incident_id": "A1",
    }


def test_reviewers_and_attacks_land_where_they_belong_and_names_nowhere(
    writer: Engine, load: Import, directory: Path
) -> None:
    (directory / "reviewers.csv").write_text("reviewer_id,name,team,capacity_per_day,seniority\nR1,Jo,EMEA,50,senior\n")
    (directory / "attacks.csv").write_text(
        "attack_id,start_date,duration_days,category,num_accounts,pattern,severity,end_date\n"
        'A1,2024-03-01,2,spam,45,"links, many",high,2024-03-02\n'
    )
    report = load(GOOD)
    with writer.connect() as connection:
        assert tuple(connection.execute(select(reviewer)).one()) == ("ts-ops", "R1", "EMEA", 50, "senior")
        assert tuple(connection.execute(select(incident)).one()) == (
            *("ts-ops", "A1", date(2024, 3, 1), date(2024, 3, 2), "spam", "high", 45, "links, many"),
        )
    assert "Jo" not in repr(dump(writer))
    assert [(file.file, file.ignored_columns) for file in report.files] == [
        ("reviewers.csv", ["name"]),
        ("attacks.csv", ["duration_days"]),
        ("flags.csv", []),
    ]
    assert report.absent == []


def test_a_file_covers_the_days_from_its_first_to_its_last_accepted_flag(writer: Engine, load: Import) -> None:
    report = load(QUIET + GOOD + "F3,2024-03-09,spam,urgent,allow,,,,,\n")
    assert report.absent == ["reviewers", "attacks"]
    with writer.connect() as connection:
        days = connection.scalars(select(coverage.c.day).order_by(coverage.c.day)).all()
        kinds = connection.execute(select(origin.c.origin, origin.c.kind, origin.c.delivered_at)).all()
    assert days == [date(2024, 3, day) for day in (1, 2, 3, 4)]
    assert [tuple(row) for row in kinds] == [("ts-ops", "import", datetime(2024, 4, 1, 12, tzinfo=UTC))]


def test_importing_twice_changes_nothing(writer: Engine, load: Import, settings: Settings) -> None:
    load(GOOD + QUIET)
    with writer.begin() as connection:
        rollup(connection, settings.sla)
    before = dump(writer)
    [report] = load(now=datetime(2024, 4, 2, tzinfo=UTC)).files
    assert (report.read, report.new, report.updated, report.seen) == (2, 0, 0, 2)
    assert dump(writer) == before


def test_a_gap_that_is_filled_is_an_update(writer: Engine, load: Import) -> None:
    load("F1,2024-03-01,spam,high,human_review,,,0.9,,\n")
    [report] = load(GOOD).files
    assert (report.updated, report.seen, report.refused) == (1, 0, 0)


def test_another_value_is_refused_unless_replace(writer: Engine, load: Import) -> None:
    load(GOOD)
    changed = GOOD.replace("high", "low") + QUIET
    report = load(changed)
    assert [str(refusal) for refusal in report.refusals] == [
        'flags.csv line 2: severity "low": is not what is stored; --replace takes it over'
    ]
    assert (report.files[0].new, report.files[0].refused) == (1, 1)
    assert load(changed, replace=True).files[0].updated == 1
    with writer.connect() as connection:
        assert connection.scalar(select(flag.c.severity).where(flag.c.flag_id == "F1")) == "low"


def test_a_dry_run_counts_everything_and_stores_nothing(writer: Engine, load: Import) -> None:
    before = dump(writer)
    report = load(GOOD + QUIET, dry_run=True)
    assert (report.files[0].new, report.stored, report.dry_run) == (2, False, True)
    assert dump(writer) == before


def test_strict_stores_nothing_of_any_file_when_one_refuses_a_row(
    writer: Engine, load: Import, directory: Path
) -> None:
    (directory / "reviewers.csv").write_text("reviewer_id,team,capacity_per_day,seniority\nR1,EMEA,50,senior\n")
    before = dump(writer)
    report = load(GOOD + "F2,2024-03-04,fraud,hgih,allow,,,,,\n", strict=True)
    assert (report.stored, len(report.refusals)) == (False, 1)
    assert dump(writer) == before
    assert load(GOOD, strict=True).stored
    assert count(writer) == 1


def test_a_category_never_seen_before_is_taken_and_named(writer: Engine, load: Import, settings: Settings) -> None:
    assert load(GOOD).files[0].new_categories == []
    with writer.begin() as connection:
        rollup(connection, settings.sla)
    assert load(QUIET + "F3,2024-03-04,deep fake,low,allow,,,,,\n").files[0].new_categories == ["deep fake", "fraud"]
    assert count(writer) == 3


def test_columns_may_have_other_names(writer: Engine, load: Import) -> None:
    rows = b"flag_id,day,kind,severity,action,reviewer_id,resolution_hrs,ml_score,coordinated_flag,attack_id,extra\n"
    rows += b"F1,2024-03-01,spam,hgih,allow,,,,,,x\nF2,01.03.2024,spam,low,allow,,,,,,x\n"
    report = load(rows, renamed={"date": "day", "category": "kind"})
    assert [str(refusal) for refusal in report.refusals] == [
        'flags.csv line 2: severity "hgih": is not one of low, medium, high, critical',
        'flags.csv line 3: day "01.03.2024": is not a date such as 2024-03-30',
    ]
    assert report.files[0].ignored_columns == ["extra"]


def test_parquet_is_read_like_csv(writer: Engine, load: Import, directory: Path) -> None:
    load(GOOD + QUIET)
    expected = [row[1:] for row in dump(writer)["flag"]]
    parquet.write_table(pa_csv.read_csv(directory / "flags.csv"), directory / "flags.parquet")
    (directory / "flags.csv").unlink()
    [report] = load().files
    assert (report.file, report.seen, report.refused) == ("flags.parquet", 2, 0)
    with writer.begin() as connection:
        connection.execute(flag.delete())
    assert load().files[0].new == 2
    assert [row[1:] for row in dump(writer)["flag"]] == expected


def test_a_row_of_parquet_is_refused_by_its_number(load: Import, directory: Path) -> None:
    names = ["flag_id", "date", "category", "severity", "action", "reviewer_id", "resolution_hrs", "ml_score"]
    table = pa.table(
        {
            **dict.fromkeys([*names, "coordinated_flag", "attack_id"], pa.nulls(2)),
            "flag_id": [1, 2],
            "date": [datetime(2024, 3, 1), datetime(2024, 3, 2)],  # noqa: DTZ001 - as other systems write days
            "category": ["spam", "spam"],
            "severity": ["low", "hgih"],
            "action": ["allow", "allow"],
        }
    )
    parquet.write_table(table, directory / "flags.parquet")
    report = load()
    assert [str(refusal) for refusal in report.refusals] == [
        'flags.parquet line 2: severity "hgih": is not one of low, medium, high, critical'
    ]
    assert report.files[0].new == 1


def test_the_real_data_loads_whole_and_a_second_time_changes_nothing(
    writer: Engine, load: Import, ts_ops: Path, directory: Path, settings: Settings
) -> None:
    for path in ts_ops.iterdir():
        (directory / path.name).symlink_to(path)
    report = load()
    assert {file.file: (file.new, file.refused) for file in report.files} == {
        "reviewers.csv": (20, 0),
        "attacks.csv": (5, 0),
        "flags.csv": (41_935, 0),
    }
    with writer.begin() as connection:
        rollup(connection, settings.sla)
    before = dump(writer)
    assert {file.file: file.seen for file in load().files} == {
        "reviewers.csv": 20,
        "attacks.csv": 5,
        "flags.csv": 41_935,
    }
    assert dump(writer) == before
