"""A bare Dash page: the charts of the file BENCH_FIGURES as plain dicts, and a button that changes them.

The file has two lists of figures: those of the page as it is opened, and those after the change.
"""

import json
import os
from pathlib import Path
from typing import Any

from dash import Dash, Input, Output, dcc, html

OPENED, CHANGED = json.loads(Path(os.environ["BENCH_FIGURES"]).read_bytes())

app = Dash("bare", include_assets_files=False, use_async=False)
app.layout = html.Div([html.Button("change", id="change"), *(dcc.Graph(id=f"chart-{i}") for i in range(len(OPENED)))])


@app.callback([Output(f"chart-{i}", "figure") for i in range(len(OPENED))], Input("change", "n_clicks"))
def fill(clicks: int | None) -> list[dict[str, Any]]:
    """All charts."""
    figures: list[dict[str, Any]] = CHANGED if clicks else OPENED
    return figures


server = app.server
server.add_url_rule("/readyz", view_func=lambda: "ready")
server.test_client().get("/")  # Dash registers its bundles with the first page, too late for those asked for at once
