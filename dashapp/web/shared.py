"""Answers that viewers share: a page under an address is computed once a minute, a live one every five seconds, as long
as the data are the same.
"""

import json
from collections.abc import Collection, Hashable
from threading import Condition
from typing import Any

from cachetools import LRUCache, cached
from dash import Dash
from flask import Response, g, request
from sqlalchemy.exc import SQLAlchemyError

from dashapp.alerts.rules import Attention, attention
from dashapp.domain.ask import Filters
from dashapp.metrics import Desk
from dashapp.store.place import file_of
from dashapp.store.version import Versions, versions
from dashapp.web.desk import everybodys, services
from dashapp.web.guard import CALLBACKS, versions_seen, visitor

KEPT = 128
"""Answers kept by each process; the largest have about 100 kB."""
SECONDS = 5
"""How long an answer of a page of events is kept where no event comes in."""
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


def share(app: Dash, live: Collection[str]) -> None:
    """Keep the answers of callbacks. Of several viewers who ask the same at once, one has it computed. `live` are the
    paths of the pages that show events as they come in.
    """
    compute = app.server.view_functions[CALLBACKS]

    @cached(LRUCache(KEPT), key=lambda question: question, condition=Condition())
    def answer(_question: Any) -> tuple[bytes, str | None]:
        made: Response = compute()
        if made.status_code != 200 or "only_now" in g:
            raise _NotShared(made)
        return made.data, made.mimetype

    def answered() -> Response:
        try:
            question = _question(live)
        except SQLAlchemyError:  # the callback meets the same trouble, and says so on the page and in the log
            own: Response = compute()
            return own
        try:
            data, mimetype = answer(question)
        except _NotShared as unshared:
            return unshared.answer
        return Response(data, mimetype=mimetype)

    app.server.view_functions[CALLBACKS] = answered


def attention_now(desk: Desk, filters: Filters = ()) -> Attention:
    """What needs attention now, of the flags that the filters leave: looked for once a minute, whatever days a page
    shows, and again where something failed.
    """
    question = (file_of(desk.connection), desk.version, _minute(), "attention", filters)
    found = services().once(question, lambda: attention(everybodys(desk), filters))
    if desk.failed:
        services().forget(question)
    return found


def _minute() -> str:
    return f"{services().clock():%Y-%m-%dT%H:%M}"


def _versions() -> Versions:
    with services().reader.connect() as connection:
        return versions(connection)


def _question(lively: Collection[str]) -> tuple[Hashable, Hashable, str, str]:
    """What is asked, by somebody with which permissions, of which data, answers computed ahead and notes, in which
    minute; of a page of events, of which events and in which few seconds.
    """
    asked = request.get_json()
    live = any(one.get("id") == "page" and one.get("value") in lively for one in asked.get("state", ()))
    found = versions_seen() or _versions()
    now = services().clock()
    time = f"{now:%Y-%m-%dT%H:%M}" if not live else str(int(now.timestamp()) // SECONDS)
    inputs = [one for one in asked.get("inputs", ()) if one.get("property") != TICK]
    body = {**asked, "inputs": inputs, "changedPropIds": None, "parsedChangedPropsIds": None}
    return found if live else found._replace(live=0), visitor().permissions, time, json.dumps(body, sort_keys=True)
