from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from dashapp.ingest.pipeline import How
from dashapp.ingest.report import Report
from dashapp.ingest.ts_ops import import_ts_ops
from dashapp.settings import Settings

FLAGS = "flag_id,date,category,severity,action,reviewer_id,resolution_hrs,ml_score,coordinated_flag,attack_id\n"

Import = Callable[..., Report]


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
