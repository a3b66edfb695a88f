"""The callback of page Administration: it does what an admin wants, and answers with the page as it is then."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component

from dashapp.domain.access import Permission
from dashapp.metrics import Audience
from dashapp.web.administering import Done, administer
from dashapp.web.callbacks import answer
from dashapp.web.components import ONCE, attributes
from dashapp.web.desk import open_desk, services
from dashapp.web.guard import needs, visitor
from dashapp.web.markup import by_place
from dashapp.web.page import Page
from dashapp.web.shared import only_now

SECRET = "once-secret"  # noqa: S105 # the id of an element


def bind(app: Dash, pages: Sequence[Page]) -> None:
    """Bind what admins do."""
    by_path = {page.path: page for page in pages}

    @app.callback(
        Output("answer", "data", allow_duplicate=True),
        Input("administer", "data"),
        State("address", "data"),
        State("page", "data"),
        running=[(Output("state", "className"), "busy", "")],
        prevent_initial_call=True,
    )
    @needs(Permission.ADMIN)
    def administered(given: dict[str, Any], address: str, path: str) -> dict[str, Any]:
        """The page after an admin changed something; what is told once is in no answer that is kept."""
        only_now()
        return administered_answer(by_path[path], given, address or "")


def administered_answer(page: Page, given: Mapping[str, Any], address: str) -> dict[str, Any]:
    """The answer after something was done, with what is to be said if it was not."""
    held = services()
    done = administer(held, given, visitor(), held.clock())
    with open_desk(Audience.SCREEN, written=True) as desk:
        shown = answer(desk, page, address)
    told = {} if done.problem else by_place({ONCE: once(done)})
    return {**shown, "parts": {**shown["parts"], **told}, "said": done.problem, "taken": not done.problem}


def once(done: Done) -> Component | None:
    """What is told this once, with a button that copies it; it stays until something else is done, or the page left."""
    if not done.secret:
        return None
    copy = html.Button("Copy", className="pick", **attributes(data_copy=SECRET))
    told = html.P([html.B(f"{done.about}. "), "It is shown this once, and kept nowhere."])
    return html.Div([told, html.Code(done.secret, id=SECRET), copy], className="notice info once")
