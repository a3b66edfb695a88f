from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from dashapp.ingest import records
from dashapp.ingest.lines import Columns, FileRefused, Record
from dashapp.ingest.records import open_records
from dashapp.ingest.report import Refusal

HEADER = b"id,note,team\n"


def read(path: Path, data: bytes) -> list[Record | Refusal]:
    path.write_bytes(data)
    return list(open_records(path, Columns(("id", "note"))))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


def test_only_wanted_columns_are_read_with_the_line_they_began_on(file: Path) -> None:
    assert read(file, HEADER + b"1,a,x\n\n2,b,y\n") == [(2, {"id": "1", "note": "a"}), (4, {"id": "2", "note": "b"})]


def test_a_byte_order_mark_and_carriage_returns_are_accepted(file: Path) -> None:
    assert read(file, b"\xef\xbb\xbfid,note\r\n1,\xc3\xa9\r\n") == [(2, {"id": "1", "note": "é"})]


def test_a_quoted_field_may_hold_commas_quotes_and_lines(file: Path) -> None:
    assert read(file, HEADER + b'1,"a, ""b""\nc",x\n2,d,y\n') == [
        (2, {"id": "1", "note": 'a, "b"\nc'}),
        (4, {"id": "2", "note": "d"}),
    ]


def test_a_quoted_field_may_span_twenty_lines_and_no_more(file: Path) -> None:
    def quoted(lines: int) -> bytes:
        return b'1,"' + b"\n".join([b"z"] * lines) + b'",x\n'

    assert read(file, HEADER + quoted(20)) == [(2, {"id": "1", "note": "\n".join(["z"] * 20)})]
    first = read(file, HEADER + quoted(21))[0]
    assert first == Refusal("file.csv", 2, "note", "z", "opens a quote that is not closed")


def test_a_quote_that_is_never_closed_costs_one_line_only(file: Path) -> None:
    assert read(file, HEADER + b'1,"lost,x\n2,b,y\n3,"c",z\n') == [
        Refusal("file.csv", 2, None, None, "a field has text after its closing quote"),
        (3, {"id": "2", "note": "b"}),
        (4, {"id": "3", "note": "c"}),
    ]


def test_a_file_cut_off_within_quotes_keeps_the_rows_before(file: Path) -> None:
    assert read(file, HEADER + b'1,a,x\n2,"cut of') == [
        (2, {"id": "1", "note": "a"}),
        Refusal("file.csv", 3, "note", "cut of", "opens a quote that is not closed"),
    ]


def test_what_stands_in_a_column_that_is_not_wanted_is_never_repeated(file: Path) -> None:
    assert read(file, HEADER + b'1,a,"private\n') == [
        Refusal("file.csv", 2, "team", None, "opens a quote that is not closed")
    ]
    assert read(file, HEADER + b"1,a,priv\xffate\n") == [Refusal("file.csv", 2, "team", None, "is not UTF-8 text")]


def test_a_row_with_too_few_or_too_many_fields_is_refused(file: Path) -> None:
    assert read(file, HEADER + b"1,a\n2,b,y,z\n3,c,x\n") == [
        Refusal("file.csv", 2, None, None, "has 2 fields where the header has 3"),
        Refusal("file.csv", 3, None, None, "has 4 fields where the header has 3"),
        (4, {"id": "3", "note": "c"}),
    ]


def test_bytes_that_are_not_utf_8_are_shown_as_such_and_cost_one_row(file: Path) -> None:
    assert read(file, HEADER + b"1,caf\xe9,x\n2,b,y\n") == [
        Refusal("file.csv", 2, "note", "caf\\xe9", "is not UTF-8 text"),
        (3, {"id": "2", "note": "b"}),
    ]


@pytest.mark.check(30)
def test_a_line_that_is_too_long_is_refused_and_passed_over(file: Path) -> None:
    long = b"1," + b"z" * records.MOST_BYTES * 3 + b",x\n"
    refusal, kept = read(file, HEADER + long + b"2,b,y\n")
    assert isinstance(refusal, Refusal)
    assert refusal == Refusal("file.csv", 2, None, None, "the line is longer than 1,000,000 bytes")
    assert kept == (3, {"id": "2", "note": "b"})


def test_a_line_that_is_too_long_does_not_hide_behind_an_open_quote(file: Path) -> None:
    long = b"z" * (records.MOST_BYTES + 1) + b"\n"
    found = read(file, HEADER + b'1,"a\n' + long + b"2,b,y\n")
    assert [each.line if isinstance(each, Refusal) else each[0] for each in found] == [2, 3, 4]


def test_a_field_that_is_too_long_is_refused(file: Path) -> None:
    [refusal] = read(file, HEADER + b"1," + b"z" * 131_073 + b",x\n")
    assert refusal == Refusal("file.csv", 2, None, None, "a field is longer than 131,072 characters")


@pytest.mark.check(30)
@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", Refusal("file.csv", None, None, None, "is empty")),
        (b"id,team\n", Refusal("file.csv", 1, "note", None, "is not among the columns, which are: id, team")),
        (b"id,note,id\n", Refusal("file.csv", 1, "id", None, "is the header of more than one column")),
        (b"id,n\xffte\n", Refusal("file.csv", 1, "header", "id,n\\xffte\\n", "is not UTF-8 text")),
        ("id,note\n".encode("utf-16"), Refusal("file.csv", 1, "header", None, "is not UTF-8 text")),
        (b'id,"note\n', Refusal("file.csv", 1, "header", 'id,"note', "opens a quote that is not closed")),
        (b"z" * 1_000_001, Refusal("file.csv", 1, "header", None, "is longer than 1,000,000 bytes")),
    ],
    ids=["empty", "missing column", "duplicate header", "not UTF-8", "UTF-16", "open quote", "too long"],
)
def test_a_header_that_cannot_be_used_refuses_the_file(file: Path, data: bytes, refusal: Refusal) -> None:
    with pytest.raises(FileRefused) as caught:
        read(file, data)
    found = caught.value.refusal
    assert (found.line, found.field, found.reason) == (refusal.line, refusal.field, refusal.reason)
    assert refusal.value is None or found.value == refusal.value
    assert found.value is None or len(data) < records.MOST_BYTES


def test_columns_are_found_under_the_header_that_the_file_has(file: Path) -> None:
    file.write_bytes(b"key,note,more\n1,a,x\n")
    columns = Columns(("id", "note"), {"id": "key", "note": "remark"})
    assert list(open_records(file, columns)) == [(2, {"key": "1", "note": "a"})]
    assert columns.headers == {"key": "id", "note": "note"}
    assert columns.ignored == ["more"]


def test_parquet_gives_the_same_fields_as_csv_by_row(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    table = pa.table(
        {
            "id": [1, 2],
            "note": pa.array([True, None]),
            "team": ["x", "y"],
        }
    )
    parquet.write_table(table, path)
    columns = Columns(("id", "note"))
    assert list(open_records(path, columns)) == [(1, {"id": "1", "note": "True"}), (2, {"id": "2", "note": ""})]
    assert columns.ignored == ["team"]


def test_text_in_parquet_that_is_not_utf_8_costs_one_row(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    broken = pa.array([b"a", b"\xff", b"c"]).view(pa.string())
    parquet.write_table(pa.table({"id": ["1", "2", "3"], "note": broken}), path)
    assert list(open_records(path, Columns(("id", "note")))) == [
        (1, {"id": "1", "note": "a"}),
        Refusal("file.parquet", 2, "note", None, "is not UTF-8 text"),
        (3, {"id": "3", "note": "c"}),
    ]


def test_what_is_not_parquet_is_refused_as_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    path.write_bytes(b"id,note\n1,a\n")
    with pytest.raises(FileRefused, match=r"file.parquet: is not a Parquet file"):
        open_records(path, Columns(("id", "note")))
