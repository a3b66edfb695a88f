"""Answers that viewers share: a page under an address is computed once a minute, as long as the data are the same."""

import json
from threading import Condition
from typing import Any

from cachetools import LRUCache, cached
from dash import Dash
from flask import Response, g, request
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from dashapp.alerts.rules import Attention, attention
from dashapp.metrics import Desk
from dashapp.store.version import version
from dashapp.web.desk import services

CALLBACKS = "/_dash-update-component"
KEPT = 128
"""Answers kept by each process; the largest have about 100 kB."""
TICK = "n_intervals"
"""The property that tells how often a page has refreshed itself, which makes no difference."""


class _NotShared(Exception):
    """An answer that only its asker gets."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


def only_now() -> None:
    """Have the answer to this request not kept: something failed, and may not fail again."""
    g.only_now = True


def share(app: Dash) -> None:
    """Keep the answers of callbacks. Of several viewers who ask the same at once, one has it computed."""
    compute = app.server.view_functions[CALLBACKS]

    @cached(LRUCache(KEPT), key=lambda question: question, condition=Condition())
    def answer(_question: Any) -> tuple[bytes, str | None]:
        made: Response = compute()
        if made.status_code != 200 or "only_now" in g:
            raise _NotShared(made)
        return made.data, made.mimetype

    def answered() -> Response:
        try:
            question = _question()
        except SQLAlchemyError:  # the callback meets the same trouble, and says so on the page and in the log
            own: Response = compute()
            return own
        try:
            data, mimetype = answer(question)
        except _NotShared as unshared:
            return unshared.answer
        return Response(data, mimetype=mimetype)

    app.server.view_functions[CALLBACKS] = answered


def overall(desk: Desk) -> Attention:
    """What needs attention among all flags, for the menu of every page: looked for once a minute."""
    return services().once((*_moment(desk.connection), "overall"), lambda: attention(desk))


def _moment(connection: Connection) -> tuple[int, str]:
    """The version of the data, and the minute."""
    return version(connection), f"{services().clock():%Y-%m-%dT%H:%M}"


def _question() -> tuple[int, str, str]:
    """What is asked, of which data, in which minute."""
    with services().reader.connect() as connection:
        moment = _moment(connection)
    asked = request.get_json()
    inputs = [one for one in asked.get("inputs", ()) if one.get("property") != TICK]
    body = {**asked, "inputs": inputs, "changedPropIds": None, "parsedChangedPropsIds": None}
    return *moment, json.dumps(body, sort_keys=True)
