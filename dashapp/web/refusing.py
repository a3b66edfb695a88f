"""What is answered to who may not have what they ask for, and what is kept of it."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Response, g, redirect, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import ClientDisconnected, Forbidden, HTTPException

from dashapp.domain.access import ANONYMOUS, Permission, Visitor
from dashapp.logs import request_id
from dashapp.store.buckets import Rate, take
from dashapp.store.engine import TooSlow
from dashapp.store.trail import note_change
from dashapp.web.desk import Services, services, who_asks
from dashapp.web.export import json_answer
from dashapp.web.plain import message_page

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

SIGN_IN = "/sign-in"
PAGES = ("/", "/<path:path>")
PROGRAMS = ("/api/", "/export/", "/metrics")
"""How the addresses begin that programs may ask with a token."""
IN_JSON = (*PROGRAMS, "/_dash", "/_reload-hash", "/healthz", "/readyz")
ONLY_PROGRAMS = (Permission.INGEST, Permission.ORDER)
SAFE = ("GET", "HEAD", "OPTIONS")
REFUSALS = Rate(100, timedelta(hours=1))
"""That are noted of one visitor: the trail only grows."""
NOT_SIGNED_IN = "Nobody is signed in here."
NO_TOKEN = "Authorization: Bearer TOKEN is missing."  # noqa: S105 # words about tokens
BAD_TOKEN = "The token is not known, or not any more."  # noqa: S105 # as above

log = logging.getLogger(__name__)


class Lacking(Forbidden):
    """That a visitor lacks a permission, beyond what the route needs."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(_lacking(permission))
        self.permission = permission


def note_beside(held: Services, write: Callable[[Any], None]) -> None:
    """Write what is good to know; a store that cannot be written keeps nobody out."""
    try:
        with held.writer.begin() as connection:
            write(connection)
    except (SQLAlchemyError, TooSlow):
        log.warning("it is not noted that somebody was seen", exc_info=True)


def refused(asks: Visitor, permission: Permission | None) -> "Response | WerkzeugResponse":
    """The answer to who may not have what they ask for."""
    known_token = g.get("token")
    if known_token is False:
        return told(401, BAD_TOKEN, {"WWW-Authenticate": 'Bearer error="invalid_token"'})
    if asks == ANONYMOUS and not request.path.startswith(IN_JSON):
        return redirect(sign_in_for(request.full_path.rstrip("?")) if request.method in SAFE else SIGN_IN)
    if asks == ANONYMOUS or (permission in ONLY_PROGRAMS and not known_token):
        reason = NO_TOKEN if request.path.startswith(PROGRAMS) else NOT_SIGNED_IN
        return told(401, reason, {"WWW-Authenticate": "Bearer"})
    _keep_refusal(asks, permission)
    challenge = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'} if known_token else None
    return told(403, _lacking(permission), challenge)


def sign_in_for(address: str) -> str:
    """Where to sign in, and to be led back from."""
    return f"{SIGN_IN}?{urlencode({'next': address})}" if address != "/" else SIGN_IN


def _lacking(permission: Permission | None) -> str:
    return (
        f"This needs the permission {permission}, which you do not have here." if permission else "This is for nobody."
    )


def _keep_refusal(asks: Visitor, permission: Permission | None) -> None:
    """Put into the trail who was refused what. The address is not kept: it may hold what somebody typed."""
    held, rule = services(), request.url_rule
    of_page = rule is not None and rule.rule in PAGES and permission is not Permission.VIEW
    route = request.path if of_page else rule.rule if rule else "(none)"
    detail = {"permission": permission, "method": request.method}

    def note(connection: Any) -> None:
        if take(connection, f"refusals of {asks.name}", REFUSALS, held.clock()) is None:
            note_change(connection, held.clock(), asks.name, "refused", route, detail)

    note_beside(held, note)


def forbidden(error: Forbidden) -> Response:
    """What is refused within a view or a callback is in the trail, too."""
    _keep_refusal(who_asks(), error.permission if isinstance(error, Lacking) else None)
    return told(403, str(error.description))


def forged(error: CSRFError) -> Response:
    """The answer to a request that no page of ours has made."""
    log.warning("a request without the token of its page: %s", error.description)
    return told(400, "This page is too old, or the request is not from it. Load the page again.")


def unanswered(error: HTTPException) -> Response:
    """The answer where no view of ours gave one, with what goes with its status, such as `Allow`."""
    kept = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    return told(error.code or 500, str(error.description), kept)


def late(_error: ClientDisconnected) -> Response:
    """The answer to a request whose body did not arrive, if its sender is still there."""
    return told(408, "The request did not arrive in time, or not as a whole.")


def told(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in the words that a program or a person understands."""
    if request.path.startswith(IN_JSON):
        return json_answer({"error": text}, status, headers)
    page = message_page(status, text, request_id())
    page.headers.update(headers or {})
    return page
