import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, Table, select

from dashapp.ingest.events import take_lines
from dashapp.ingest.pipeline import How
from dashapp.ingest.report import Report
from dashapp.ingest.ts_ops import import_ts_ops
from dashapp.ingest.wire import Receipt
from dashapp.settings import Settings

FLAGS = "flag_id,date,category,severity,action,reviewer_id,resolution_hrs,ml_score,coordinated_flag,attack_id\n"

Import = Callable[..., Report]
Take = Callable[..., dict[str, Any]]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "ts-ops"
    made.mkdir()
    return made


@pytest.fixture
def load(writer: Engine, settings: Settings, now: datetime, directory: Path) -> Import:
    """Imports the directory, after writing flags.csv where its rows are given."""

    def run(rows: str | bytes | None = None, *, renamed: dict[str, str] | None = None, **how: Any) -> Report:
        if rows is not None:
            data = rows if isinstance(rows, bytes) else (FLAGS + rows).encode()
            (directory / "flags.csv").write_bytes(data)
        options = {"origin": "ts-ops", "now": now, "zone": settings.zone, "sla": settings.sla, **how}
        return import_ts_ops(writer, directory, renamed or {}, How(**options))

    return run


@pytest.fixture
def take(writer: Engine) -> Take:
    """Takes messages, or lines as bytes, in."""

    def taken(*messages: Any, **receipt: Any) -> dict[str, Any]:
        lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in messages]
        return take_lines(
            writer,
            enumerate(lines, 1),
            Receipt(**{"now": datetime(2024, 3, 30, 12, 7, tzinfo=UTC), "zone": ZoneInfo("UTC"), **receipt}),
        ).as_json()

    return taken


@pytest.fixture
def rows(writer: Engine) -> Callable[..., list[Any]]:
    """The rows of a table, sorted, with the columns that are named, or all."""

    def found(table: Table, *names: str) -> list[Any]:
        with writer.connect() as connection:
            columns = [table.c[name] for name in names] or list(table.c)
            return sorted(tuple(row) for row in connection.execute(select(*columns)))

    return found
