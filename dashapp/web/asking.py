"""What a program asks: its query string, read strictly, and the answer that it cannot be read."""

from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlencode

from flask import abort, request

from dashapp.domain.ask import Ask
from dashapp.domain.view import View
from dashapp.domain.vocabulary import Dim, Feed
from dashapp.metrics import Desk, as_of
from dashapp.web.export import json_answer

SHOWN = 40
"""Characters of a wrong name that a message repeats."""


def ask_of(desk: Desk, view: View, feed: Feed = Feed.FLAGS) -> Ask:
    """The question that a query string puts."""
    return view.ask(as_of(desk, dict(view.filters).get(Dim.ORIGIN, ()), feed))


def view_of(given: list[tuple[str, str]]) -> View:
    """What the pairs of the query string say; a page overlooks what it cannot read, a program is told."""
    view = View.parse(urlencode(given))
    rows_only = ["case: restricts rows, not figures"] if view.case else []
    if problems := [*view.problems, *view.unknown, *rows_only]:
        refuse(400, "The question could not be read.", problems=problems)
    return view


def pairs() -> list[tuple[str, str]]:
    """The pairs of the query string."""
    return parse_qsl(request.query_string.decode(errors="replace"), keep_blank_values=True)


def refuse(status: int, error: str, **more: Any) -> NoReturn:
    """End the request with an error."""
    abort(json_answer({"error": error, **more}, status))
