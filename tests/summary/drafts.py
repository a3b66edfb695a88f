"""Drafts as a model writes them that was told the rules: ten on a week of the demo, ten on one of ts-ops."""

import json
from pathlib import Path

from dashapp.summary.draft import Draft

_DRAFTS = json.loads(Path(__file__).with_name("drafts.json").read_text(encoding="utf-8"))
DEMO, TS_OPS = ([Draft.model_validate(draft) for draft in _DRAFTS[name]] for name in ("demo", "ts_ops"))
