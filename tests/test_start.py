import json
import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine

from dashapp.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {"anthropic", "pandas", "pyarrow", "scipy", "statsmodels"}


def test_starting_to_serve_loads_no_heavy_library(settings: Settings, writer: Engine) -> None:
    code = "import json, sys, wsgi; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    environment = {**os.environ, "DATABASE_URL": settings.database_url, "TIME_ZONE": settings.time_zone}
    started = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(started.stdout))
    assert {"dash", "flask", "sqlalchemy"} <= loaded
    assert loaded & HEAVY == set()
