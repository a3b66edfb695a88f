"""The app with one callback more, that reads nothing: what an answer costs before a figure in it is computed.

It returns what lies in a file of the folder BENCH_ANSWERS, so Dash and the compression have the same work with it. It
is asked with a property that the app's own pages have: questions with others are refused.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from dash import Input, Output

from dashapp.app import create_app, warm
from dashapp.domain.access import Permission
from dashapp.settings import Settings
from dashapp.web.guard import needs

FOLDER = Path(os.environ["BENCH_ANSWERS"])

app = create_app(Settings())


@cache
def kept(name: str) -> Any:
    """The content of a file."""
    return json.loads((FOLDER / name).read_bytes())


@app.callback(Output("noop", "data"), Input("order", "data"))
@needs(Permission.VIEW)
def answer(asked: dict[str, Any]) -> Any:
    """What was kept under a name; the question also has a number, so that no two are the same."""
    return kept(asked["name"])


warm(app)
server = app.server
