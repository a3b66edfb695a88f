"""gunicorn's entry."""

from dashapp.app import create_app, warm
from dashapp.settings import Settings

app = create_app(Settings())
warm(app)
server = app.server
