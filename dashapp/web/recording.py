"""What leaves the pages as a file is in the trail: who took it, what file, and under which filters."""

import logging
import re

from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError

from dashapp.store.engine import TooSlow
from dashapp.store.trail import note_change
from dashapp.web.asking import pairs
from dashapp.web.desk import services
from dashapp.web.export import json_answer
from dashapp.web.guard import visitor

NAMED = re.compile(r'attachment; filename="([^"]*)"')
PLAIN = ("since", "until", "range", "grain", "by")
"""Parameters whose values are kept; of others, which may name people, how many values there were."""
PARAMETER = re.compile("[a-z_]{1,30}")
MOST_SHOWN, MOST_KEPT = 40, 100
"""Characters of a value, and parameters, that are kept: addresses hold what somebody typed."""

log = logging.getLogger(__name__)


def install(server: Flask) -> None:
    """Have files that are sent from now on put into the trail."""
    server.after_request(_record)


def _record(answer: Response) -> Response:
    """The answer; where people sign in and it cannot be put into the trail, that it cannot be had now."""
    found = NAMED.match(answer.headers.get("Content-Disposition", ""))
    if not found or answer.status_code != 200 or request.method != "GET":
        return answer
    held = services()
    try:
        with held.writer.begin() as connection:
            note_change(connection, held.clock(), visitor().name, "exported", found[1], _asked())
    except (SQLAlchemyError, TooSlow):
        log.exception("an export could not be put into the trail")
        if held.settings.auth != "none":
            answer.close()
            return json_answer({"error": "The file cannot be had now: the trail could not be written."}, 503)
    return answer


def _asked() -> dict[str, object]:
    """What was asked for, without the values of filters."""
    given = [(key, value[:MOST_SHOWN]) for key, value in pairs() if PARAMETER.fullmatch(key)][:MOST_KEPT]
    counts = {key: sum(key == other for other, _ in given) for key, _ in given if key not in PLAIN}
    return {**{key: value for key, value in given if key in PLAIN}, "filters": counts}
