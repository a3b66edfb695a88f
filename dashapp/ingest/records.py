"""Reads CSV, NDJSON and Parquet files as text fields, row by row, and says which rows cannot be read.

A file may be broken, hostile or huge: no line is held that is longer than a line may be, and a row that cannot be read
never hides the rows after it.
"""

import csv
from collections import deque
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from dashapp.ingest.lines import MOST_BYTES, ZIPPED, Columns, FileRefused, Line, LineFile, Record, broken, printable
from dashapp.ingest.ndjson import NdjsonRecords
from dashapp.ingest.report import Refusal, shown

MOST_LINES = 20
"""That one CSV record may span through its quoted fields."""
PARQUET_ROWS = 5_000
"""Rows read at once."""

CSV_REASONS = {
    "unexpected end of data": "opens a quote that is not closed",
    "',' expected after '\"'": "has text after its closing quote",
    "field larger than field limit (131072)": "is longer than 131,072 characters",
}


class _Unclosed(Exception):
    """A quoted field runs over more lines than a record may span."""


def open_records(path: Path, columns: Columns) -> "CsvRecords | ParquetRecords | NdjsonRecords":
    """The records of a file, by the ending of its name; that of a compressed text stands before .gz."""
    ending = Path(path.stem).suffix if path.suffix == ZIPPED else path.suffix
    if ending in (".ndjson", ".jsonl"):
        return NdjsonRecords(path, columns)
    return ParquetRecords(path, columns) if path.suffix == ".parquet" else CsvRecords(path, columns)


class CsvRecords(LineFile):
    """The records of a CSV file: UTF-8, comma-separated, quoted with `"`, a header first."""

    def __init__(self, path: Path, columns: Columns) -> None:
        super().__init__(path, columns)
        self.found: list[str] = []
        self.places: list[tuple[str, int]] = []
        """The wanted ones of the headers found, and where in a row their fields are."""
        self.waiting: deque[Line] = deque()

    def __iter__(self) -> Iterator[Record | Refusal]:
        """Each record, or why it is refused."""
        with self.opened() as file:
            lines = self.lines(file)
            self._read_header(lines)
            while line := self._next(lines):
                if line.raw.strip() or line.too_long:
                    yield self._record(line, lines)

    def _read_header(self, lines: Iterator[Line]) -> None:
        line = self._next(lines)
        if line is None:
            raise FileRefused(Refusal(self.path.name, None, None, None, "is empty"))
        if line.too_long:
            raise FileRefused(Refusal(self.path.name, 1, "header", None, f"is longer than {MOST_BYTES:,} bytes"))
        if broken(line.text) or "\0" in line.text:
            raise FileRefused(Refusal(self.path.name, 1, "header", shown(printable(line.text)), "is not UTF-8 text"))
        try:
            self.found = [name.strip() for name in next(csv.reader([line.text], strict=True))]
        except csv.Error as error:
            refusal = Refusal(self.path.name, 1, "header", shown(line.text.strip()), _csv_reason(error))
            raise FileRefused(refusal) from error
        self.columns.find(self.path.name, self.found)
        self.places = [(name, place) for place, name in enumerate(self.found) if name in self.columns.headers]

    def _record(self, line: Line, lines: Iterator[Line]) -> Record | Refusal:
        """The record that begins with `line`. If it is refused, reading goes on with the line after `line`."""
        if line.too_long:
            reason = f"the line is longer than {MOST_BYTES:,} bytes"
            return Refusal(self.path.name, line.number, None, None, reason)
        taken: list[Line] = []
        try:
            texts = self._texts(line, lines, taken) if b'"' in line.raw else (line.text,)
            values = next(csv.reader(texts, strict=True))
        except (csv.Error, _Unclosed) as error:
            refusal = self._unreadable(line, _csv_reason(error))
        else:
            if not (problem := self._wrong(line, values)):
                return line.number, {name: values[place] for name, place in self.places}
            refusal = problem
        self.waiting.extendleft(reversed(taken))
        return refusal

    def _texts(self, line: Line, lines: Iterator[Line], taken: list[Line]) -> Iterator[str]:
        """`line`, and as long as a quote is open the lines after it, which are noted in `taken`."""
        yield line.text
        while len(taken) < MOST_LINES - 1 and (following := self._next(lines)):
            taken.append(following)
            if following.too_long:
                break
            yield following.text
        if taken and (taken[-1].too_long or len(taken) == MOST_LINES - 1):
            raise _Unclosed

    def _wrong(self, line: Line, values: list[str]) -> Refusal | None:
        """What is wrong with the fields as fields."""
        if len(values) != len(self.found):
            reason = f"has {len(values)} fields where the header has {len(self.found)}"
            return Refusal(self.path.name, line.number, None, None, reason)
        if all(map(str.isascii, values)):
            return None
        for name, value in zip(self.found, values, strict=True):
            if broken(value):
                known = shown(printable(value)) if name in self.columns.headers else None
                return Refusal(self.path.name, line.number, name, known, "is not UTF-8 text")
        return None

    def _unreadable(self, line: Line, reason: str) -> Refusal:
        """A refusal that names the field in which reading the line came to its end, and what stands there."""
        try:
            values = next(csv.reader([line.text]))
        except csv.Error:
            return Refusal(self.path.name, line.number, None, None, f"a field {reason}")
        place = len(values) - 1
        if reason != CSV_REASONS["unexpected end of data"] or place >= len(self.found):
            return Refusal(self.path.name, line.number, None, None, f"a field {reason}")
        name = self.found[place]
        known = shown(printable(values[place].strip())) if name in self.columns.headers else None
        return Refusal(self.path.name, line.number, name, known, reason)

    def _next(self, lines: Iterator[Line]) -> Line | None:
        return self.waiting.popleft() if self.waiting else next(lines, None)


def _csv_reason(error: Exception) -> str:
    if isinstance(error, _Unclosed):
        return CSV_REASONS["unexpected end of data"]
    return CSV_REASONS.get(str(error), "cannot be read as CSV")


class ParquetRecords:
    """The records of a Parquet file, their values as the text that a CSV file would hold."""

    def __init__(self, path: Path, columns: Columns) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.path, self.columns = path, columns
        self.done = 0
        try:
            self.file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise FileRefused(Refusal(path.name, None, None, None, "is not a Parquet file")) from error
        self.size: int = self.file.metadata.num_rows

    def __iter__(self) -> Iterator[Record | Refusal]:
        """Each record, or why it is refused."""
        with self.file:
            self.columns.find(self.path.name, self.file.schema_arrow.names)
            for batch in self._batches():
                lists = {name: _texts_of(batch.column(name)) for name in batch.schema.names}
                for place in range(batch.num_rows):
                    self.done += 1
                    yield self._record(self.done, {name: texts[place] for name, texts in lists.items()})

    def _batches(self) -> Iterator[Any]:
        """Batches of rows; a file that is broken further on is refused as a whole."""
        import pyarrow as pa

        try:
            yield from self.file.iter_batches(batch_size=PARQUET_ROWS, columns=list(self.columns.headers))
        except (pa.ArrowException, OSError) as error:
            refusal = Refusal(self.path.name, self.done + 1, None, None, "the file cannot be read from here on")
            raise FileRefused(refusal) from error

    def _record(self, row: int, values: dict[str, str | None]) -> Record | Refusal:
        for name, value in values.items():
            if value is None:
                return Refusal(self.path.name, row, name, None, "is not UTF-8 text")
        return row, {name: value for name, value in values.items() if value is not None}


def _texts_of(column: Any) -> list[str | None]:
    """A column's values as text; None for one that is not UTF-8, which shows only when the column is decoded."""
    try:
        return [_text(value) for value in column.to_pylist()]
    except UnicodeDecodeError:
        return [_decoded(value) for value in column]


def _decoded(scalar: Any) -> str | None:
    try:
        return _text(scalar.as_py())
    except UnicodeDecodeError:
        return None


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
