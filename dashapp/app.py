"""The composition root: the only module that knows every other."""

import logging
from datetime import UTC, datetime

from dash import Dash
from dash.development.base_component import Component
from flask_wtf.csrf import generate_csrf

from dashapp.policy import policy_of
from dashapp.settings import ROOT, Settings
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.web import (
    account,
    admin_callbacks,
    api,
    callbacks,
    events_api,
    guard,
    limits,
    menu,
    observe,
    recording,
    shared,
    shell,
    signing,
    site,
    static,
)
from dashapp.web.desk import EXTENSION, Services, who_asks
from dashapp.web.entering import PLACES
from dashapp.web.inside import inside
from dashapp.web.questions import check_questions
from dashapp.web.security import Watchfloor, protect
from pages import (
    admin,
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
    summary,
    volume,
)

log = logging.getLogger(__name__)

WRITE_WAIT_SECONDS = 5
"""How long a request waits while somebody else writes; its sender can wait for longer than our threads can."""

PAGES = (
    overview.PAGE,
    summary.PAGE,
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
    admin.PAGE,
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
<link rel="preload" as="script" href="%PLOTLY%">
</head>
<body>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>""".replace("%THEME%", static.fingerprint("theme.js")).replace("%PLOTLY%", static.PLOTLY)
"""The frame of every page. The link to our part of plotly.js is where theme.js finds its address."""


def create_app(settings: Settings) -> Dash:
    """Build the app: pages, callbacks and API over one store. May be called twice in one process."""
    app = Watchfloor(
        "watchfloor",
        use_pages=True,
        pages_folder="",
        assets_folder=str(ROOT / "assets"),
        assets_ignore="theme.js|plotly-.*",
        suppress_callback_exceptions=True,
        title=site.NAME,
        update_title="",
        enable_mcp=False,
        use_async=False,  # else it depends on which libraries happen to be installed
        add_log_handler=False,
        on_error=callbacks.failed,
        csrf_token_name=guard.cookie_name(settings.port, "csrf"),
    )
    app.index_string = INDEX
    policy_of(settings)  # what is wrong with it shows when the app starts, not when somebody looks
    app.server.extensions[EXTENSION] = _services(settings)
    observe.tell_routes(app.server, {page.path for page in PAGES})
    protect(app, settings)
    static.compress_answers(app)
    app.server.extensions[PLACES] = {*(page.path for page in PAGES), menu.ACCOUNT}
    guard.install(app.server, {page.path: page.permission for page in PAGES})
    limits.install(app.server)
    recording.install(app.server)
    check_questions(app, {page.path for page in PAGES})
    app.server.register_blueprint(events_api.blueprint())
    app.server.register_blueprint(api.blueprint())
    app.server.register_blueprint(signing.blueprint(settings))
    app.server.register_blueprint(account.blueprint(settings))
    if settings.auth == "oidc":
        from dashapp.web import oidc  # loads Authlib and requests, which nobody else needs

        app.server.register_blueprint(oidc.blueprint(settings))
    site.register(PAGES)
    app.layout = _layout
    callbacks.bind(app, PAGES)
    admin_callbacks.bind(app, PAGES)
    shared.share(app, [page.path for page in PAGES if page.live])
    return app


def _layout() -> Component:
    """What is around the pages, for whoever asks."""
    asks = who_asks()
    return shell.shell(PAGES, asks, "" if asks.user_id is None else generate_csrf())


def _services(settings: Settings) -> Services:
    """The engines of the app. Pages read the replica, where there is one; what is written is the store."""
    store = reader_engine(settings.database_url, settings.read_seconds)
    reader = reader_engine(settings.read_url, settings.read_seconds) if settings.read_url else store
    writer = writer_engine(settings.database_url, WRITE_WAIT_SECONDS, makes=False)
    return Services(settings, reader, lambda: datetime.now(UTC), writer, store)


def warm(app: Dash) -> None:
    """Have Dash register its bundles before the first visitor asks for several of them at once. No connection stays
    open: the processes that are forked now must not share one.
    """
    client = inside(app.server)
    for path in (PAGES[0].path, "/_dash-layout", "/_dash-dependencies"):
        client.get(path)
    held: Services = app.server.extensions[EXTENSION]
    for engine in (held.reader, held.store):
        engine.dispose()
