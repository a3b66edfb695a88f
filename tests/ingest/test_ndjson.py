from pathlib import Path

import pytest

from dashapp.ingest.lines import Columns, FileRefused
from dashapp.ingest.ndjson import NdjsonRecords
from dashapp.ingest.report import Refusal


def read(tmp_path: Path, data: bytes) -> list[object]:
    path = tmp_path / "file.ndjson"
    path.write_bytes(data)
    return list(NdjsonRecords(path, Columns(("id", "note"))))


def refused(line: int, reason: str, name: str | None = None) -> Refusal:
    return Refusal("file.ndjson", line, name, None, reason)


def test_fields_are_read_as_text_and_what_is_not_given_is_empty(tmp_path: Path) -> None:
    data = '\ufeff{"id": 12, "note": "é", "more": [1]}\r\n\n{"id": "x", "note": null}\n{"note": 0.5}'.encode()
    assert read(tmp_path, data) == [
        (1, {"id": "12", "note": "é"}),
        (3, {"id": "x", "note": ""}),
        (4, {"id": "", "note": "0.5"}),
    ]


def test_fields_that_nobody_wants_are_named(tmp_path: Path) -> None:
    path = tmp_path / "file.ndjson"
    path.write_text('{"id": 1, "secret": 2}\n{"other": 3, "secret": 4}\n')
    columns = Columns(("id",))
    list(NdjsonRecords(path, columns))
    assert columns.ignored == ["secret", "other"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "is not JSON"),
        (b'{"id": NaN}', "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"id": ' + b"9" * 5_000 + b"}", "is not JSON"),
        (b"[1]", "is not a JSON object"),
        (b'{"id": "\xff"}', "is not UTF-8 text"),
        (b'{"id": "' + b"x" * 1_000_000 + b'"}', "the line is longer than 1,000,000 bytes"),
    ],
    ids=["open", "nan", "deep", "huge number", "array", "bytes", "long"],
)
def test_a_line_that_cannot_be_read_does_not_hide_the_next(tmp_path: Path, line: bytes, reason: str) -> None:
    assert read(tmp_path, line + b'\n{"id": 2}\n') == [refused(1, reason), (2, {"id": "2", "note": ""})]


@pytest.mark.parametrize(
    ("value", "reason"), [('{"a": 1}', "is not a text or a number"), (r'"\ud800"', "is not UTF-8 text")]
)
def test_a_value_that_is_no_text_is_refused_by_its_field(tmp_path: Path, value: str, reason: str) -> None:
    assert read(tmp_path, f'{{"id": 1, "note": {value}}}\n'.encode()) == [refused(1, reason, "note")]


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="is empty"):
        read(tmp_path, b"")
