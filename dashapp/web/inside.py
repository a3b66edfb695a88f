"""How the app asks itself before it serves anybody, where all that others get first is the way in."""

from flask import Flask
from flask.testing import FlaskClient

INSIDE = "watchfloor.visitor"
"""What a request has in its environment that the app puts to itself. Nothing from outside is put there: servers put
headers under names that begin with HTTP_.
"""


def inside(server: Flask) -> FlaskClient:
    """Asks as one who may do everything."""
    client = server.test_client()
    client.environ_base[INSIDE] = "yes"
    return client
