"""What the browser may put to a callback. Dash takes whatever comes, and fails somewhere within; here a question that
no page of ours asks ends before Dash sees it.
"""

from collections.abc import Collection, Mapping
from types import NoneType
from typing import Any, NoReturn

from dash import Dash
from dash._utils import split_callback_id
from flask import abort, request
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from dashapp.web.export import json_answer
from dashapp.web.guard import CALLBACKS

PATH, PAGE = "_pages_location.pathname", "page.data"
VALUES: Mapping[str, tuple[type, ...]] = {
    PATH: (str,),
    "_pages_location.search": (str, NoneType),
    "address.data": (str, NoneType),
    "administer.data": (dict,),
    "noting.data": (dict,),
    "order.data": (dict,),
    PAGE: (str,),
    "refresh.n_intervals": (int, NoneType),
    "renew.data": (str,),
    "saying.data": (dict,),
    "triage.data": (dict,),
}
"""What each property may be that a callback of the server's is given. Of one that is not here nothing is taken."""
REFUSED = "That is no question that a page asks."


class _Part(BaseModel):
    """A property of a component, with the value that it has."""

    model_config = ConfigDict(extra="forbid", strict=True)
    id: str
    property: str
    value: Any = None


class _Question(BaseModel):
    """The body of a callback's request, as Dash's renderer writes it."""

    model_config = ConfigDict(extra="forbid", strict=True)
    output: str
    outputs: dict[str, str] | list[dict[str, str]]
    inputs: list[_Part]
    state: list[_Part] = []
    changedPropIds: list[str] = []  # noqa: N815 # Dash's names
    parsedChangedPropsIds: list[str] = []  # noqa: N815


def check_questions(app: Dash, pages: Collection[str]) -> None:
    """Have questions to callbacks checked before anything else reads them; `pages` are the paths that there are."""

    def check() -> None:
        if request.path == CALLBACKS and request.method == "POST":
            if not request.is_json:
                _refuse(415)
            if not _asked(app, _read(request.get_data()), pages):
                _refuse(400)

    app.server.before_request(check)


def _read(body: bytes) -> _Question:
    """The question of a body. What is nested deeper than some hundred levels, halves of characters and numbers that are
    none are not JSON to this reader, as they are to others.
    """
    try:
        return _Question.model_validate(from_json(body, allow_inf_nan=False))
    except (ValueError, ValidationError):
        _refuse(400)


def _asked(app: Dash, question: _Question, pages: Collection[str]) -> bool:
    """Whether there is a callback of the server's that is asked so."""
    callback = app.callback_map.get(question.output)
    if not (callback and callback.get("callback")):  # what runs in the browser is in the map too
        return False
    return (
        question.outputs == split_callback_id(question.output)
        and _fit(question.inputs, callback["inputs"], pages)
        and _fit(question.state, callback["state"], pages)
    )


def _fit(given: Collection[_Part], declared: Collection[Mapping[str, str]], pages: Collection[str]) -> bool:
    """Whether these are the properties that a callback declares, in its order, with values that they may have."""
    names = [f"{part.id}.{part.property}" for part in given]
    return names == [f"{part['id']}.{part['property']}" for part in declared] and all(
        _sound(name, part.value, pages) for name, part in zip(names, given, strict=True)
    )


def _sound(name: str, value: Any, pages: Collection[str]) -> bool:
    if not isinstance(value, VALUES.get(name, ())):
        return False
    if name == PATH:
        return str(value).startswith("/")
    return name != PAGE or value in pages


def _refuse(status: int) -> NoReturn:
    abort(json_answer({"error": REFUSED}, status))
