"""What /api/v1/openapi.json says is so: of every route, and of whatever is asked of it."""

import re
from collections.abc import Iterator

import pytest
import schemathesis
from dash import Dash
from hypothesis import settings
from schemathesis import Case
from schemathesis.config import SchemathesisConfig

from dashapp.domain.access import TokenScope
from dashapp.store.tokens import create_token
from dashapp.web.desk import EXTENSION
from dashapp.web.openapi import description
from dashapp.web.routes import routes
from tests.web.whole import NOW, made_store, whole_app

CATCH_ALL = {"/api/<path:_rest>", "/export/<path:_rest>"}
DESCRIBED = ("/api/", "/export/", "/healthz", "/readyz", "/metrics")

CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 9,
        "generation": {"deterministic": True, "max-examples": 14, "database": "none"},
        "phases": {"coverage": {"enabled": False}},
        # What may be asked together depends on the metric, and is said in words.
        "checks": {"positive_data_acceptance": {"enabled": False}},
        # One event that cannot be taken does not keep the others out: it is named in the answer.
        "operations": [{"include-path": "/api/v1/events", "checks": {"negative_data_rejection": {"enabled": False}}}],
    }
)
SCHEMA = schemathesis.openapi.from_dict(dict(description()), config=CONFIG)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = made_store(tmp_path_factory.mktemp("api") / "store.sqlite")
    with whole_app(made.model_copy(update={"auth": "password"})) as app:
        yield app


@pytest.fixture(scope="module")
def token(app: Dash) -> dict[TokenScope, str]:
    with app.server.extensions[EXTENSION].writer.begin() as connection:
        return {scope: create_token(connection, scope, scope, NOW) for scope in TokenScope}


def test_the_description_has_every_route_and_what_it_needs_and_no_other(app: Dash) -> None:
    declared = {
        (re.sub(r"<(?:[^<>:]+:)?(\w+)>", r"{\1}", rule.rule), method.lower()): view.permission
        for rule in app.server.url_map.iter_rules()
        if rule.rule.startswith(DESCRIBED) and rule.rule not in CATCH_ALL
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        for view in [app.server.view_functions[rule.endpoint]]
    }
    assert {(route.path, route.method): route.permission for route in routes()} == declared
    described = {(path, method) for path, methods in description()["paths"].items() for method in methods}
    assert described == declared.keys()


def test_the_description_says_which_tokens_a_route_takes() -> None:
    paths = description()["paths"]
    assert paths["/healthz"]["get"]["security"] == []
    assert paths["/export/flags.csv"]["get"]["security"] == [
        {"bearer": ["read"]},
        {"bearer": ["admin"]},
        {"session": []},
    ]
    assert paths["/api/v1/events"]["post"]["security"] == [{"bearer": ["ingest"]}, {"bearer": ["admin"]}]
    assert paths["/api/v1/summaries"]["post"]["security"] == [{"bearer": ["summary"]}, {"bearer": ["admin"]}]


def test_the_description_is_published(app: Dash, token: dict[TokenScope, str]) -> None:
    headers = {"Authorization": f"Bearer {token[TokenScope.READ]}"}
    answer = app.server.test_client().get("/api/v1/openapi.json", headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json["openapi"] == "3.1.0"


@SCHEMA.parametrize()
@settings(deadline=None)
def test_a_route_answers_as_the_description_says(case: Case, app: Dash, token: dict[TokenScope, str]) -> None:
    case.operation.app = case.operation.schema.app = app.server
    headers = {"Authorization": f"Bearer {token[TokenScope.ADMIN]}", "Accept-Encoding": "identity"}
    case.call_and_validate(headers=headers)
