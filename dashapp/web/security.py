"""What every answer says to the browser about what it may do with it, and to which names the server answers at all."""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from dash import Dash
from dash.exceptions import DependencyException
from flask import Flask, Response, abort, request
from werkzeug.middleware.proxy_fix import ProxyFix

from dashapp.domain.addresses import LOOPBACK
from dashapp.settings import Settings

POLICY = (
    "default-src 'none'",
    "style-src 'self' 'unsafe-inline'",  # Plotly and bars in tables set styles
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # not less: where there is TLS, forms are checked by it
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TLS_ONLY = {"Strict-Transport-Security": "max-age=31536000"}
"""For a year, by this name alone: other names of the domain are no business of ours."""
MOST_BYTES = 1024 * 1024
"""Of a body, but for those that say otherwise. The longest comment has a few thousand characters."""


class Watchfloor(Dash):
    """A Dash app that does not tell visitors which Python it runs on."""

    def _config(self) -> Any:
        told = super()._config()  # type: ignore[no-untyped-call] # of Dash
        return {key: value for key, value in told.items() if key != "python_version"}


def protect(app: Dash, settings: Settings) -> None:
    """Have requests checked before anything else looks at them, and all answers carry what HEADERS and POLICY say.
    What proxies say of a request is believed of as many as the settings count, and of none beyond.
    """
    server: Flask = app.server
    server.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    own = headers(settings)
    names = known_names(settings)

    @server.before_request
    def check_name() -> None:
        if names and "Host" in request.headers and not _known(request.host, names):
            abort(400, "This server does not go by that name. If it should, PUBLIC_URL is what to set.")

    @server.after_request
    def add(answer: Response) -> Response:
        for name, value in own.items():
            answer.headers.setdefault(name, value)
        answer.headers.setdefault("Content-Security-Policy", _policy(app.csp_hashes()))
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    @server.errorhandler(DependencyException)
    def missing(_error: DependencyException) -> tuple[str, int]:
        """Dash fails where it is asked for a script that there is not."""
        return "There is no such script.", 404

    if count := settings.trusted_proxies:  # each adds an address; of the scheme the nearest has the last word
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=count, x_proto=1)  # type: ignore[method-assign]


def headers(settings: Settings) -> dict[str, str]:
    """What every answer carries, whatever it is; where people come by TLS, that they always must."""
    return {**HEADERS, **(TLS_ONLY if urlsplit(settings.public_url or "").scheme == "https" else {})}


def known_names(settings: Settings) -> frozenset[str]:
    """The names that requests may be for; none if all are. A page of somebody else whose name is made to lead to this
    machine could read what the pages show wherever nobody has to sign in.
    """
    public = urlsplit(settings.public_url or "").hostname
    closed = public or settings.host in LOOPBACK
    return frozenset({"localhost", *([public] if public else [])}) if closed else frozenset()


def _known(host: str, names: frozenset[str]) -> bool:
    """Whether a request is for one of the names, or for an address in numbers, which leads nowhere else."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in names or _numeric(name)


def _numeric(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _policy(hashes: Iterable[str]) -> str:
    """The policy, with the scripts that Dash writes into its page. It makes one of them when it answers for the first
    time, so they are asked for anew each time.
    """
    return "; ".join((*POLICY, " ".join(("script-src 'self'", *hashes))))
