"""The composition root: the only module that knows every other."""

import logging
from datetime import UTC, datetime

from dash import Dash

from dashapp.policy import policy_of
from dashapp.settings import ROOT, Settings
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.web import api, callbacks, events_api, observe, shared, shell, site, static
from dashapp.web.desk import EXTENSION, Services
from pages import (
    attacks,
    classifier,
    definitions,
    flags,
    incident,
    live,
    overview,
    platforms,
    queue,
    reports,
    status,
    volume,
)

log = logging.getLogger(__name__)

WRITE_WAIT_SECONDS = 5
"""How long a request waits while somebody else writes; its sender can wait for longer than our threads can."""

PAGES = (
    overview.PAGE,
    live.PAGE,
    volume.PAGE,
    classifier.PAGE,
    queue.PAGE,
    attacks.PAGE,
    reports.PAGE,
    platforms.PAGE,
    flags.PAGE,
    incident.PAGE,
    status.PAGE,
    definitions.PAGE,
)

INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{%title%}</title>
{%favicon%}
{%css%}
<script src="%THEME%"></script>
<script>Object.defineProperty(window, "_dashPlotlyJSURL", { get: () => "%PLOTLY%", set() {} });</script>
<link rel="preload" as="script" href="%PLOTLY%">
</head>
<body>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>""".replace("%THEME%", static.fingerprint("theme.js")).replace("%PLOTLY%", static.PLOTLY)
"""The frame of every page. Dash's renderer would set the address of the whole plotly.js; ours cannot be overwritten."""


def create_app(settings: Settings) -> Dash:
    """Build the app: pages, callbacks and API over one store. May be called twice in one process."""
    app = Dash(
        "watchfloor",
        use_pages=True,
        pages_folder="",
        assets_folder=str(ROOT / "assets"),
        assets_ignore="theme.js|plotly-.*",
        suppress_callback_exceptions=True,
        title=site.NAME,
        update_title="",
        enable_mcp=False,
        add_log_handler=False,
        on_error=callbacks.failed,
    )
    app.index_string = INDEX
    policy_of(settings)  # what is wrong with it shows when the app starts, not when somebody looks
    app.server.extensions[EXTENSION] = _services(settings)
    static.compress_answers(app)
    app.server.register_blueprint(events_api.blueprint())
    app.server.register_blueprint(api.blueprint())
    site.register(PAGES)
    app.layout = shell.shell(PAGES)
    callbacks.bind(app, PAGES)
    observe.tell_routes(app.server, {page.path for page in PAGES})
    shared.share(app, [page.path for page in PAGES if page.live])
    return app


def _services(settings: Settings) -> Services:
    """The engines of the app. Pages read the replica, where there is one; what is written is the store."""
    store = reader_engine(settings.database_url, settings.read_seconds)
    reader = reader_engine(settings.read_url, settings.read_seconds) if settings.read_url else store
    writer = writer_engine(settings.database_url, WRITE_WAIT_SECONDS)
    return Services(settings, reader, lambda: datetime.now(UTC), writer, store)


def warm(app: Dash) -> None:
    """Have Dash register its bundles before the first visitor asks for several of them at once. No connection stays
    open: the processes that are forked now must not share one.
    """
    client = app.server.test_client()
    for path in (PAGES[0].path, "/_dash-layout", "/_dash-dependencies"):
        client.get(path)
    held: Services = app.server.extensions[EXTENSION]
    for engine in (held.reader, held.store):
        engine.dispose()
