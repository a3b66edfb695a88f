"""`GET /api/v1/openapi.json`: the REST API as OpenAPI 3.1 describes it."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from flask import Response
from pydantic import TypeAdapter

from dashapp import __version__
from dashapp.domain.access import SCOPES, Permission
from dashapp.web.answers import Error
from dashapp.web.export import json_answer
from dashapp.web.limits import kind_of
from dashapp.web.parameters import Parameter
from dashapp.web.refusing import ONLY_PROGRAMS
from dashapp.web.routes import Route, routes

REFERENCE = "#/components/schemas/{model}"
SHARED = "#/components/parameters/"
"""Parameters that may be given several times mean the same wherever they stand."""
BEARER, SESSION = "bearer", "session"
REFUSALS = {
    400: "What is asked could not be read.",
    401: "Nobody has signed in, or the token is not known.",
    403: "The visitor or the token may not have this.",
    404: "There is no such thing.",
    413: "It is too much.",
    415: "The content type is not one that is read.",
    429: "Too much is asked for already.",
    503: "It cannot be had now.",
}
ABOUT = (
    "The figures of Watchfloor for programs. A token is sent as `Authorization: Bearer TOKEN`; the scopes that allow a "
    "route stand beside it. An answer that is none names its request by `request_id`, as the log does."
)


def openapi() -> Response:
    """The description."""
    return json_answer(description())


@cache
def description() -> Mapping[str, Any]:
    """The whole document."""
    models: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    for route in routes():
        shared |= {one.name: _parameter(one) for one in route.parameters if one.many}
        paths.setdefault(route.path, {})[route.method] = _operation(route, models)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Watchfloor", "version": __version__, "description": ABOUT},
        "paths": paths,
        "components": {
            "schemas": dict(sorted(models.items())),
            "parameters": shared,
            "securitySchemes": {
                BEARER: {"type": "http", "scheme": "bearer", "description": "A token made by an admin."},
                SESSION: {"type": "apiKey", "in": "cookie", "name": "session", "description": "Who has signed in."},
            },
        },
    }


def _operation(route: Route, models: dict[str, Any]) -> dict[str, Any]:
    """A route, with what its models are called put into `models`."""
    answers = {route.status: {"description": f"{route.about}.", "content": _content(route, models)}}
    if route.name == "readyz":
        answers[503] = {**answers[200], "description": REFUSALS[503]}
    error = {"application/json": {"schema": _schema(TypeAdapter(Error), models)}}
    refusals = (*route.refuses, *(() if route.permission is Permission.OPEN else (401, 403)))
    refusals = (*refusals, *((429,) if kind_of(route.path) else ()))
    answers |= {status: {"description": REFUSALS[status], "content": error} for status in refusals}
    told: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.about,
        "security": _security(route.permission),
        "parameters": [{"$ref": SHARED + one.name} if one.many else _parameter(one) for one in route.parameters],
        "responses": {str(status): answers[status] for status in sorted(answers)},
    }
    return {**told, "requestBody": _body(route.body, models)} if route.body else told


def _content(route: Route, models: dict[str, Any]) -> dict[str, Any]:
    schema = _schema(TypeAdapter(route.model), models) if route.model else {}
    return {kind: {"schema": schema} for kind in route.kinds}


def _body(bodies: Mapping[str, TypeAdapter[Any] | None], models: dict[str, Any]) -> dict[str, Any]:
    text = {"type": "string"}
    content = {kind: {"schema": _schema(body, models) if body else text} for kind, body in bodies.items()}
    return {"required": True, "content": content}


def _schema(model: TypeAdapter[Any], models: dict[str, Any]) -> dict[str, Any]:
    """The schema of a model; those that it names go into `models`."""
    schema = model.json_schema(ref_template=REFERENCE, by_alias=True)
    models |= schema.pop("$defs", {})
    name = schema.get("title")
    if name is None:
        return schema
    models[name] = schema
    return {"$ref": REFERENCE.format(model=name)}


def _parameter(one: Parameter) -> dict[str, Any]:
    schema = {"type": "array", "items": one.schema} if one.many else one.schema
    told = {"name": one.name, "in": one.place, "description": one.about, "schema": schema}
    return {**told, "required": True} if one.place == "path" else told


def _security(permission: Permission) -> list[dict[str, list[str]]]:
    """Each of the ways in: a token of a scope that allows it, or, of what people do, a session."""
    if permission is Permission.OPEN:
        return []
    ways: list[dict[str, list[str]]] = [
        {BEARER: [scope.value]} for scope, permissions in SCOPES.items() if permission in permissions
    ]
    return ways if permission in ONLY_PROGRAMS else [*ways, {SESSION: []}]
