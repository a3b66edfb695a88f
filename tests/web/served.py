"""A small app that serves the API over a store, without the pages."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from dash import Dash
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from dashapp.settings import Settings
from dashapp.store.engine import reader_engine
from dashapp.store.rollup import rollup
from dashapp.web import events_api
from dashapp.web.api import blueprint
from dashapp.web.desk import EXTENSION, Services
from dashapp.web.guard import CALLBACKS, cookie_name, install
from tests.stores import new_store

Fill = Callable[[Engine, Settings], object]


def settings_for(place: Path | str) -> Settings:
    """Settings for the store of a URL, or in a file."""
    url = place if isinstance(place, str) else f"sqlite:///{place}"
    return Settings(_env_file=None, database_url=url, time_zone="UTC")


@contextmanager
def served(place: Path | str, now: datetime, fill: Fill) -> Iterator[FlaskClient]:
    """A client of the API over a migrated store that `fill` has put flags into."""
    settings = settings_for(place)
    writer = new_store(settings)
    fill(writer, settings)
    with writer.begin() as connection:
        rollup(connection, settings.sla)
    reader = reader_engine(settings.database_url, settings.read_seconds)
    yield client_of(Services(settings, reader, lambda: now, writer))
    reader.dispose()
    writer.dispose()


def client_of(services: Services) -> FlaskClient:
    app = Flask(__name__)
    app.extensions[EXTENSION] = services
    install(app, {})
    app.register_blueprint(events_api.blueprint())
    app.register_blueprint(blueprint())
    return app.test_client()


def browser(app: Dash, settings: Settings, way: str = "/") -> FlaskClient:
    """A client that has opened a page, and sends what that page gave it along with callbacks, as a browser does."""
    client = app.server.test_client()
    assert client.get(way).status_code == 200
    token = client.get_cookie(cookie_name(settings.port, "csrf"))
    assert token is not None
    client.environ_base["HTTP_X_CSRFTOKEN"] = token.value
    return client


def filling(path: str, address: str = "") -> dict[str, Any]:
    """What a browser asks to have a page filled, under the query of an address."""
    return {
        "output": "answer.data",
        "outputs": {"id": "answer", "property": "data"},
        "inputs": [
            {"id": "address", "property": "data", "value": address},
            {"id": "refresh", "property": "n_intervals", "value": 0},
        ],
        "changedPropIds": ["address.data"],
        "state": [{"id": "page", "property": "data", "value": path}],
    }


def laying_out(path: str) -> dict[str, Any]:
    """What a browser asks to have a page laid out."""
    return {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": ""},
        ],
        "changedPropIds": ["_pages_location.pathname", "_pages_location.search"],
    }


def filled(client: FlaskClient, path: str, address: str = "") -> str:
    """All that a page is filled with, as one text."""
    answer = client.post(CALLBACKS, json=filling(path, address))
    assert answer.status_code == 200, answer.text
    return json.dumps(answer.get_json(), ensure_ascii=False)


def get(client: FlaskClient, address: str, status: int = 200) -> Any:
    """What an address answers in JSON, with this status and not to be kept by anybody."""
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (status, "application/json"), answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json
