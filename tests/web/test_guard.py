"""Who asks is found for every request, and refused what they lack the permission for."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from dash import Dash, Input, Output
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete, update
from sqlalchemy.exc import DBAPIError

from dashapp.app import create_app
from dashapp.domain.access import Role, TokenScope
from dashapp.settings import Settings
from dashapp.store.incidents import audit
from dashapp.store.people import session as session_row
from dashapp.store.sessions import begin_session, end_session, end_sessions, sessions
from dashapp.store.tokens import create_token, revoke_token, tokens
from dashapp.store.trail import changes_of, note_change
from dashapp.store.users import add_user, set_active, set_password, set_role
from dashapp.web.desk import EXTENSION, Services
from dashapp.web.guard import BOUND, DASH, SESSION, declared_by
from tests.web.served import browser, filling

NOW = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
FILL = filling("/")
CALLBACKS = "/_dash-update-component"
SignIn = Callable[[Role], FlaskClient]


@pytest.fixture
def guarded(settings: Settings) -> Settings:
    return settings.model_copy(update={"auth": "password"})


@pytest.fixture
def app(guarded: Settings, reader: Engine, writer: Engine) -> Dash:
    made = create_app(guarded)
    made.server.extensions[EXTENSION] = Services(guarded, reader, lambda: NOW, writer)
    return made


@pytest.fixture
def sign_in(app: Dash, guarded: Settings, writer: Engine) -> SignIn:
    """Browsers in which a user of a role is signed in; users go by their number: 1 for the first."""

    def signed_in(role: Role) -> FlaskClient:
        with writer.begin() as connection:
            user = add_user(connection, f"{role} {len(made)}", role, NOW, password="hash")
            secret = begin_session(connection, user, NOW, timedelta(days=7))
        client = app.server.test_client()
        with client.session_transaction() as kept:
            kept[SESSION] = secret
        made.append(client)
        assert client.get("/").status_code == 200
        token = client.get_cookie(f"watchfloor-{guarded.port}-csrf")
        client.environ_base["HTTP_X_CSRFTOKEN"] = token.value if token else ""
        return client

    made: list[FlaskClient] = []
    return signed_in


@pytest.mark.check(4)
def test_every_route_and_every_callback_declares_what_it_needs(app: Dash) -> None:
    views = {rule.rule: app.server.view_functions[rule.endpoint] for rule in app.server.url_map.iter_rules()}
    undeclared = {rule for rule, view in views.items() if rule not in DASH and not hasattr(view, "permission")}
    assert undeclared == {"/static/<path:filename>"}  # a folder of Flask that we do not have: for nobody
    served = {output: known for output, known in app.callback_map.items() if "callback" in known}
    assert {output for output in served if declared_by(output, served) is None} == set()
    assert app.server.extensions[BOUND] is app.callback_map
    assert not any(rule.startswith("/_mcp") for rule in views)


def test_what_declares_nothing_is_refused_to_everybody(app: Dash, sign_in: SignIn) -> None:
    @app.callback(Output("toast", "children"), Input("page", "data"), prevent_initial_call=True)
    def undeclared(_path: str) -> str:
        return "done"

    asked = {"output": "toast.children", "outputs": {"id": "toast", "property": "children"}, "inputs": FILL["state"]}
    assert sign_in(Role.ADMIN).post(CALLBACKS, json=asked).status_code == 403


@pytest.mark.parametrize(
    ("ended", "left"),
    [
        ("signed out", 401),
        ("signed out elsewhere", 401),
        ("another role", 401),
        ("another password", 401),
        ("not active", 401),
        ("too long ago", 401),
        ("idle", 401),
        ("nothing", 200),
    ],
)
@pytest.mark.check(15)
def test_a_session_ends_at_once_wherever_it_is_asked(
    app: Dash, sign_in: SignIn, writer: Engine, ended: str, left: int
) -> None:
    client = sign_in(Role.ANALYST)
    assert client.post(CALLBACKS, json=FILL).status_code == 200
    with writer.begin() as connection:
        match ended:
            case "signed out":
                end_session(connection, sessions(connection)[0].digest)
            case "signed out elsewhere":
                end_sessions(connection, 1)
            case "another role":
                set_role(connection, 1, Role.VIEWER, NOW)
            case "another password":
                set_password(connection, 1, "another hash", NOW)
            case "not active":
                set_active(connection, 1, NOW, active=False)
            case "too long ago":
                connection.execute(update(session_row).values(ends_at=NOW))
            case "idle":
                connection.execute(update(session_row).values(seen_at=NOW - timedelta(hours=12)))
    assert client.post(CALLBACKS, json=FILL).status_code == left


def test_a_session_is_seen_every_few_minutes_and_lives_on(
    app: Dash, guarded: Settings, sign_in: SignIn, reader: Engine, writer: Engine
) -> None:
    client = sign_in(Role.VIEWER)
    for hours in (8, 16, 24):
        later = NOW + timedelta(hours=hours)
        app.server.extensions[EXTENSION] = Services(guarded, reader, lambda later=later: later, writer)
        assert client.get("/_dash-layout").status_code == 200
    with writer.connect() as connection:
        assert [one.seen_at for one in sessions(connection)] == [NOW + timedelta(hours=24)]


@pytest.mark.parametrize("by_itself", [["refresh.n_intervals"], ["order.data"]])
def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(
    app: Dash, guarded: Settings, sign_in: SignIn, reader: Engine, writer: Engine, by_itself: list[str]
) -> None:
    client = sign_in(Role.VIEWER)

    def status(changed: list[str], minutes: int) -> int:
        later = NOW + timedelta(minutes=minutes)
        app.server.extensions[EXTENSION] = Services(guarded, reader, lambda: later, writer)
        return client.post(CALLBACKS, json=FILL | {"changedPropIds": changed}).status_code

    assert {status(by_itself, minutes) for minutes in range(30, 12 * 60, 30)} == {200}
    assert status(by_itself, 12 * 60) == 401
    assert client.get("/").headers["Location"] == "/sign-in"


def test_what_somebody_does_on_a_page_that_refreshes_itself_keeps_them_signed_in(
    app: Dash, guarded: Settings, sign_in: SignIn, reader: Engine, writer: Engine
) -> None:
    client = sign_in(Role.VIEWER)
    for hours, changed in ((11, ["address.data", "refresh.n_intervals"]), (22, ["refresh.n_intervals"])):
        later = NOW + timedelta(hours=hours)
        app.server.extensions[EXTENSION] = Services(guarded, reader, lambda later=later: later, writer)
        assert client.post(CALLBACKS, json=FILL | {"changedPropIds": changed}).status_code == 200


@pytest.mark.check(1)
def test_who_is_not_signed_in_is_led_to_the_way_in_or_refused(app: Dash) -> None:
    client = app.server.test_client()
    page = client.get("/queue?category=spam")
    assert (page.status_code, page.headers["Location"]) == (302, "/sign-in?next=%2Fqueue%3Fcategory%3Dspam")
    for address in ("/_dash-layout", "/_dash-dependencies", "/api/v1/metrics", "/export/flags.csv", "/metrics"):
        assert client.get(address).status_code == 401
    assert client.post(CALLBACKS, json=FILL).status_code == 401
    for address in ("/healthz", "/assets/app.js"):
        assert client.get(address, buffered=True).status_code == 200


@pytest.mark.check(3)
def test_a_viewer_is_refused_what_analysts_do_and_the_trail_has_it(app: Dash, sign_in: SignIn, writer: Engine) -> None:
    viewer = sign_in(Role.VIEWER)
    [noted] = [name for name, one in app.callback_map.items() if one["inputs"][0]["id"] == "noting"]
    given = [{"id": "noting", "property": "data", "value": {"remove": "1"}}]
    assert viewer.post(CALLBACKS, json={**FILL, "output": noted, "inputs": given}).status_code == 403
    with writer.connect() as connection:
        [kept] = changes_of(connection, CALLBACKS)
    assert (kept.actor, kept.action, kept.detail) == ("viewer 0", "refused", {"permission": "edit", "method": "POST"})


@pytest.mark.check(3)
def test_a_page_that_needs_more_is_not_filled_for_who_has_less(sign_in: SignIn) -> None:
    asked = {**FILL, "state": [{"id": "page", "property": "data", "value": "/flags"}]}
    assert sign_in(Role.VIEWER).post(CALLBACKS, json=asked).status_code == 403
    assert sign_in(Role.ANALYST).post(CALLBACKS, json=asked).status_code == 200


@pytest.mark.check(6)
def test_what_was_computed_for_one_role_is_not_given_to_another(app: Dash, sign_in: SignIn) -> None:
    asked = {**FILL, "state": [{"id": "page", "property": "data", "value": "/flags"}]}
    assert sign_in(Role.ANALYST).post(CALLBACKS, json=asked).status_code == 200
    assert sign_in(Role.VIEWER).post(CALLBACKS, json=asked).status_code == 403


@pytest.mark.check(20)
@pytest.mark.parametrize("auth", ["none", "password"])
def test_a_callback_without_the_token_of_its_page_changes_nothing(
    app: Dash, settings: Settings, sign_in: SignIn, auth: str
) -> None:
    client = sign_in(Role.ANALYST) if auth == "password" else browser(create_app(settings), settings)
    client.environ_base.pop("HTTP_X_CSRFTOKEN")
    for headers in ({}, {"X-CSRFToken": "guessed"}):
        assert client.post(CALLBACKS, json=FILL, headers=headers).status_code == 400


@pytest.mark.check(18)
def test_a_token_lets_in_by_its_scope_until_it_is_revoked_or_expires(app: Dash, writer: Engine) -> None:
    client = app.server.test_client()

    def status(address: str, token: str) -> int:
        return client.get(address, headers={"Authorization": f"Bearer {token}"}).status_code

    with writer.begin() as connection:
        reading = create_token(connection, "reading", TokenScope.READ, NOW)
        sending = create_token(connection, "sending", TokenScope.INGEST, NOW)
        late = create_token(connection, "late", TokenScope.READ, NOW, expires_at=NOW)
    assert [status("/api/v1/metrics", token) for token in (reading, sending, late, "nobody's")] == [200, 403, 401, 401]
    assert [status("/_dash-layout", token) for token in (reading, sending)] == [401, 401]
    with writer.begin() as connection:
        assert {one.name: one.used_at for one in tokens(connection)} == {"reading": NOW, "sending": NOW, "late": None}
        revoke_token(connection, "reading")
    assert status("/api/v1/metrics", reading) == 401


def test_the_trail_is_only_added_to(writer: Engine) -> None:
    with writer.begin() as connection:
        note_change(connection, NOW, "somebody", "did", "something", {})
    for change in (delete(audit), update(audit).values(actor="somebody else")):
        with pytest.raises(DBAPIError, match="only added to"), writer.begin() as connection:
            connection.execute(change)


@pytest.mark.parametrize(
    ("came", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.7", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.7"}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "garbage"}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7:443"}, 403),
        ("garbage", {}, 403),
    ],
)
@pytest.mark.parametrize("proxies", [0, 1])
def test_where_nobody_signs_in_only_this_machine_is_answered(
    settings: Settings, writer: Engine, proxies: int, came: str, headers: dict[str, str], status: int
) -> None:
    client = create_app(settings.model_copy(update={"trusted_proxies": proxies})).server.test_client()
    answer = client.get("/api/v1/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": came})
    assert answer.status_code == status


def test_who_came_in_by_a_way_that_is_closed_now_is_out(
    app: Dash, guarded: Settings, sign_in: SignIn, reader: Engine, writer: Engine
) -> None:
    client = sign_in(Role.ADMIN)
    assert client.get("/_dash-layout").status_code == 200
    elsewhere = guarded.model_copy(update={"auth": "oidc", "oidc_issuer": "https://login.example"})
    app.server.extensions[EXTENSION] = Services(elsewhere, reader, lambda: NOW, writer)
    assert client.get("/_dash-layout").status_code == 401


def test_of_many_refusals_the_first_are_in_the_trail(sign_in: SignIn, writer: Engine) -> None:
    viewer = sign_in(Role.VIEWER)
    assert {viewer.get("/export/flags.csv").status_code for _ in range(103)} == {403}
    with writer.connect() as connection:
        assert len(changes_of(connection, "/export/flags.csv")) == 100


def test_a_slash_at_the_end_of_a_page_changes_nothing(sign_in: SignIn) -> None:
    viewer = sign_in(Role.VIEWER)
    assert [viewer.get(path).status_code for path in ("/flags", "/flags/")] == [403, 403]
