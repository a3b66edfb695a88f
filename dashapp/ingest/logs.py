"""Logs that hold events: read from where the last run stopped, and followed while they grow and are rotated."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Engine

from dashapp.ingest.events import Result, take
from dashapp.ingest.wire import BOM, MOST_BYTES, Numbered, Receipt, read
from dashapp.store.log_offsets import Offset, offset, put_offset

PIECE = 1024 * 1024
"""Bytes read, and taken in as one transaction, at once."""
KNOWN_BY = 1024
"""Bytes before a place in a file that it is known by, beside its inode."""

Tell = Callable[[Result], None]
"""Is told what became of each transaction."""
Wait = Callable[[], bool]
"""Waits for a log to grow, and returns whether to go on."""


class Log:
    """A log from some place on, as lines."""

    def __init__(self, file: BinaryIO, place: int = 0) -> None:
        self.file = file
        self.place = place
        """The bytes before the first line that was not handed out yet."""
        self.line = _lines_before(file, place) if place else 0
        """The lines before it."""
        self._begun = b""
        """Of a line that is not complete, at most what shows that it is too long."""
        self._read = place

    def lines(self, *, to_the_end: bool = False) -> list[Numbered]:
        """The next complete lines, none when there are none now; `to_the_end` takes what follows the last as well."""
        while piece := self.file.read1(PIECE):  # type: ignore[attr-defined] # those of files and of standard input have it
            self._read += len(piece)
            *complete, rest = (self._begun + piece).split(b"\n")
            unread = len(rest) if complete else self._read - self.place
            self._begun = rest[: MOST_BYTES + 1]
            if complete:
                return self._numbered(complete, self._read - unread)
        if to_the_end and self._begun:
            last, self._begun = self._begun, b""
            return self._numbered([last], self._read)
        return []

    def _numbered(self, lines: list[bytes], place: int) -> list[Numbered]:
        if self.place == 0:
            lines[0] = lines[0].removeprefix(BOM)
        first, self.place = self.line + 1, place
        self.line += len(lines)
        return list(enumerate(lines, first))

    @property
    def offset(self) -> Offset:
        """The place, with what the file is known by."""
        return Offset(_known_by(self.file, self.place), self.place)

    @property
    def truncated(self) -> bool:
        """Whether the file was cut since it was read."""
        return os.fstat(self.file.fileno()).st_size < self._read

    def successor(self, path: Path) -> "Log | None":
        """The file at the path where that is another by now."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return None
        if os.fstat(file.fileno()).st_ino != os.fstat(self.file.fileno()).st_ino:
            return Log(file)
        file.close()
        return None


@dataclass(frozen=True)
class Intake:
    """Where events of logs go, and who is told."""

    engine: Engine
    receipt: Callable[[], Receipt]
    tell: Tell

    def take(self, log: Log, path: Path | None, *, to_the_end: bool) -> None:
        """Take in what a log holds now; the place in it is remembered with the events, where it has a path."""
        while lines := log.lines(to_the_end=to_the_end):
            receipt = self.receipt()
            batch = read(lines, receipt)
            with self.engine.begin() as connection:
                result = take(connection, batch, receipt)
                if path is not None:
                    put_offset(connection, str(path), log.offset)
            self.tell(result)


def take_stream(intake: Intake, file: BinaryIO) -> None:
    """Take in what comes through a pipe."""
    intake.take(Log(file), None, to_the_end=True)


def take_file(intake: Intake, path: Path, *, again: bool = False) -> None:
    """Take in a log, from where the last run stopped unless `again`."""
    for log in _logs(intake.engine, path, again=again):
        with log.file:
            intake.take(log, path, to_the_end=True)


def follow_file(intake: Intake, path: Path, wait: Wait, *, again: bool = False) -> None:
    """Take in a log and what is added to it, also after it is rotated or cut, until `wait` says no."""
    *rotated, log = _logs(intake.engine, path, again=again)
    for old in rotated:
        with old.file:
            intake.take(old, path, to_the_end=True)
    try:
        while True:
            intake.take(log, path, to_the_end=False)
            if log.truncated:
                log.file.seek(0)
                log = Log(log.file)
            elif newer := log.successor(path):
                intake.take(log, path, to_the_end=True)
                log.file.close()
                log = newer
            elif not wait():
                return
    finally:
        log.file.close()


def _logs(engine: Engine, path: Path, *, again: bool) -> Iterator[Log]:
    """The log at a path, from where it is known to; before it the one known there, where it was rotated since."""
    with engine.connect() as connection:
        known = None if again else offset(connection, str(path))
    current = path.open("rb")
    if known is not None and _is_known(current, known):
        yield Log(current, known.bytes)
        return
    if known is not None and (old := _rotated(path, known)):
        yield Log(old, known.bytes)
    yield Log(current)


def _rotated(path: Path, known: Offset) -> BinaryIO | None:
    """The file that was at a path, by the name that it has now in the same directory."""
    inode = int(known.file.split(":")[0])
    for other in path.parent.iterdir():
        with suppress(OSError):
            if other != path and other.stat().st_ino == inode:
                file = other.open("rb")
                if _is_known(file, known):
                    return file
                file.close()
    return None


def _is_known(file: BinaryIO, known: Offset) -> bool:
    """Whether a file is the known one, and what was before the place still is."""
    return os.fstat(file.fileno()).st_size >= known.bytes and _known_by(file, known.bytes) == known.file


def _known_by(file: BinaryIO, place: int) -> str:
    """What a file is known by: its inode, and a digest of what lies before a place, for inodes come again."""
    number, before = file.fileno(), min(place, KNOWN_BY)
    digest = sha256(os.pread(number, before, place - before)).hexdigest()
    return f"{os.fstat(number).st_ino}:{digest[:32]}"


def _lines_before(file: BinaryIO, place: int) -> int:
    """How many lines there are before a place, where the file is left."""
    file.seek(0)
    count, left = 0, place
    while left and (piece := file.read(min(left, PIECE))):
        count += piece.count(b"\n")
        left -= len(piece)
    return count
