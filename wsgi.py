"""gunicorn's entry."""

import gc

from dashapp.app import create_app, warm
from dashapp.settings import ROOT, Settings
from dashapp.web.observe import observe
from dashapp.web.static import publish

app = create_app(Settings())
publish(app, ROOT / "data" / "static")
warm(app)
observe(app.server)
server = app.server
gc.collect()
gc.freeze()  # what was made until here stays; the collector need not look through it again and again
