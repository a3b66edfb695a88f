"""Whether the process answers, and whether it can serve."""

import logging

from flask import Response
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from dashapp.store.engine import TooSlow
from dashapp.store.migrate import state
from dashapp.store.schema import origin
from dashapp.web.desk import services
from dashapp.web.export import json_answer

log = logging.getLogger(__name__)


def healthz() -> Response:
    """That the process answers."""
    return json_answer({"status": "ok"})


def readyz() -> Response:
    """Whether requests can be served. An empty store is ready: it waits for its first import."""
    checks = {"database": "unreachable", "migrations": "unknown", "data": "unknown"}
    engine = services().reader
    try:
        current, head = state(engine)
        checks |= {"database": "ok", "migrations": "ok" if current == head else "behind"}
        with engine.connect() as connection:
            checks["data"] = "ok" if connection.execute(select(origin.c.origin).limit(1)).first() else "empty"
    except (SQLAlchemyError, TooSlow):
        log.exception("readyz")
    ready = (checks["database"], checks["migrations"]) == ("ok", "ok")
    return json_answer({"status": "ok" if ready else "unavailable", "checks": checks}, 200 if ready else 503)
