"""What became of the files that were handed in, for people and for programs."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

SHOWN = 80
"""Characters of a refused value that are repeated."""


Progress = Callable[[str, int, int], None]
"""Is told the file, how much of it is read, and its size (bytes of CSV, rows of Parquet)."""


@dataclass(frozen=True)
class Refusal:
    """Why a row, or with `line` None a whole file, was not taken. A row of a Parquet file counts as a line."""

    file: str
    line: int | None
    field: str | None
    value: str | None
    reason: str

    def __str__(self) -> str:
        """One line of text: `flags.csv line 17: severity "hgih": is not one of low, medium, high, critical`."""
        where = self.file if self.line is None else f"{self.file} line {self.line}"
        what = [self.field] if self.field else []
        if self.value is not None:
            what.append(f'"{self.value}"')
        return ": ".join([where, *([" ".join(what)] if what else []), self.reason])


def shown(value: str) -> str:
    """A value as it may be repeated: cut, and without characters that a terminal acts on."""
    cut = value if len(value) <= SHOWN else value[: SHOWN - 1] + "…"
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)[: SHOWN * 2]


@dataclass
class FileReport:
    """What became of one file. `read` is the sum of new, updated, seen, refused and consulted rows; the last are those
    of a file that other files refer to, and are stored with them.
    """

    file: str
    read: int = 0
    new: int = 0
    updated: int = 0
    seen: int = 0
    refused: int = 0
    consulted: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    """One for each refused row, and those of the file as a whole, which `refused` does not count."""
    ignored_columns: list[str] = field(default_factory=list)
    new_categories: list[str] = field(default_factory=list)


@dataclass
class Report:
    """What became of one import."""

    origin: str
    files: list[FileReport]
    absent: list[str] = field(default_factory=list)
    """Files that could have been there and were not."""
    dry_run: bool = False
    stored: bool = True
    """False when everything was taken back: a dry run, or a strict one that refused something."""

    @property
    def refusals(self) -> list[Refusal]:
        """All refusals, in the order of the files."""
        return [refusal for file in self.files for refusal in file.refusals]

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return asdict(self)
