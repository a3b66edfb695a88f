"""Logs that hold events: read from where the last run stopped, and followed while they grow and are rotated."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Engine

from dashapp.ingest.events import Result, take
from dashapp.ingest.rotated import between, find_known, is_known, known_by
from dashapp.ingest.wire import BOM, MOST_BYTES, Numbered, Receipt, is_whole, read
from dashapp.store.log_offsets import Offset, offset, offsets, put_offset

PIECE = 1024 * 1024
"""Bytes read, and taken in as one transaction, at once."""
LOOKS = 10
"""How many more times a log that is followed is looked at after it was rotated."""
AGAIN = "--again reads it from the beginning, and counts events without an id once more"
GONE = "the file that the last run read is gone, rotated away or cut; events written to it since may be missing"

Tell = Callable[[Result], None]
"""Is told what became of each transaction."""
Note = Callable[[str], None]
"""Is told, in a sentence, what a reader would not expect."""
Rest = Callable[[bytes], bool]
"""Says whether to take a last line that has no end."""
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
        self.rest = b""
        """Of a line that is not complete, at most what shows that it is too long."""
        self._read = place

    def lines(self, takes: Rest) -> list[Numbered]:
        """The next complete lines, none when there are none now; `takes` is asked about what follows the last."""
        while piece := self.file.read1(PIECE):  # type: ignore[attr-defined] # those of files and of standard input have it
            self._read += len(piece)
            *complete, rest = (self.rest + piece).split(b"\n")
            unread = len(rest) if complete else self._read - self.place
            self.rest = rest[: MOST_BYTES + 1]
            if complete:
                return self._numbered(complete, self._read - unread)
        if self.rest and takes(self.rest):
            last, self.rest = self.rest, b""
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
        return Offset(known_by(self.file, self.place), self.place)

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
    note: Note

    def take(self, log: Log, path: Path | None, takes: Rest) -> bool:
        """Take in what a log holds now, and return whether that was anything; the place in it is remembered with the
        events, where it has a path.
        """
        taken = False
        while lines := log.lines(takes):
            receipt = self.receipt()
            batch = read(lines, receipt)
            with self.engine.begin() as connection:
                result = take(connection, batch, receipt)
                if path is not None:
                    put_offset(connection, str(path), log.offset)
            self.tell(result)
            taken = True
        return taken


def take_stream(intake: Intake, file: BinaryIO) -> None:
    """Take in what comes through a pipe."""
    intake.take(Log(file), None, _always)


def take_file(intake: Intake, path: Path, *, again: bool = False) -> None:
    """Take in a log, from where the last run stopped unless `again`. It may still be written: of a last line without
    its end, the rest may come.
    """
    *rotated, log = _logs(intake, path, again=again)
    _finish(intake, path, rotated)
    with log.file:
        taken = intake.take(log, path, is_whole)
        if log.place and not rotated and not taken:
            intake.note(f"nothing new since line {log.line:,}, where the last run stopped; {AGAIN}")
        if log.rest.strip():
            intake.note("the last line is not complete; it is left for the next run")


def follow_file(intake: Intake, path: Path, wait: Wait, *, again: bool = False, looks: int = LOOKS) -> None:
    """Take in a log and what is added to it, also after it is rotated or cut, until `wait` says no. One that was
    rotated is looked at some more times, as its writer may not know yet.
    """
    *rotated, log = _logs(intake, path, again=again)
    _finish(intake, path, rotated)
    try:
        while True:
            intake.take(log, path, _never)
            if log.truncated:
                log.file.seek(0)
                log = Log(log.file)
            elif newer := log.successor(path):
                *rotated, newer = _after(intake, path, log.file, newer)
                _look_on(intake, path, log, wait, looks)
                _finish(intake, path, [log, *rotated])
                log = newer
            elif not wait():
                return
    finally:
        log.file.close()


def _look_on(intake: Intake, path: Path, log: Log, wait: Wait, looks: int) -> None:
    """Take in what is still written to a log that was rotated, as long as `wait` says yes."""
    for _ in range(looks):
        if not wait():
            return
        intake.take(log, path, _never)


def _finish(intake: Intake, path: Path, logs: Iterable[Log]) -> None:
    """Take in logs that nothing is added to any more."""
    for log in logs:
        with log.file:
            intake.take(log, path, _always)


def _logs(intake: Intake, path: Path, *, again: bool) -> list[Log]:
    """The log at a path, from where it is known to; where it was rotated since, the one known there and those after it
    come first.
    """
    with intake.engine.connect() as connection:
        known, others = (None, []) if again else (offset(connection, str(path)), offsets(connection))
    current = path.open("rb")
    if known is None:  # the same file may have been read under another name, as before it was rotated
        place = max((one.bytes for one in others if one.bytes and is_known(current, one)), default=0)
        return [Log(current, place)]
    if is_known(current, known):
        return [Log(current, known.bytes)]
    if old := find_known(path, known):
        return [Log(old, known.bytes), *_after(intake, path, old, Log(current))]
    intake.note(GONE)
    return [Log(current)]


def _after(intake: Intake, path: Path, old: BinaryIO, current: Log) -> list[Log]:
    """The logs at a path after an old one: those that were rotated as well, and the current one."""
    files, compressed = between(path, old, current.file)
    for name in compressed:
        intake.note(f"{name} is compressed; it is not read")
    return [*map(Log, files), current]


def _always(_rest: bytes) -> bool:
    return True


def _never(_rest: bytes) -> bool:
    return False


def _lines_before(file: BinaryIO, place: int) -> int:
    """How many lines there are before a place, where the file is left."""
    file.seek(0)
    count, left = 0, place
    while left and (piece := file.read(min(left, PIECE))):
        count += piece.count(b"\n")
        left -= len(piece)
    return count
