"""Pages that need no figures and no scripts of Dash: the way in, and why a request was not answered."""

from functools import lru_cache
from http import HTTPStatus

from flask import Response
from jinja2 import Environment, PackageLoader

from dashapp.web.static import fingerprint

STYLES = ("10-bootstrap.min.css", "20-tokens.css", "30-layout.css")


def plain_page(template: str, status: int = 200, **values: object) -> Response:
    """A page made of a template of this package, whose values are escaped. Nobody is to keep it."""
    page = _templates().get_template(f"{template}.html.jinja").render(**values)
    return Response(page, status, mimetype="text/html", headers={"Cache-Control": "no-store"})


def message_page(status: int, text: str, request: str | None) -> Response:
    """A page that says why a request was not answered, and by which id the log knows it."""
    return plain_page("message", status, title=HTTPStatus(status).phrase, text=text, request=request)


@lru_cache(1)
def _templates() -> Environment:
    made = Environment(loader=PackageLoader("dashapp.web"), autoescape=True)
    made.globals.update(styles=[fingerprint(name) for name in STYLES], theme=fingerprint("theme.js"))
    return made
