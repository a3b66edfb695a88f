"""How much may be asked for, counted in the store by all processes together: of programs and files, by who asks. What
fills pages is not counted, for it is to write nothing; nor are events, which are held to the size of their bodies.
"""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil

from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError

from dashapp.domain.access import Permission
from dashapp.store.buckets import Rate, take
from dashapp.store.engine import TooSlow
from dashapp.web.desk import services
from dashapp.web.export import json_answer
from dashapp.web.guard import visitor

ROWS, PRINTED, ASKED = "files of rows", "printed summaries", "requests of programs"
RATES: Mapping[str, Rate] = {
    ROWS: Rate(60, timedelta(hours=1)),
    PRINTED: Rate(60, timedelta(hours=1)),
    ASKED: Rate(600, timedelta(minutes=1)),
}
"""For each visitor. Files of rows and PDFs keep a process busy for seconds, other answers for milliseconds."""
SPANS = {timedelta(hours=1): "an hour", timedelta(minutes=1): "a minute"}


def install(server: Flask) -> None:
    """Hold visitors to RATES from now on, where people sign in."""
    server.before_request(_hold)


def kind_of(path: str) -> str | None:
    """What a request counts as; None for what is not counted."""
    if path.startswith("/export/"):
        return ROWS
    if not path.startswith("/api/") or path == "/api/v1/events":
        return None
    return PRINTED if path.endswith(".pdf") else ASKED


def _hold() -> Response | None:
    """Nothing where the request may go on; else when it may be sent again. A store that cannot be written counts
    nothing, and lets nobody wait.
    """
    held, kind = services(), kind_of(request.path)
    if kind is None or held.settings.auth == "none" or not visitor().may(Permission.VIEW):
        return None
    try:
        with held.writer.begin() as connection:
            wait = take(connection, f"{kind} by {visitor().name}", RATES[kind], held.clock())
    except (SQLAlchemyError, TooSlow):
        return None
    if wait is None:
        return None
    seconds = ceil(wait.total_seconds())
    error = f"That was too much for now: {RATES[kind].most} {kind} {SPANS[RATES[kind].per]} are allowed."
    return json_answer({"error": error}, 429, {"Retry-After": str(seconds)})
