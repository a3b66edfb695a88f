"""Reads files of one JSON object a line as text fields, row by row, and says which rows cannot be read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from dashapp.ingest.lines import MOST_BYTES, Columns, FileRefused, Line, LineFile, Record, broken
from dashapp.ingest.report import Refusal


class NdjsonRecords(LineFile):
    """The records of an NDJSON file: UTF-8, the values as the text that a CSV file would hold.

    An object may lack a field, which is then empty.
    """

    def __init__(self, path: Path, columns: Columns) -> None:
        super().__init__(path, columns)
        columns.headers = {columns.renamed.get(name, name): name for name in columns.wanted}

    def __iter__(self) -> Iterator[Record | Refusal]:
        """Each record, or why it is refused."""
        with self.opened() as file:
            empty = True
            for line in self.lines(file):
                empty = False
                if line.raw.strip() or line.too_long:
                    yield self._record(line)
            if empty:
                raise FileRefused(Refusal(self.path.name, None, None, None, "is empty"))

    def _record(self, line: Line) -> Record | Refusal:
        if line.too_long:
            return self._refusal(line, f"the line is longer than {MOST_BYTES:,} bytes")
        if broken(line.text):
            return self._refusal(line, "is not UTF-8 text")
        try:
            found = json.loads(line.text, parse_constant=_no_number)
        except (ValueError, RecursionError):
            return self._refusal(line, "is not JSON")
        if not isinstance(found, dict):
            return self._refusal(line, "is not a JSON object")
        return self._texts(line, found)

    def _texts(self, line: Line, found: dict[str, Any]) -> Record | Refusal:
        """The wanted fields of an object as text."""
        self._ignore(found)
        texts = {}
        for name in self.columns.headers:
            value = found.get(name)
            if isinstance(value, dict | list):
                return Refusal(self.path.name, line.number, name, None, "is not a text or a number")
            texts[name] = "" if value is None else str(value)
            if not _is_text(texts[name]):
                return Refusal(self.path.name, line.number, name, None, "is not UTF-8 text")
        return line.number, texts

    def _ignore(self, found: dict[str, Any]) -> None:
        """Note the fields that nobody wants."""
        ignored = self.columns.ignored
        ignored += [name for name in found if name not in self.columns.headers and name not in ignored]

    def _refusal(self, line: Line, reason: str) -> Refusal:
        """A refusal that does not repeat the line: fields that nobody asked for may be in it."""
        return Refusal(self.path.name, line.number, None, None, reason)


def _is_text(value: str) -> bool:
    """Whether it can be written as UTF-8: JSON can name half a character."""
    return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
