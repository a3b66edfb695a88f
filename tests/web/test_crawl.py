"""The whole app, asked for everything by everybody. What is expected is written out here, by hand, beside what the code
declares: a declaration that is wrong shows.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

from bench.sender import body_of
from bench.wellformed import EVENTS, callback_bodies
from dashapp.app import create_app
from dashapp.domain.access import Role, TokenScope
from dashapp.store.incidents import audit
from dashapp.store.schema import metadata
from dashapp.store.sessions import begin_session
from dashapp.store.tokens import create_token
from dashapp.store.users import add_user
from dashapp.web.desk import EXTENSION
from dashapp.web.guard import CALLBACKS, SESSION, cookie_name
from tests.web.whole import NOW, made_store, whole_app

# A status in parentheses is of a form that was filled in wrongly: nothing was refused to somebody for what they are.
WHO = ("nobody", *Role, *(f"token {scope}" for scope in TokenScope))
"""Who asks, in the order of the columns below."""
ADDRESSES = """
                                            nobody  viewer  analyst lead    admin   ingest  summary read    admin
GET /                                       302     200     200     200     200     302     302     302     302
GET /summary                                302     200     200     200     200     302     302     302     302
GET /live                                   302     200     200     200     200     302     302     302     302
GET /volume                                 302     200     200     200     200     302     302     302     302
GET /classifier                             302     200     200     200     200     302     302     302     302
GET /queue                                  302     200     200     200     200     302     302     302     302
GET /attacks                                302     200     200     200     200     302     302     302     302
GET /reports                                302     200     200     200     200     302     302     302     302
GET /platforms                              302     200     200     200     200     302     302     302     302
GET /admin                                  302     403     403     403     200     302     302     302     302
GET /flags                                  302     403     200     200     200     302     302     302     302
GET /incident                               302     200     200     200     200     302     302     302     302
GET /status                                 302     200     200     200     200     302     302     302     302
GET /definitions                            302     200     200     200     200     302     302     302     302
GET /no-such-page                           302     200     200     200     200     302     302     302     302
GET /static/x                               302     403     403     403     403     302     302     302     302
GET /assets/app.js                          200     200     200     200     200     200     200     200     200
GET /_favicon.ico                           200     200     200     200     200     200     200     200     200
GET /_dash-component-suites/dash/dcc/dash_core_components.js 200 200 200 200 200    200     200     200     200
GET /_dash-layout                           401     200     200     200     200     401     401     401     401
GET /_dash-dependencies                     401     200     200     200     200     401     401     401     401
GET /_reload-hash                           401     200     200     200     200     401     401     401     401
GET /healthz                                200     200     200     200     200     200     200     200     200
GET /readyz                                 200     200     200     200     200     200     200     200     200
GET /metrics                                401     200     200     200     200     403     200     200     200
GET /api/v1/openapi.json                    401     200     200     200     200     403     200     200     200
GET /api/v1/metrics                         401     200     200     200     200     403     200     200     200
GET /api/v1/metrics/flags.json              401     200     200     200     200     403     200     200     200
GET /api/v1/metrics/flags.csv               401     200     200     200     200     403     200     200     200
GET /api/v1/metrics/flags.xlsx              401     200     200     200     200     403     200     200     200
GET /api/v1/incidents.json                  401     200     200     200     200     403     200     200     200
GET /api/v1/incidents.csv                   401     200     200     200     200     403     200     200     200
GET /api/v1/incidents/backtest.json         401     200     200     200     200     403     200     200     200
GET /api/v1/annotations.json                401     200     200     200     200     403     200     200     200
GET /api/v1/annotations.csv                 401     200     200     200     200     403     200     200     200
GET /api/v1/jobs.json                       401     200     200     200     200     403     200     200     200
GET /api/v1/summaries                       401     200     200     200     200     403     200     200     200
GET /api/v1/summaries/2024-W12.json         401     200     200     200     200     403     200     200     200
GET /api/v1/summaries/2024-W12.md           401     200     200     200     200     403     200     200     200
GET /api/v1/summaries/2024-W12.html         401     200     200     200     200     403     200     200     200
GET /api/v1/summaries/2024-W12.pdf          401     200     200     200     200     403     200     200     200
GET /api/v1/summaries/orders/1              401     401     401     401     401     403     200     403     200
GET /api/v1/no-such-thing                   401     404     404     404     404     403     404     404     404
GET /export/flags.csv                       401     403     200     200     200     403     403     200     200
GET /export/flags.xlsx                      401     403     200     200     200     403     403     200     200
GET /export/runs.csv                        401     200     200     200     200     403     200     200     200
GET /export/no-such-file                    401     404     404     404     404     403     404     404     404
GET /api/v1/audit.json                      401     403     403     403     200     403     403     403     200
GET /export/audit.csv                       401     403     403     403     200     403     403     403     200
GET /sign-in                                200     200     200     200     200     200     200     200     200
POST /sign-in                               400     (403)   (403)   (403)   (403)   400     400     400     400
POST /sign-out                              302     302     302     302     302     302     302     302     302
GET /set-up                                 404     404     404     404     404     404     404     404     404
POST /set-up                                400     404     404     404     404     400     400     400     400
GET /account                                302     200     200     200     200     302     302     302     302
POST /account/password                      302     (403)   (403)   (403)   (403)   302     302     302     302
POST /account/sessions                      302     302     302     302     302     302     302     302     302
POST /api/v1/events                         401     401     401     401     401     200     403     403     200
POST /api/v1/summaries                      401     401     401     401     401     403     202     403     202
"""
QUESTIONS = """
                                            nobody  viewer  analyst lead    admin   ingest  summary read    admin
address.data+refresh.n_intervals            401     200     200     200     200     401     401     401     401
address.data+refresh.n_intervals of /flags  401     403     200     200     200     401     401     401     401
renew.data                                  401     200     200     200     200     401     401     401     401
triage.data                                 401     403     200     200     200     401     401     401     401
noting.data                                 401     403     200     200     200     401     401     401     401
saying.data                                 401     403     200     200     200     401     401     401     401
saying.data test                            401     403     403     200     200     401     401     401     401
administer.data                             401     403     403     403     200     401     401     401     401
order.data                                  401     403     200     200     200     401     401     401     401
_pages_location.pathname+_pages_location.search             401 200 200 200 200     401     401     401     401
_pages_location.pathname+_pages_location.search of /admin   401 403 403 403 200     401     401     401     401
_pages_location.pathname+_pages_location.search of /flags   401 403 200 200 200     401     401     401     401
"""
BODIES: Mapping[str, tuple[bytes, str]] = {
    "/api/v1/events": (body_of(EVENTS[:1]), "application/x-ndjson"),
    "/api/v1/summaries": (b"{}", "application/json"),
}
Asker = Callable[[str], FlaskClient]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = made_store(tmp_path_factory.mktemp("crawl") / "store.sqlite")
    with whole_app(made.model_copy(update={"auth": "password"})) as app:
        yield app


@pytest.fixture(scope="module")
def writer(app: Dash) -> Engine:
    engine: Engine = app.server.extensions[EXTENSION].writer
    return engine


@pytest.fixture(scope="module")
def users(writer: Engine) -> Mapping[Role, int]:
    with writer.begin() as connection:
        return {role: add_user(connection, role, role, NOW) for role in Role}


@pytest.fixture(scope="module")
def tokens(writer: Engine) -> Mapping[TokenScope, str]:
    with writer.begin() as connection:
        return {scope: create_token(connection, scope, scope, NOW) for scope in TokenScope}


@pytest.fixture
def clients(
    app: Dash, writer: Engine, users: Mapping[Role, int], tokens: Mapping[TokenScope, str]
) -> Mapping[str, FlaskClient]:
    """A client for everybody who asks; people have opened a page, and send what it gave them along."""
    made = {who: app.server.test_client() for who in WHO}
    with writer.begin() as connection:
        people = {role: begin_session(connection, users[role], NOW, timedelta(days=1)) for role in Role}
        for scope, token in tokens.items():
            made[f"token {scope}"].environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    for role, secret in people.items():
        with made[role].session_transaction() as kept:
            kept[SESSION] = secret
        assert made[role].get("/").status_code == 200
        page = made[role].get_cookie(cookie_name(8050, "csrf"))
        assert page is not None
        made[role].environ_base["HTTP_X_CSRFTOKEN"] = page.value
    return made


def rows_of(table: str) -> dict[str, list[str]]:
    """What is asked, and the status for everybody who asks."""
    lines = [line.split() for line in table.strip().splitlines()[1:]]
    return {" ".join(line[: -len(WHO)]): line[-len(WHO) :] for line in lines}


def rows_in(engine: Engine) -> dict[str, int]:
    """How many rows each table has, but for the trail and what only says when somebody was last seen."""
    with engine.connect() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table))
            for table in metadata.sorted_tables
            if table is not audit
        }


def refusals(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).where(audit.c.action == "refused"))


@pytest.mark.check(1)
def test_every_address_that_the_server_has_is_asked_here(app: Dash) -> None:
    adapter = app.server.url_map.bind("localhost")
    asked = set()
    for line in rows_of(ADDRESSES):
        method, path = line.split()
        rule, _ = adapter.match(path, method, return_rule=True)
        asked.add((method, rule.rule))
    there = {
        (method, rule.rule)
        for rule in app.server.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert there - asked == {("POST", CALLBACKS)}


@pytest.mark.check(1, 3)
@pytest.mark.parametrize(("asked", "expected"), rows_of(ADDRESSES).items(), ids=rows_of(ADDRESSES))
def test_an_address_answers_everybody_as_it_should(
    clients: Mapping[str, FlaskClient], writer: Engine, asked: str, expected: list[str]
) -> None:
    method, path = asked.split()
    body, kind = BODIES.get(path, (b"", "")) if method == "POST" else (b"", "")
    before = refusals(writer)
    statuses = []
    for who in WHO:
        with clients[who].open(path, method=method, data=body, content_type=kind or None) as answer:
            statuses.append(str(answer.status_code))
    assert dict(zip(WHO, statuses, strict=True)) == dict(zip(WHO, (one.strip("()") for one in expected), strict=True))
    assert refusals(writer) - before == expected.count("403")


@pytest.mark.check(2, 4)
def test_every_callback_of_the_server_is_asked_here(app: Dash, clients: Mapping[str, FlaskClient]) -> None:
    there = {name(body) for body in bodies(clients)}
    served = [one for one in app.callback_map.values() if "callback" in one]
    assert len(there) == len(served)
    assert {line.split()[0] for line in rows_of(QUESTIONS)} == there


@pytest.mark.check(2, 3)
@pytest.mark.parametrize(("asked", "expected"), rows_of(QUESTIONS).items(), ids=rows_of(QUESTIONS))
def test_a_callback_answers_everybody_as_it_should_and_does_nothing_for_who_is_refused(
    clients: Mapping[str, FlaskClient], writer: Engine, asked: str, expected: list[str]
) -> None:
    body = question(clients, *asked.split(" ", 1))
    for who, status in zip(WHO, expected, strict=True):
        before, refused = rows_in(writer), refusals(writer)
        answer = clients[who].post(CALLBACKS, json=body)
        assert (who, str(answer.status_code)) == (who, status)
        if status != "200":
            assert rows_in(writer) == before
            assert refusals(writer) - refused == (status == "403")


@pytest.mark.check(4)
def test_the_interface_for_language_models_stays_off_whatever_the_environment_says(
    app: Dash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASH_MCP_ENABLED", "true")
    again = create_app(app.server.extensions[EXTENSION].settings)
    assert {rule.rule for rule in again.server.url_map.iter_rules()} == {
        rule.rule for rule in app.server.url_map.iter_rules()
    }
    assert not [rule for rule in again.server.url_map.iter_rules() if "mcp" in rule.rule]
    for engine in (again.server.extensions[EXTENSION].reader, again.server.extensions[EXTENSION].writer):
        engine.dispose()


def bodies(clients: Mapping[str, FlaskClient]) -> list[dict[str, Any]]:
    return callback_bodies(clients[Role.ADMIN].get("/_dash-dependencies").get_json())


def name(body: Mapping[str, Any]) -> str:
    return "+".join(f"{part['id']}.{part['property']}" for part in body["inputs"])


def question(clients: Mapping[str, FlaskClient], wanted: str, more: str = "") -> dict[str, Any]:
    """The body of a callback: of a page, where the line names one; or one that sends a test message."""
    page = more.removeprefix("of ") if more.startswith("of ") else None
    found = [body for body in bodies(clients) if name(body) == wanted]
    if page:
        parts = [(body, part) for body in found for part in (*body["inputs"], *body["state"])]
        found = [body for body, part in parts if part["value"] == page]
    body = found[0]
    if more == "test":
        body["inputs"][0]["value"] = {"do": "test", "at": 1}
    return body
