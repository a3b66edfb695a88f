"""Daily statistics of the DSA Transparency Database: what becomes of good, broken and repeated files."""

import gzip
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine

from dashapp.domain.vocabulary import Feed
from dashapp.ingest.dsa import import_dsa, plain_name
from dashapp.ingest.pipeline import How
from dashapp.ingest.report import Report
from dashapp.settings import Settings
from dashapp.store.moderation import aggregate_day
from dashapp.store.reads import origins, row_counts, values_of
from dashapp.store.schema import coverage
from dashapp.store.version import version
from dashapp.store.writes import remove_origin

HEADER = "date,platform,column,variant,count,min,mean,max\n"
GOOD = (
    HEADER
    + "2024-03-01,Chat,rows,,12,,0,\n"
    + "2024-03-01,Chat,category,STATEMENT_CATEGORY_SELF_HARM,7,,0,\n"
    + "2024-03-01,Chat,category,STATEMENT_CATEGORY_VIOLENCE,5,,0,\n"
    + "2024-03-01,Chat,automated_detection,Yes,12,,0,\n"
    + "2024-03-01,Chat,moderation_delay,,11,0.0,86400,172800.0\n"
    + "2024-03-04,Board,rows,,3,,0,\n"
)
KEY = ("day", "platform", "dimension", "value")

Import = Callable[..., Report]
Rows = Callable[..., list[Any]]


@pytest.fixture
def load(writer: Engine, settings: Settings, now: datetime, tmp_path: Path) -> Import:
    """Imports files with these texts, one after the other."""

    def run(*texts: str | bytes, name: str = "daily.csv", **how: Any) -> Report:
        paths = [tmp_path / f"{number}-{name}" for number, _ in enumerate(texts)]
        for path, text in zip(paths, texts, strict=True):
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        options = {"origin": "dsa", "now": now, "zone": settings.zone, "sla": settings.sla, **how}
        return import_dsa(writer, paths, How(**options))

    return run


def counted(found: Report) -> list[tuple[int, int, int, int]]:
    return [(file.new, file.updated, file.seen, file.refused) for file in found.files]


def refusals(found: Report) -> list[str]:
    return [str(refusal) for refusal in found.refusals]


def test_counts_land_by_platform_and_dimension_under_plain_names(load: Import, rows: Rows) -> None:
    found = load(GOOD)
    assert refusals(found) == []
    assert counted(found) == [(6, 0, 0, 0)]
    assert found.files[0].ignored_columns == ["min", "max"]
    first, fourth = date(2024, 3, 1), date(2024, 3, 4)
    assert rows(aggregate_day, "origin", *KEY, "count") == [
        ("dsa", first, "Chat", "automated_detection", "yes", 12),
        ("dsa", first, "Chat", "category", "self_harm", 7),
        ("dsa", first, "Chat", "category", "violence", 5),
        ("dsa", first, "Chat", "moderation_delay", "(none)", 11),
        ("dsa", first, "Chat", "rows", "(none)", 12),
        ("dsa", fourth, "Board", "rows", "(none)", 3),
    ]


def test_only_what_was_measured_has_a_mean(load: Import, rows: Rows) -> None:
    load(GOOD)
    means = {dimension: mean for dimension, mean in rows(aggregate_day, "dimension", "mean") if mean is not None}
    assert means == {"moderation_delay": 86400}


@pytest.mark.parametrize(("mean", "kept"), [("86400.4", 86400), ("86400.6", 86401), ("1e3", 1000)])
def test_a_mean_is_kept_in_whole_seconds(load: Import, rows: Rows, mean: str, kept: int) -> None:
    load(HEADER + f"2024-03-01,Chat,disclosure_delay,,11,0.0,{mean},172800.0\n")
    assert rows(aggregate_day, "mean") == [(kept,)]


@pytest.mark.parametrize(
    ("field", "variant", "name"),
    [
        ("category", "STATEMENT_CATEGORY_SCAMS_AND_FRAUD", "scams_and_fraud"),
        ("category", "STATEMENT_CATEGORY_", "STATEMENT_CATEGORY_"),
        ("category_specification", "KEYWORD_PHISHING", "phishing"),
        ("source_type", "SOURCE_TYPE_OTHER_NOTIFICATION", "other_notification"),
        ("source_type", "SOURCE_ARTICLE_16", "article_16"),
        ("automated_decision", "AUTOMATED_DECISION_FULLY", "fully"),
        ("automated_detection", "No", "no"),
        ("decision_visibility", "", "(none)"),
        ("territorial_scope", "DE", "DE"),
    ],
)
def test_a_name_loses_the_prefix_that_says_its_field_again(field: str, variant: str, name: str) -> None:
    assert plain_name(field, variant) == name


def test_only_days_with_rows_are_covered(writer: Engine, load: Import, rows: Rows) -> None:
    load(GOOD)
    assert rows(coverage) == [
        ("dsa", "aggregates", date(2024, 3, 1)),
        ("dsa", "aggregates", date(2024, 3, 4)),
    ]
    with writer.connect() as connection:
        [origin] = origins(connection, Feed.AGGREGATES)
        assert (origin.name, origin.first_day, origin.last_day) == ("dsa", date(2024, 3, 1), date(2024, 3, 4))
        assert row_counts(connection)[Feed.AGGREGATES] == {"dsa": 6}


def test_values_are_remembered_since_the_first_day_that_counts_any(writer: Engine, load: Import) -> None:
    load(HEADER + "2024-03-01,Chat,category,A,0,,,\n2024-03-02,Chat,category,A,1,,,\n2024-03-01,Chat,rows,,1,,,\n")
    with writer.connect() as connection:
        known = {
            dim.value: [(one.value, one.first_day) for one in of] for dim, of in values_of(connection, ["dsa"]).items()
        }
    assert known == {"category": [("A", date(2024, 3, 2))], "platform": [("Chat", date(2024, 3, 1))]}


def test_the_same_file_again_changes_nothing(writer: Engine, load: Import, rows: Rows) -> None:
    load(GOOD)
    kept = rows(aggregate_day)
    with writer.connect() as connection:
        before = version(connection)
    assert counted(load(GOOD)) == [(0, 0, 6, 0)]
    with writer.connect() as connection:
        assert version(connection) == before
    assert rows(aggregate_day) == kept


def test_files_may_overlap(load: Import) -> None:
    later = HEADER + "2024-03-04,Board,rows,,3,,0,\n2024-03-05,Board,rows,,4,,0,\n"
    assert counted(load(GOOD, later)) == [(6, 0, 0, 0), (1, 0, 1, 0)]


def test_another_count_is_refused_unless_it_is_to_replace_the_stored_one(load: Import, rows: Rows) -> None:
    load(GOOD)
    other = HEADER + "2024-03-04,Board,rows,,4,,0,\n"
    assert refusals(load(other)) == ['0-daily.csv line 2: count "4": is not what is stored; --replace takes it over']
    assert rows(aggregate_day, "count")[-1] == (12,)
    assert counted(load(other, replace=True)) == [(0, 1, 0, 0)]
    assert (date(2024, 3, 4), 4) in rows(aggregate_day, "day", "count")


@pytest.mark.parametrize(
    ("row", "refusal"),
    [
        ("2024-3-1,Chat,rows,,1,,,", 'line 2: date "2024-3-1": is not a date such as 2024-03-30'),
        ("2024-04-02,Chat,rows,,1,,,", 'line 2: date "2024-04-02": lies in the future'),
        ("2024-03-01,,rows,,1,,,", "line 2: platform: is empty"),
        ("2024-03-01,Chat,,,1,,,", "line 2: column: is empty"),
        ("2024-03-01,Chat,rows,,,,,", "line 2: count: is empty"),
        ("2024-03-01,Chat,rows,,many,,,", 'line 2: count "many": is not a whole number'),
        ("2024-03-01,Chat,rows,,-1,,,", 'line 2: count "-1": is less than 0'),
        ("2024-03-01,Chat,rows,,1000000001,,,", 'line 2: count "1000000001": is more than 1e+09'),
        ("2024-03-01,Chat,moderation_delay,,1,,soon,", 'line 2: mean "soon": is not a whole number'),
        ("2024-03-01,Chat,moderation_delay,,1,,-5,", 'line 2: mean "-5": is less than 0'),
        ("2024-03-01,Chat,moderation_delay,,1,,inf,", 'line 2: mean "inf": is not a whole number'),
    ],
)
def test_a_row_that_cannot_be_is_refused_by_line_field_and_reason(load: Import, row: str, refusal: str) -> None:
    found = load(HEADER + row + "\n2024-03-01,Board,rows,,2,,,\n")
    assert refusals(found) == [f"0-daily.csv {refusal}"]
    assert counted(found) == [(1, 0, 0, 1)]


def test_a_count_that_comes_twice_is_refused_the_second_time(load: Import) -> None:
    twice = (
        HEADER + "2024-03-01,Chat,category,violence,1,,,\n2024-03-01,Chat,category,STATEMENT_CATEGORY_VIOLENCE,1,,,\n"
    )
    assert refusals(load(twice)) == [
        '0-daily.csv line 3: variant "STATEMENT_CATEGORY_VIOLENCE": is the same as on line 2'
    ]


def test_a_file_with_other_columns_is_refused_as_a_whole(load: Import) -> None:
    assert refusals(load("date,platform,column,count\n")) == [
        "0-daily.csv line 1: variant: is not among the columns, which are: date, platform, column, count"
    ]


def test_a_compressed_file_is_read_as_what_is_in_it(load: Import, rows: Rows) -> None:
    load(GOOD, origin="plain")
    assert counted(load(gzip.compress(GOOD.encode()), name="daily.csv.gz", origin="gz")) == [(6, 0, 0, 0)]
    kept = rows(aggregate_day, "origin", *KEY, "count", "mean")
    assert [row[1:] for row in kept if row[0] == "gz"] == [row[1:] for row in kept if row[0] == "plain"]


def test_a_parquet_file_is_read_as_the_same_rows(load: Import, rows: Rows, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(GOOD)
    made = tmp_path / "good.parquet"
    pd.read_csv(tmp_path / "good.csv", parse_dates=["date"], dtype_backend="pyarrow").to_parquet(made)
    load(GOOD, origin="csv")
    assert refusals(load(made.read_bytes(), name="daily.parquet", origin="parquet")) == []
    kept = rows(aggregate_day, "origin", *KEY, "count", "mean")
    assert [row[1:] for row in kept if row[0] == "parquet"] == [row[1:] for row in kept if row[0] == "csv"]


@pytest.mark.parametrize(
    ("cut", "refusal"),
    [
        (lambda data: data[:-20], "line 2: the file cannot be read from here on"),
        (lambda data: data[:-20] + b"\0" * 20, "line 2: the file cannot be read from here on"),
        (lambda data: b"no gzip at all", "line 1: the file cannot be read from here on"),
        (lambda data: b"", "is empty"),
    ],
    ids=["cut off", "overwritten", "no gzip", "nothing"],
)
def test_a_broken_compressed_file_is_refused_as_a_whole(
    load: Import, rows: Rows, cut: Callable[[bytes], bytes], refusal: str
) -> None:
    found = load(cut(gzip.compress(GOOD.encode())), name="daily.csv.gz")
    [told] = refusals(found)
    assert told.startswith("0-daily.csv.gz")
    assert told.endswith(refusal.rpartition(": ")[2])
    assert rows(aggregate_day) == []


def test_a_file_that_is_not_there_is_named(writer: Engine, settings: Settings, now: datetime, tmp_path: Path) -> None:
    found = import_dsa(writer, [tmp_path / "none.csv"], How("dsa", now, settings.zone, settings.sla))
    assert refusals(found) == ["none.csv: cannot be read: No such file or directory"]


def test_removing_the_origin_takes_its_counts(writer: Engine, load: Import, rows: Rows) -> None:
    load(GOOD)
    with writer.begin() as connection:
        remove_origin(connection, "dsa")
    assert (rows(aggregate_day), rows(coverage)) == ([], [])


def test_a_strict_import_stores_nothing_when_a_row_is_refused(load: Import, rows: Rows) -> None:
    found = load(GOOD, HEADER + "2024-03-01,Chat,rows,,x,,,\n", strict=True)
    assert not found.stored
    assert rows(aggregate_day) == []
