"""The one guard: who asks is found before every request, and refused what they lack the permission for. Each route and
each callback declares one with `needs`; what declares none is refused to everybody.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, Response, current_app, g, request, session
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from pydantic_core import from_json
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import BadRequest, ClientDisconnected, Forbidden, HTTPException

from dashapp.domain.access import ANONYMOUS, EVERYBODY, Permission, Visitor
from dashapp.store.engine import TooSlow
from dashapp.store.sessions import note_seen, visitor_in
from dashapp.store.tokens import note_used, visitor_with
from dashapp.store.version import Versions, versions
from dashapp.web.desk import EXTENSION, Services, services
from dashapp.web.inside import INSIDE
from dashapp.web.refusing import (
    PAGES,
    PROGRAMS,
    SAFE,
    Lacking,
    forbidden,
    forged,
    late,
    note_beside,
    refused,
    told,
    unanswered,
)
from dashapp.web.signing_key import signing_key

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as WerkzeugResponse

F = TypeVar("F", bound=Callable[..., Any])

CALLBACKS = "/_dash-update-component"
DASH: Mapping[str, Permission] = {
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": Permission.OPEN,
    "/assets/<path:filename>": Permission.OPEN,
    "/_favicon.ico": Permission.OPEN,
    "/_dash-layout": Permission.VIEW,
    "/_dash-dependencies": Permission.VIEW,
    "/_reload-hash": Permission.VIEW,
    CALLBACKS: Permission.VIEW,
    "/": Permission.VIEW,
    "/<path:path>": Permission.VIEW,
}
"""What the routes need that Dash makes. What a callback needs beside, it declares itself, and so do pages."""
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip")
BOUND = "watchfloor callbacks"
"""Where the app keeps what is known of its callbacks, by their outputs."""
TICKS = ("refresh.n_intervals", "order.data")
"""The properties whose changes are a page's own doing: nobody need be there for them."""
SESSION = "sign-in"
"""The key of the session's secret in the cookie that the browser holds."""

log = logging.getLogger(__name__)
csrf = CSRFProtect()


def needs(permission: Permission) -> Callable[[F], F]:
    """Declare what a view or a callback needs."""

    def declare(function: F) -> F:
        function.permission = permission  # type: ignore[attr-defined]
        return function

    return declare


def visitor() -> Visitor:
    """Who asks."""
    found: Visitor | None = g.get("visitor")
    if found is None:
        found = g.visitor = _found()
    return found


def versions_seen() -> Versions | None:
    """The versions of what pages read, where they were asked for together with who asks: on the connection that is
    open already that takes half as long.
    """
    found: Versions | None = g.get("versions")
    return found


def require(permission: Permission) -> None:
    """End the request unless its visitor has a permission, beyond what its route needs."""
    if not visitor().may(permission):
        raise Lacking(permission)


def install(server: Flask, pages: Mapping[str, Permission]) -> None:
    """Guard everything that the server answers. `pages` are the addresses of pages that need more than others."""
    settings = _held(server).settings
    server.config.update(
        SECRET_KEY=signing_key(_held(server)),
        SESSION_COOKIE_NAME=cookie_name(settings.port, "session"),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=settings.session_days),
        SESSION_REFRESH_EACH_REQUEST=False,  # the session ends when its row does
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    csrf.init_app(server)

    @server.before_request
    def admit() -> "Response | WerkzeugResponse | None":
        """Nothing where the request may go on; else the answer to it."""
        if settings.auth == "none" and _from_elsewhere():
            return told(403, "Nobody signs in here, so only this machine is answered. See AUTH.")
        permission = _needed(server, pages)
        if permission is Permission.OPEN:
            return None
        try:
            asks = visitor()
        except (SQLAlchemyError, TooSlow):
            log.exception("nobody can be let in")
            return told(503, "The database did not answer. The log says why.")
        if permission is None or not asks.may(permission):
            return refused(asks, permission)
        if request.method not in SAFE and "token" not in g and request.url_rule:
            csrf.protect()
        return None

    server.extensions.setdefault(BOUND, {})
    server.register_error_handler(CSRFError, forged)
    server.register_error_handler(Forbidden, forbidden)
    server.register_error_handler(BadRequest, lambda error: told(400, str(error.description)))
    server.register_error_handler(ClientDisconnected, late)
    server.register_error_handler(HTTPException, unanswered)
    server.after_request(_with_csrf)


def _from_elsewhere() -> bool:
    """Whether a request comes from another machine, or from a proxy that hands on what others ask."""
    if any(name in request.headers for name in FORWARDED):
        return True
    try:
        return not ip_address(request.remote_addr or "127.0.0.1").is_loopback  # a socket of this machine has no address
    except ValueError:  # a proxy told what is none
        return True


def cookie_name(port: int, what: str) -> str:
    """The name of a cookie: browsers send the cookies of a host to all of its ports."""
    return f"watchfloor-{port}-{what}"


def _held(server: Flask) -> Services:
    held: Services = server.extensions[EXTENSION]
    return held


def _needed(server: Flask, pages: Mapping[str, Permission]) -> Permission | None:
    """What the route needs that a request takes; None where it declares nothing."""
    rule = request.url_rule
    if rule is None or request.method == "OPTIONS":  # what there is, and is not, is said to whoever is signed in
        return Permission.VIEW
    if rule.rule in PAGES:
        return pages.get(request.path.rstrip("/") or "/", Permission.VIEW)
    declared = getattr(server.view_functions[rule.endpoint], "permission", None)
    needed = DASH.get(rule.rule) if declared is None else declared
    return _of_callback() if rule.rule == CALLBACKS else needed


def _of_callback() -> Permission | None:
    """What the callback needs that a request is for; what is no such request is answered as Dash answers it."""
    question = asked()
    output = question.get("output") if isinstance(question, dict) else None
    known: Mapping[str, Any] = current_app.extensions[BOUND]
    served = isinstance(output, str) and "callback" in known.get(output, ())
    return declared_by(str(output), known) if served else Permission.VIEW


def asked() -> Any:
    """The body of this request, read as JSON by a reader that bears any nesting; None where it is none."""
    if "asked" not in g:
        try:
            g.asked = from_json(request.get_data())
        except ValueError:
            g.asked = None
    return g.asked


def declared_by(output: str, known: Mapping[str, Any]) -> Permission | None:
    """What a callback declares; those that Dash makes for pages need what the page needs, which its layout asks for."""
    if output.startswith(".._pages_content."):
        return Permission.VIEW
    found: Permission | None = getattr(known[output].get("callback"), "permission", None)
    return found


def _found() -> Visitor:
    if INSIDE in request.environ:
        return EVERYBODY
    held = services()
    if request.path.startswith(PROGRAMS) and (token := _bearer()):
        return _program(held, token)
    if held.settings.auth == "none":
        return EVERYBODY
    return _person(held)


def _bearer() -> str:
    """The token that a request has."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _program(held: Services, token: str) -> Visitor:
    now = held.clock()
    with held.store.connect() as connection:
        found = visitor_with(connection, token, now)
    g.token = found is not None
    if found is None:
        return ANONYMOUS
    asks, due = found
    if due:
        note_beside(held, lambda connection: note_used(connection, token, now))
    return asks


def _person(held: Services) -> Visitor:
    secret = session.get(SESSION)
    if not isinstance(secret, str):
        return ANONYMOUS
    now, idle = held.clock(), timedelta(hours=held.settings.session_hours)
    with held.store.connect() as connection:
        found = visitor_in(connection, secret, now, idle, held.settings.provider)
        if request.path == CALLBACKS and held.store is held.reader:
            g.versions = versions(connection)
    if found is None:
        return ANONYMOUS
    asks, due = found
    if due and asks.session and not _by_itself():
        digest = asks.session
        note_beside(held, lambda connection: note_seen(connection, digest, now))
    return asks


def _by_itself() -> bool:
    """Whether a page refreshes itself, or follows an order: that says nothing of anybody being there."""
    question = asked() if request.path == CALLBACKS else None
    changed = question.get("changedPropIds") if isinstance(question, dict) else None
    return isinstance(changed, list) and bool(changed) and all(one in TICKS for one in changed)


def _with_csrf(answer: Response) -> Response:
    """Give pages the token that their callbacks send along. Dash reads it from a cookie."""
    settings = services().settings
    if answer.mimetype == "text/html" and answer.status_code == 200:
        name = cookie_name(settings.port, "csrf")
        answer.set_cookie(name, generate_csrf(), secure=settings.secure, samesite="Lax")
    return answer
