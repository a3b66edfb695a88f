"""Where the worker processes of a server keep what they count, so that any of them can tell the sum.

prometheus_client gives every process files of its own below PROMETHEUS_MULTIPROC_DIR, and decides when it is first
imported whether it does: `folder` must have been called before. So nothing of it is imported here at the top.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import Metric

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "watchfloor-"
MEMORY = Path("/dev/shm")  # noqa: S108 # the folder made in it has a name that nobody can foresee
"""Preferred: where a disk is full, a process that writes to a file mapped from it is killed."""
ALIVE = "alive"
"""The file that the processes of a server hold locked for as long as one of them lives."""
GONE = "gone"
"""Stands in a file's name where a process's files have its id: holds the sums of those that ended."""


@cache
def folder() -> Path:
    """An empty folder for the processes of this server, made once and named in the environment: below the one named
    there, else in memory or among temporary files. Those that dead servers left are removed.
    """
    named = os.environ.get(VARIABLE)
    base = Path(named) if named else MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    base.mkdir(parents=True, exist_ok=True)
    for old in base.glob(f"{PREFIX}*/{ALIVE}"):
        if _locked(old) is not None:
            shutil.rmtree(old.parent, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    _occupy(made)
    os.environ[VARIABLE] = str(made)
    return made


def restore(path: Path) -> None:
    """Make the folder again when somebody removed it: what clears folders of temporary files, or logind when the user
    signs out. What was counted in it is gone.
    """
    if not (path / ALIVE).exists():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _occupy(path)


def _occupy(path: Path) -> None:
    """Say that a folder is in use, for as long as this process or a child of it lives."""
    (path / "new").touch()
    _locked(path / "new")
    (path / "new").rename(path / ALIVE)


def _locked(path: Path) -> int | None:
    """The file, locked until this process and its children have ended; None where another has it."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


@contextmanager
def _hold(path: Path, how: int) -> Iterator[None]:
    """Read (LOCK_SH) or change (LOCK_EX) the files of a folder without seeing half a change."""
    with (path / "lock").open("a") as file:
        fcntl.flock(file, how)
        yield


def summed(path: Path) -> list["Metric"]:
    """What all processes have counted, those that ended included; OSError where the folder is gone."""
    from prometheus_client.multiprocess import MultiProcessCollector

    with _hold(path, fcntl.LOCK_SH):
        return list(MultiProcessCollector(None, str(path)).collect())


def fold(path: Path, pid: int) -> None:
    """Add what a process that ended has counted to the sums: else every one would leave its files behind."""
    from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

    with _hold(path, fcntl.LOCK_EX):
        mark_process_dead(pid, str(path))
        for kind in ("counter", "histogram"):
            own, gone = path / f"{kind}_{pid}.db", path / f"{kind}_{GONE}.db"
            if own.exists():
                files = [file for file in (own, gone) if file.exists()]
                _reserve(path / "new", sum(file.stat().st_size for file in files))
                _write(path / "new", MultiProcessCollector.merge(map(str, files), accumulate=False))
                (path / "new").rename(gone)
                own.unlink()


def _reserve(path: Path, size: int) -> None:
    """An empty file of so many bytes that are there: OSError where a disk is full, which else would kill the writer."""
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)


def _write(path: Path, metrics: Iterable["Metric"]) -> None:
    from prometheus_client.mmap_dict import MmapedDict, mmap_key

    values = MmapedDict(str(path))
    for metric in metrics:
        for sample in metric.samples:
            names, labels = list(sample.labels), list(sample.labels.values())
            key = mmap_key(metric.name, sample.name, names, labels, metric.documentation)
            values.write_value(key, sample.value, 0)
    values.close()
