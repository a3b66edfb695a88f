"""Rows as files, so that they can be read again after they left the store."""

import csv
import gzip
import io
import os
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from dashapp.store.disk import sync_names

ROWS_AT_ONCE = 10_000
ENDING = ".csv.gz"


def write_rows(
    connection: Connection, table: Table, where: ColumnElement[bool], bound: Mapping[str, Any], folder: Path, name: str
) -> Path:
    """Write rows of a table to a new compressed CSV file, moments in UTC: under `name`, or with the next number where
    that is taken. The file has its name, and is on the disk, when this returns.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{name}.part"
    options = {"yield_per": ROWS_AT_ONCE}
    found = connection.execute(select(table).where(where), dict(bound), execution_options=options)
    with part.open("wb") as file:
        with gzip.open(file, "wb") as packed, io.TextIOWrapper(packed, "utf-8", newline="") as text:
            writer = csv.writer(text)
            writer.writerow(table.columns.keys())
            for rows in found.partitions():
                writer.writerows(rows)
        file.flush()
        os.fsync(file.fileno())
    free = next(folder / one for one in _names(name) if not (folder / one).exists())
    part.rename(free)
    sync_names(folder)
    return free


def _names(name: str) -> Iterator[str]:
    yield f"{name}{ENDING}"
    yield from (f"{name}-{number}{ENDING}" for number in count(2))
