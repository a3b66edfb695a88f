"""Files of a log: which one was read, and those that it was rotated into, by their names in the same directory."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from dashapp.store.log_offsets import Offset

KNOWN_BY = 1024
"""Bytes before a place in a file that it is known by, beside its inode."""
ENDING = re.compile(r"[._-](\d[\d._:TZ-]*|old)")
"""Of the name of a rotated log: a number or a moment."""
COMPRESSED = re.compile(rf"{ENDING.pattern}\.(gz|bz2|xz|zst)")


def known_by(file: BinaryIO, place: int) -> str:
    """What a file is known by: its inode, and a digest of what lies before a place, for inodes come again."""
    number, before = file.fileno(), min(place, KNOWN_BY)
    digest = sha256(os.pread(number, before, place - before)).hexdigest()
    return f"{os.fstat(number).st_ino}:{digest[:32]}"


def is_known(file: BinaryIO, known: Offset) -> bool:
    """Whether a file is the known one, and what was before the place still is."""
    return os.fstat(file.fileno()).st_size >= known.bytes and known_by(file, known.bytes) == known.file


def find_known(path: Path, known: Offset) -> BinaryIO | None:
    """The known file that was at a path, whatever name it has now."""
    inode = int(known.file.split(":")[0])
    for other in path.parent.iterdir():
        with suppress(OSError):
            if other != path and other.stat().st_ino == inode:
                file = other.open("rb")
                if is_known(file, known):
                    return file
                file.close()
    return None


def between(path: Path, old: BinaryIO, current: BinaryIO) -> tuple[list[BinaryIO], list[str]]:
    """The files that the log at a path was written to after the old one and before the current one, the oldest first;
    and the names of those among them that are compressed.
    """
    since, inodes = os.fstat(old.fileno()).st_mtime_ns, {os.fstat(file.fileno()).st_ino for file in (old, current)}
    found: dict[tuple[int, int], BinaryIO] = {}
    compressed = []
    for name, file in _rotated(path):
        state = os.fstat(file.fileno())
        moment = state.st_mtime_ns, state.st_ino
        if state.st_mtime_ns <= since or state.st_ino in inodes or moment in found:
            file.close()
        elif COMPRESSED.fullmatch(name, len(path.name)):
            compressed.append(name)
            file.close()
        else:
            found[moment] = file
    return [file for _, file in sorted(found.items())], sorted(compressed)


def _rotated(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    """The files beside a log that have its name with an ending, open: a name may be of another file a moment later."""
    for other in path.parent.iterdir():
        name = other.name
        if name.startswith(path.name) and any(one.fullmatch(name, len(path.name)) for one in (ENDING, COMPRESSED)):
            with suppress(OSError):
                if S_ISREG(other.stat().st_mode):
                    yield name, other.open("rb")
