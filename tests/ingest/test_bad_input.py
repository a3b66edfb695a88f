"""What cannot be taken is named by line, field, value and reason; what can is kept; with --strict nothing is."""

import gzip
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from sqlalchemy import Engine, func, select

from dashapp.ingest.report import Refusal, Report
from dashapp.store.schema import flag

Import = Callable[..., Report]
HEADER = "flag_id,date,category,severity,action,reviewer_id,resolution_hrs,ml_score,coordinated_flag,attack_id\n"
GOOD = "F1,2024-03-01,spam,high,human_review,R1,30.5,0.9,True,A1\n"
LAST = "F9,2024-03-09,spam,low,allow,,,,,\n"


def row(**given: str) -> str:
    """A row of flags.csv, good but for what is given."""
    base = dict(
        zip(HEADER.strip().split(","), ["F2", "2024-03-02", "spam", "low", "allow", "", "", "", "", ""], strict=True)
    )
    return ",".join({**base, **given}.values()) + "\n"


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(flag)) or 0


def zipped(name: str, text: str) -> bytes:
    """A zip with one file in it, the same every time."""
    held = BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as archive:
        archive.writestr(ZipInfo(name, (2024, 3, 1, 12, 0, 0)), text, ZIP_DEFLATED)
    return held.getvalue()


BAD_ROWS = [
    ("severity", "hgih", "is not one of low, medium, high, critical"),
    ("action", "delete", "is not one of allow, downrank, human_review, auto_block"),
    ("severity", "", "is empty"),
    ("category", " ", "is empty"),
    ("flag_id", "", "is empty"),
    ("ml_score", "1.01", "is more than 1"),
    ("ml_score", "-0.01", "is less than 0"),
    ("ml_score", "nan", "is not a finite number"),
    ("ml_score", "high", "is not a number"),
    ("resolution_hrs", "-4", "is less than 0"),
    ("resolution_hrs", "inf", "is not a finite number"),
    ("resolution_hrs", "90000", "is more than 87840"),
    ("coordinated_flag", "perhaps", "is not true or false"),
    ("date", "2024-13-01", "is not a date such as 2024-03-30"),
    ("date", "1704067200", "is not a date such as 2024-03-30"),
    ("date", "2024-03-02 10:30", "is not a date such as 2024-03-30"),
    ("date", "2024-04-02", "lies in the future"),
    ("date", "2999-01-01", "lies in the future"),
    ("date", "0204-03-02", "lies before 1970-01-01"),
    ("flag_id", "F1", "is the same as on line 2"),
    ("category", "x" * 201, "is longer than 200 characters"),
    ("category", "🙂" * 151, "is longer than 600 bytes"),
    ("category", "sp\0am", "holds a control character"),
    ("reviewer_id", "R\x1b[31m", "holds a control character"),
]


@pytest.mark.parametrize(("field", "value", "reason"), BAD_ROWS)
def test_a_bad_row_is_refused_and_the_others_are_kept(
    writer: Engine, load: Import, field: str, value: str, reason: str
) -> None:
    report = load(GOOD + row(**{field: value}) + LAST)
    [refusal] = report.refusals
    assert (refusal.line, refusal.field, refusal.reason) == (3, field, reason)
    assert count(writer) == 2


@pytest.mark.check(30)
@pytest.mark.parametrize(("field", "value", "reason"), BAD_ROWS)
def test_strict_keeps_none(writer: Engine, load: Import, field: str, value: str, reason: str) -> None:
    report = load(GOOD + row(**{field: value}) + LAST, strict=True)
    assert [refusal.reason for refusal in report.refusals] == [reason]
    assert count(writer) == 0


def test_a_value_is_shown_cut_and_without_control_characters(load: Import) -> None:
    long, hostile = load(row(category="x" * 201) + row(reviewer_id="R\x1b[31m")).refusals
    assert long.value == "x" * 79 + "…"
    assert hostile.value == "R\\x1b[31m"


def test_an_identical_row_is_refused_too_and_names_the_first(load: Import) -> None:
    report = load(LAST + GOOD + LAST + LAST)
    assert [str(refusal) for refusal in report.refusals] == [
        'flags.csv line 4: flag_id "F9": is the same as on line 2',
        'flags.csv line 5: flag_id "F9": is the same as on line 2',
    ]


def test_of_several_faults_in_a_row_the_first_is_named(load: Import) -> None:
    [refusal] = load(row(ml_score="7", severity="hgih", date="soon")).refusals
    assert refusal.field == "date"


@pytest.mark.check(30)
def test_bytes_that_are_not_utf_8_cost_one_row(writer: Engine, load: Import) -> None:
    data = (HEADER + GOOD).encode() + row(category="caf#").encode().replace(b"#", b"\xe9") + LAST.encode()
    assert load(data).refusals == [Refusal("flags.csv", 3, "category", "caf\\xe9", "is not UTF-8 text")]
    assert count(writer) == 2


@pytest.mark.check(30)
def test_a_truncated_quote_costs_one_row(writer: Engine, load: Import) -> None:
    report = load(GOOD + row(category='"spam') + LAST)
    [refusal] = report.refusals
    assert (refusal.line, refusal.reason) == (3, "opens a quote that is not closed")
    assert count(writer) == 2


@pytest.mark.check(30)
def test_a_line_of_100_mb_costs_one_row_and_no_memory(writer: Engine, load: Import, directory: Path) -> None:
    load(GOOD)
    with (directory / "flags.csv").open("ab") as file:
        for _ in range(100):
            file.write(b"z" * 1_000_000)
        file.write(("\n" + LAST).encode())
    tracemalloc.start()
    report = load()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000
    [refusal] = report.refusals
    assert (refusal.line, refusal.value, refusal.reason) == (3, None, "the line is longer than 1,000,000 bytes")
    assert count(writer) == 2


@pytest.mark.check(30)
@pytest.mark.parametrize(
    ("data", "line", "field", "reason"),
    [
        (b"", None, None, "is empty"),
        (b"flag_id,date\nF1,2024-03-01\n", 1, "category", "is not among the columns, which are: flag_id, date"),
        (b"\x89PNG\r\n\x1a\n", 1, "header", "is not UTF-8 text"),
        (zipped("flags.csv", HEADER + GOOD), 1, "header", "is not UTF-8 text"),
        (gzip.compress((HEADER + GOOD).encode(), mtime=0), 1, "header", "is not UTF-8 text"),
    ],
    ids=["empty", "wrong header", "no text at all", "a zip", "a gzip"],
)
def test_a_file_that_cannot_be_used_is_refused_whole(
    writer: Engine, load: Import, data: bytes, line: int | None, field: str | None, reason: str
) -> None:
    report = load(data)
    [refusal] = report.refusals
    assert (refusal.line, refusal.field, refusal.reason) == (line, field, reason)
    assert report.files[0].read == 0
    assert count(writer) == 0


def test_a_file_with_a_header_only_is_refused(load: Import) -> None:
    assert [str(refusal) for refusal in load("").refusals] == ["flags.csv line 1: has a header and no rows"]


def test_a_refused_file_does_not_stop_the_others(writer: Engine, load: Import, directory: Path) -> None:
    (directory / "reviewers.csv").write_text("reviewer,team\nR1,EMEA\n")
    (directory / "attacks.csv").write_text(
        "attack_id,start_date,end_date,category,severity,num_accounts,pattern\n"
        "A1,2024-03-02,2024-03-01,spam,high,45,\n"
        "A2,2024-03-02,2024-04-02,spam,high,45,\n"
        "A3,2024-03-02,2024-03-02,spam,high,4.5,\n"
        "A4,2024-03-02,2024-03-02,spam,high,45,nul \0\n"
    )
    assert [str(refusal) for refusal in load(GOOD).refusals] == [
        "reviewers.csv line 1: reviewer_id: is not among the columns, which are: reviewer, team",
        'attacks.csv line 2: end_date "2024-03-01": ends on 2024-03-01, before it begins on 2024-03-02',
        'attacks.csv line 3: end_date "2024-04-02": lies in the future',
        'attacks.csv line 4: num_accounts "4.5": is not a whole number',
        'attacks.csv line 5: pattern "nul \\x00": holds a control character',
    ]
    assert count(writer) == 1


def test_a_directory_without_flags_is_refused(load: Import, directory: Path) -> None:
    (directory / "reviewers.csv").write_text("reviewer_id,team,capacity_per_day,seniority\nR1,EMEA,50,senior\n")
    report = load()
    assert [refusal.reason for refusal in report.refusals] == [f"no flags.csv or flags.parquet in {directory}"]
    assert not report.stored


def test_a_path_that_is_no_directory_is_refused(load: Import, directory: Path) -> None:
    directory.rmdir()
    assert [refusal.reason for refusal in load().refusals] == ["is not there"]
    directory.write_text("")
    assert [refusal.reason for refusal in load().refusals] == ["is a file, not a directory"]


def test_two_files_of_one_kind_are_refused(load: Import, directory: Path) -> None:
    (directory / "flags.parquet").write_bytes(b"")
    assert [refusal.reason for refusal in load(GOOD).refusals] == ["has both flags.csv and flags.parquet"]


@pytest.mark.parametrize("name", ["flags.csv", "flags.parquet"])
def test_a_file_that_cannot_be_read_is_refused(load: Import, directory: Path, name: str) -> None:
    (directory / name).mkdir()
    [refusal] = load().refusals
    assert (refusal.file, refusal.line) == (name, None)
    assert refusal.reason in {"cannot be read: Is a directory", "is not a Parquet file"}
