"""What is seen of every request from outside the app: how it was answered, and how long that took."""

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from flask import Flask, request
from werkzeug.wsgi import ClosingIterator

from dashapp.logs import begin_request, end_request
from dashapp.web.desk import EXTENSION
from dashapp.web.guard import CALLBACKS, asked
from dashapp.web.meters import Meters

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

ROUTE, PAGE = "watchfloor.route", "watchfloor.page"
"""Where the app leaves word, in a request's environment, of the route that it took and the page that it is for."""
HEADER = "X-Request-ID"
STATIC = "(static)"
"""The route of what never reached the app, for its compressed copy was sent."""
NO_ROUTE = "(none)"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def tell_routes(server: Flask, pages: Collection[str]) -> None:
    """Have the app leave word of routes and pages. Only names that are ours are told, so there are few."""

    @server.before_request
    def tell() -> None:
        rule = request.url_rule
        request.environ[ROUTE] = request.path if request.path in pages else rule.rule if rule else NO_ROUTE
        if request.path == CALLBACKS:
            request.environ[PAGE] = next((page for page in _values(asked()) if page in pages), None)


def _values(question: Any) -> list[Any]:
    """What a callback's question says the page is; nothing of what is no such question."""
    state = question.get("state") if isinstance(question, dict) else None
    parts = [one for one in state if isinstance(one, dict)] if isinstance(state, list) else []
    return [one.get("value") for one in parts if one.get("id") == "page" and isinstance(one.get("value"), str)]


def observe(server: Flask) -> None:
    """Observe all requests from now on."""
    server.wsgi_app = Observed(server.wsgi_app, server.extensions[EXTENSION].meters)  # type: ignore[method-assign]


@dataclass(frozen=True)
class Observed:
    """A WSGI application whose answers are counted, logged in a line each, and named after their request."""

    app: "WSGIApplication"
    meters: Meters

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Have the application answer."""
        seen = _Request(self.meters, environ)

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            seen.status = int(status[:3])
            return start_response(status, [*headers, (HEADER, seen.name)], *error)

        try:
            body = self.app(environ, start)
        except BaseException:
            seen.end()
            raise
        is_file = isinstance(body, environ.get("wsgi.file_wrapper", ()))
        if is_file:  # the server sends it whole, if we leave it as it is
            seen.end()
        return body if is_file else ClosingIterator(body, seen.end)


class _Request:
    """One request, from its beginning to the end of its answer."""

    def __init__(self, meters: Meters, environ: "WSGIEnvironment") -> None:
        self.meters, self.environ = meters, environ
        self.status = 500
        self.begun = perf_counter()
        self.name = begin_request(environ.get("HTTP_X_REQUEST_ID"))
        self._unless_broken(meters.in_progress.inc)

    def end(self) -> None:
        """Count it and log it."""
        seconds = perf_counter() - self.begun
        given, route = self.environ["REQUEST_METHOD"], self.environ.get(ROUTE, STATIC)
        method = given if given in METHODS else "other"
        self._unless_broken(lambda: self._count(method, route, seconds))
        about = {"method": method, "route": route, "status": self.status, "ms": round(1000 * seconds, 1)}
        log.info("request", extra=about)
        end_request()

    def _count(self, method: str, route: str, seconds: float) -> None:
        meters = self.meters
        meters.in_progress.dec()
        meters.requests.labels(method, route, f"{self.status // 100}xx").inc()
        meters.durations.labels(route).observe(seconds)
        if page := self.environ.get(PAGE):
            meters.callbacks.labels(page).observe(seconds)

    def _unless_broken(self, count: Callable[[], None]) -> None:
        """Count, or go on uncounted where the process cannot open its counters: requests are answered anyway."""
        if self.meters.broken:
            return
        try:
            count()
        except Exception:  # of a file that it could not open the library knows nothing, and raises what comes
            self.meters.broken = True
            log.exception("this process cannot count its requests any more")
