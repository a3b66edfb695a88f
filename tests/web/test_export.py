import csv
import io
import random
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, text

from dashapp.domain.cells import FORMULA
from dashapp.domain.vocabulary import Routing, Severity
from dashapp.metrics.rows import COLUMNS
from dashapp.settings import Settings
from dashapp.store import writes
from dashapp.store.engine import reader_engine
from dashapp.store.schema import flag
from dashapp.web import downloads
from dashapp.web.desk import Services
from tests.web.served import client_of, served

pytestmark = pytest.mark.both_engines

NOW = datetime(2024, 3, 12, 12, tzinfo=UTC)
FIRST = date(2024, 3, 1)
HOSTILE = [f"{sign}cmd|' /C calc'!A{number}" for number, sign in enumerate((*FORMULA, "\n="))]
TEXTS = ("detector", "media_type", "item_id", "category", "region", "model_version", "incident_id", "target_key")
MANY = 100_100
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def rows_of(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Flags as the store keeps them, made without going through an importer: many, and hostile."""
    drawn = random.Random(seed)
    days = [FIRST + timedelta(days=n) for n in range(10)]
    return [
        {
            "origin": "ops",
            "flag_id": f"F{number:07}",
            "flagged_day": days[number * 10 // count],
            "flagged_at": datetime(2024, 3, 1, 12, 30, tzinfo=UTC) if number % 2 else None,
            "severity": drawn.choice(list(Severity)),
            "routing": drawn.choice(list(Routing)),
            "score": drawn.random(),
            "reviewer_id": "secret-reviewer",
            "reporter_key": "secret-reporter",
            "coordinated": drawn.choice((None, False, True)),
            **{name: drawn.choice(HOSTILE) for name in TEXTS},
            "category": drawn.choice(("spam", "=1+1")),
        }
        for number in range(count)
    ]


def filled(count: int) -> Any:
    def fill(engine: Engine, _: Settings) -> None:
        rows = rows_of(count)
        if engine.dialect.name == "postgresql":  # it keeps no such text
            rows = [{**row, **{name: row[name].replace("\0", "\t") for name in TEXTS}} for row in rows]
        with engine.begin() as connection:
            for start in range(0, count, 20_000):
                connection.execute(insert(flag), rows[start : start + 20_000])
            writes.put_origin(connection, "ops", "import", NOW)
            days = {FIRST + timedelta(days=n) for n in range(10)}
            writes.put_coverage(connection, "ops", days)
            connection.execute(text("INSERT INTO dirty_day SELECT origin, day FROM coverage"))

    return fill


@pytest.fixture(scope="module")
def client(shared_url: str) -> Iterator[FlaskClient]:
    """600 flags of ten days."""
    with served(shared_url, NOW, filled(600)) as made:
        yield made


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A hundred flags more than a workbook is made of."""
    with served(tmp_path_factory.mktemp("large") / "store.sqlite", NOW, filled(MANY)) as made:
        yield made


def limited(client: FlaskClient, **limits: float) -> FlaskClient:
    """The same store with other limits of time, in seconds."""
    held: Services = client.application.extensions["watchfloor"]
    changed = held.settings.model_copy(update=limits)
    return client_of(replace(held, settings=changed, reader=reader_engine(changed.database_url, changed.read_seconds)))


def lines(client: FlaskClient, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/export/flags.csv?{query}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))


def sheet(data: bytes) -> list[list[tuple[str | None, str]]]:
    """The cells of a workbook's only sheet as (type, text); t is n for numbers and dates, b for truth values."""
    book = ZipFile(io.BytesIO(data))
    root = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert list(root.iter(f"{SHEET}f")) == [], "a formula"
    assert list(root.iter(f"{SHEET}hyperlink")) == []
    return [[(cell.get("t", "n"), "".join(cell.itertext())) for cell in row] for row in root.iter(f"{SHEET}row")]


@pytest.mark.check(7)
def test_the_file_has_the_rows_that_the_api_counts_for_any_filters(client: FlaskClient) -> None:
    drawn = random.Random(7)
    options = {
        "severity": list(Severity),
        "routing": list(Routing),
        "category": ["spam", "=1+1"],
        "region": HOSTILE[:4],
    }
    for _ in range(25):
        first = drawn.randrange(10)
        pairs = [
            ("since", FIRST + timedelta(days=first)),
            ("until", FIRST + timedelta(days=drawn.randrange(first, 10))),
        ]
        for dim in drawn.sample(sorted(options), 2):
            pairs += [(dim, value) for dim in (dim,) for value in drawn.sample(options[dim], 2)]
        query = urlencode(pairs)
        counted = client.get(f"/api/v1/metrics/flags.json?{query}&grain=whole").json
        assert counted is not None
        assert len(lines(client, query)) == counted["total"]["value"], query


def test_the_file_says_what_is_in_it_and_is_not_kept(client: FlaskClient) -> None:
    answer = client.get("/export/flags.csv?since=2024-03-01&until=2024-03-05")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="flags_2024-03-01_2024-03-05_rows.csv"'
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/csv", "no-store")


def test_a_row_is_written_in_full_and_nobody_is_named(client: FlaskClient) -> None:
    answer = client.get("/export/flags.csv?q=F0000301").text
    row = next(csv.DictReader(io.StringIO(answer, newline="")))
    assert list(row) == list(COLUMNS)
    assert row["flag_id"] == "F0000301"
    assert (row["flagged_day"], row["flagged_at"]) == ("2024-03-06", "2024-03-01T12:30:00Z")
    assert float(row["score"]) == rows_of(600)[301]["score"]
    assert "secret" not in client.get("/export/flags.csv").text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("columns=reviewer_id", "columns: not a known filter"),
        ("sort=reviewer_id", "sort: 'reviewer_id' is not one of"),
        ("sort=nonsense", "sort: 'nonsense' is not one of"),
        ("reviewer=secret-reviewer", "reviewer"),
        ("reporter_key=secret-reporter", "reporter_key: not a known filter"),
        ("page=x", "page: 'x' is not a page number"),
        ("since=yesterday", "since: 'yesterday' is not a date"),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_question_that_cannot_be_answered_is_told_so_in_place_of_a_file(
    client: FlaskClient, ending: str, query: str, told: str
) -> None:
    answer = client.get(f"/export/flags.{ending}?{query}")
    assert (answer.status_code, answer.mimetype) == (400, "application/json")
    assert told in (answer.json or {})["error"]


@pytest.mark.check(26)
def test_no_cell_of_either_file_can_run_in_a_spreadsheet(client: FlaskClient) -> None:
    found = lines(client)
    for name in TEXTS:
        seen = {row[name] for row in found}
        assert len(seen) > 1
        assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r", "\0")) for value in seen)
    for cells in sheet(client.get("/export/flags.xlsx").data)[1:]:
        assert not any(
            kind != "n" and value.startswith(("=", "+", "-", "@", "\t", "\r", "\0")) for kind, value in cells
        )


@pytest.mark.check(26)
def test_the_workbook_has_the_cells_of_the_csv_with_real_dates_numbers_and_truth_values(client: FlaskClient) -> None:
    query = "sort=flag_id&desc=0&severity=critical"
    told, book = lines(client, query), sheet(client.get(f"/export/flags.xlsx?{query}").data)
    assert [text for _, text in book[0]] == list(COLUMNS)
    assert len(book) == len(told) + 1
    for row, cells in zip(told, book[1:], strict=True):
        kinds = {kind for kind, _ in cells}
        assert kinds <= {"n", "b", "inlineStr"}
        assert ("inlineStr", row["flag_id"]) in cells
        day = (date.fromisoformat(row["flagged_day"]) - date(1899, 12, 30)).days
        assert ("n", str(day)) in cells
        assert any(
            kind == "n" and float(value) == pytest.approx(float(row["score"]), rel=1e-15) for kind, value in cells
        )


def test_a_metric_as_a_workbook_has_the_rows_of_its_csv(client: FlaskClient) -> None:
    query = "by=severity&since=2024-03-01&until=2024-03-10"
    table = list(csv.reader(io.StringIO(client.get(f"/api/v1/metrics/escalation_rate.csv?{query}").text)))
    answer = client.get(f"/api/v1/metrics/escalation_rate.xlsx?{query}")
    assert answer.headers["Content-Disposition"].endswith('_2024-03-01_2024-03-10_day_by-severity.xlsx"')
    book = sheet(answer.data)
    assert [text for _, text in book[0]] == table[0]
    assert [cells[1][1] for cells in book[1:]] == [row[1] for row in table[1:]]
    assert [float(cells[2][1]) for cells in book[1:]] == [float(row[2]) for row in table[1:]]


def test_a_case_restricts_rows_and_is_refused_for_figures(client: FlaskClient) -> None:
    assert 0 < len(lines(client, "case=open")) < 600
    answer = client.get("/api/v1/metrics/flags.csv?case=open")
    assert (answer.status_code, (answer.json or {})["problems"]) == (400, ["case: restricts rows, not figures"])


def test_more_rows_than_a_workbook_is_made_of_are_refused_with_the_way_out(large: FlaskClient) -> None:
    answer = large.get("/export/flags.xlsx")
    assert answer.status_code == 413
    assert (answer.json or {})["error"] == (
        "100,100 rows are too many for XLSX (at most 100,000). Take CSV, or fewer days."
    )


@pytest.mark.check(40)
def test_a_large_file_is_sent_in_pieces_that_never_gather(large: FlaskClient) -> None:
    tracemalloc.start()
    with closing(large.get("/export/flags.csv?since=2024-03-01&until=2024-03-06", buffered=False)) as answer:
        sizes = [len(piece) for piece in answer.iter_encoded()]
        _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(sizes) == 61
    assert sum(sizes) > 13_000_000
    assert peak < 5_000_000


def test_the_limit_of_a_page_does_not_cut_a_file(large: FlaskClient) -> None:
    hurried = limited(large, read_seconds=0.05)
    assert len(hurried.get("/export/flags.csv").text.splitlines()) >= MANY


def test_a_file_that_takes_too_long_ends_and_says_so(large: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = limited(large, export_seconds=0.2).get("/export/flags.csv")
    if answer.status_code == 503:  # a loaded machine does not come to the first row
        return
    assert answer.text.splitlines()[-1] == downloads.CUT_SHORT
    assert len(answer.text.splitlines()) < MANY
    assert "an export ended early" in caplog.text


def test_an_error_in_the_middle_ends_the_file_with_a_line_that_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fill(engine: Engine, settings: Settings) -> None:
        filled(5000)(engine, settings)
        with engine.begin() as connection:
            connection.execute(text("UPDATE flag SET flagged_at = 'nonsense' WHERE flag_id = 'F0000100'"))

    with served(tmp_path / "store.sqlite", NOW, fill) as client:
        answer = client.get("/export/flags.csv")
    told = answer.text.splitlines()
    assert answer.status_code == 200
    assert told[-1] == downloads.CUT_SHORT
    assert len([line for line in told if line.startswith("F000")]) == 4000
    assert "Traceback" not in answer.text
    assert "an export ended early" in caplog.text


@pytest.mark.check(40)
def test_a_reader_who_goes_away_leaves_no_connection_behind(large: FlaskClient) -> None:
    held: Services = large.application.extensions["watchfloor"]
    answer = large.get("/export/flags.csv", buffered=False)
    next(iter(answer.iter_encoded()))
    assert held.reader.pool.checkedout() == 1  # type: ignore[attr-defined] # the pool that engines have by default counts
    answer.close()
    assert held.reader.pool.checkedout() == 0  # type: ignore[attr-defined] # as above
