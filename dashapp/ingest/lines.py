"""What readers of text files share: the lines of a file, of any length, and the columns that are wanted of it."""

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import SEEK_END
from pathlib import Path
from typing import IO, NamedTuple

from dashapp.ingest.report import Refusal, shown

MOST_BYTES = 1_000_000
"""Of one line of a file."""
ZIPPED = ".gz"
"""The last ending of the name of a compressed file."""
ISIZE = 4
"""The bytes at the end of a compressed file that tell how long its text is."""

Record = tuple[int, dict[str, str]]
"""The line on which a record begins (of Parquet: its row), and its wanted fields by header."""


Text = IO[bytes] | gzip.GzipFile
"""An open file whose lines can be read."""


class FileRefused(Exception):
    """The file as a whole cannot be taken."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class Line(NamedTuple):
    """One physical line. Of one that is too long nothing is kept."""

    number: int
    raw: bytes
    too_long: bool

    @property
    def text(self) -> str:
        """The line; bytes that are not UTF-8 become lone surrogates, which `broken` finds."""
        return self.raw.decode("utf-8-sig" if self.number == 1 else "utf-8", "surrogateescape")


@dataclass
class Columns:
    """Which columns are wanted, under which header the file has each, and which of the file's are not wanted."""

    wanted: Sequence[str]
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Header in the file, by documented header, where they differ."""
    headers: dict[str, str] = field(default_factory=dict)
    """Documented header by header in the file; filled by `find`."""
    ignored: list[str] = field(default_factory=list)

    def find(self, file: str, found: Sequence[str]) -> None:
        """Find the wanted columns among those of the file, or refuse the file."""
        twice = [name for name, count in Counter(found).items() if count > 1 and name]
        if twice:
            raise FileRefused(Refusal(file, 1, twice[0], None, "is the header of more than one column"))
        for name in self.wanted:
            header = self.renamed.get(name, name)
            header = name if header not in found and name in found else header
            if header not in found:
                row = shown(", ".join(found))
                raise FileRefused(Refusal(file, 1, header, None, f"is not among the columns, which are: {row}"))
            self.headers[header] = name
        self.ignored = [name for name in found if name and name not in self.headers]


class LineFile:
    """A text file that is read line by line, compressed or not; `done` of its `size` bytes of text have been."""

    def __init__(self, path: Path, columns: Columns) -> None:
        self.path, self.columns = path, columns
        self.size, self.done = _size(path), 0

    @contextmanager
    def opened(self) -> Iterator[Text]:
        """The file's text."""
        with self.path.open("rb") as file:
            if self.path.suffix != ZIPPED:
                yield file
                return
            with gzip.open(file) as text:
                yield text

    def lines(self, file: Text) -> Iterator[Line]:
        """The physical lines; the rest of one that is too long is passed over in pieces."""
        number = 0
        while piece := self._piece(file, number, MOST_BYTES + 1):
            number += 1
            raw, too_long = piece, len(piece) > MOST_BYTES
            while too_long and piece and not piece.endswith(b"\n"):
                piece = self._piece(file, number, MOST_BYTES)
            yield Line(number, b"" if too_long else raw, too_long)

    def _piece(self, file: Text, number: int, most: int) -> bytes:
        """A line or a piece of one, after so many lines; a file that is broken further on is refused as a whole."""
        try:
            piece = file.readline(most)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            refusal = Refusal(self.path.name, number + 1, None, None, "the file cannot be read from here on")
            raise FileRefused(refusal) from error
        self.done += len(piece)
        return piece


def _size(path: Path) -> int:
    """The bytes of a file's text: of a compressed one as its end tells, which may be wrong."""
    size = path.stat().st_size
    if path.suffix != ZIPPED or size < ISIZE:
        return size
    with path.open("rb") as file:
        file.seek(-ISIZE, SEEK_END)
        return int.from_bytes(file.read(ISIZE), "little")


def broken(text: str) -> bool:
    """Whether bytes that are not UTF-8 were read into the text."""
    return not text.isascii() and any("\udc80" <= char <= "\udcff" for char in text)


def printable(text: str) -> str:
    r"""Text with bytes that are not UTF-8 written as `\xff`."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
