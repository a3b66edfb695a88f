"""Page Administration: what admins do there, what is refused, and what is told once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from dashapp.app import create_app
from dashapp.domain.access import EVERYBODY, Role
from dashapp.settings import Settings
from dashapp.store.administration import LAST_ADMIN
from dashapp.store.auditing import Asked, entries
from dashapp.store.engine import TooSlow
from dashapp.store.sessions import invited, sessions
from dashapp.store.tokens import tokens, visitor_with
from dashapp.store.trail import note_change
from dashapp.store.users import User, add_user, user_named, users
from dashapp.web.administering import (
    ELSEWHERE,
    NO_DAYS,
    NO_ROLE,
    NO_SCOPE,
    NOBODY_SIGNS_IN,
    NOT_YOURSELF,
    NOTHING,
    administer,
)
from dashapp.web.desk import EXTENSION, Services
from dashapp.web.guard import CALLBACKS, cookie_name
from tests.web.entrance import NOW, Entrance, entrance
from tests.web.served import browser, laying_out

ADDRESS: dict[str, Any] = {"id": "address", "property": "data", "value": ""}
PAGE = {"id": "page", "property": "data", "value": "/admin"}


@pytest.fixture
def door(settings: Settings, writer: Engine) -> Iterator[Entrance]:
    with entrance(settings, writer) as made:
        made.user("Ada", Role.ADMIN)
        yield made


def signed_in(door: Entrance, name: str) -> FlaskClient:
    client = door.browser()
    client.sign_in(name)
    client.open("/")
    token = client.client.get_cookie(cookie_name(door.settings.port, "csrf"))
    assert token is not None
    client.client.environ_base["HTTP_X_CSRFTOKEN"] = token.value
    return client.client


@pytest.fixture
def admin(door: Entrance) -> FlaskClient:
    return signed_in(door, "Ada")


def ask(client: FlaskClient, of: str, inputs: list[dict[str, Any]], state: list[dict[str, Any]]) -> Any:
    """The status of a callback, and what it answers."""
    bound = client.get("/_dash-dependencies").get_json()
    [output] = [one["output"] for one in bound if one["inputs"][0]["id"] == of and one["output"].startswith("answer")]
    body = {
        "output": output,
        "outputs": {"id": "answer", "property": output.partition(".")[2]},
        "inputs": inputs,
        "state": state,
        "changedPropIds": [f"{of}.data"],
    }
    answer = client.post(CALLBACKS, json=body)
    if answer.status_code != 200:
        return answer.status_code, None
    [told] = answer.get_json()["response"].values()
    return answer.status_code, told["data"]


def do(client: FlaskClient, what: str, **given: object) -> Any:
    """What the page shows after a form was sent."""
    sent = {"id": "administer", "property": "data", "value": {"do": what, **given, "at": 1}}
    status, answer = ask(client, "administer", [sent], [ADDRESS, PAGE])
    assert status == 200
    return answer


def shown(client: FlaskClient, address: str = "") -> dict[str, str]:
    """What fills the page."""
    tick = {"id": "refresh", "property": "n_intervals", "value": 0}
    status, answer = ask(client, "address", [{**ADDRESS, "value": address}, tick], [PAGE])
    assert status == 200
    parts: dict[str, str] = answer["parts"]
    return parts


def named(door: Entrance, name: str) -> User:
    with door.writer.connect() as connection:
        found = user_named(connection, name)
    assert found is not None
    return found


def test_a_user_is_added_and_the_link_is_told_once(door: Entrance, admin: FlaskClient) -> None:
    answer = do(admin, "add", name="Berta", role="analyst")
    assert (answer["said"], answer["taken"]) == ("", True)
    once = answer["parts"]["once"]
    link = once.partition("<code")[2].partition(">")[2].partition("<")[0]
    [secret] = parse_qs(urlsplit(link).query)["token"]
    berta = named(door, "Berta").id
    with door.writer.connect() as connection:
        assert invited(connection, secret, NOW) == (berta,)
        trail = entries(connection, Asked(), 100)
    assert [(one.actor, one.action) for one in trail][:2] == [("Ada", "invited"), ("Ada", "user")]
    assert secret not in str(trail)
    after = shown(admin)
    assert "Berta" in after["card-users-content"]
    assert secret not in str(after)
    assert "once" not in after
    assert do(admin, "sign-out", user=berta)["parts"]["once"] == ""


def test_what_is_done_to_a_user_ends_their_sessions_and_is_shown(door: Entrance, admin: FlaskClient) -> None:
    door.user("Berta")
    berta = signed_in(door, "Berta")
    assert berta.get("/_dash-layout").status_code == 200
    number = named(door, "Berta").id
    changed = do(admin, "role", user=number, role="lead")
    assert (changed["said"], named(door, "Berta").role) == ("", Role.LEAD)
    assert berta.get("/_dash-layout").status_code == 401
    assert "is-none" not in changed["parts"]["card-users-content"]
    gone = do(admin, "deactivate", user=str(number))
    assert "not active" in gone["parts"]["card-users-content"]
    assert not named(door, "Berta").active
    do(admin, "activate", user=number)
    assert named(door, "Berta").active
    do(admin, "invite", user=number)
    assert named(door, "Berta").state == "invited"


def test_a_session_is_listed_until_it_is_ended_or_over(door: Entrance, admin: FlaskClient) -> None:
    door.user("Berta")
    berta = signed_in(door, "Berta")
    assert "Berta" in shown(admin)["card-sessions-content"]
    with door.writer.connect() as connection:
        [theirs] = [one.digest for one in sessions(connection) if one.name == "Berta"]
    assert "Berta" not in do(admin, "end", session=theirs)["parts"]["card-sessions-content"]
    assert berta.get("/_dash-layout").status_code == 401
    assert do(admin, "end", session=theirs)["said"] == "This session has ended already."
    signed_in(door, "Berta")
    for _ in range(2):
        door.later(timedelta(hours=7))
        assert admin.get("/_dash-layout").status_code == 200
    assert "Berta" not in shown(admin)["card-sessions-content"]


@pytest.mark.check(18)
def test_a_token_is_made_shown_once_and_revoked(door: Entrance, admin: FlaskClient) -> None:
    once = do(admin, "make-token", token="feed", scope="read", days="90")["parts"]["once"]
    secret = once.partition("<code")[2].partition(">")[2].partition("<")[0]
    with door.writer.connect() as connection:
        assert visitor_with(connection, secret, NOW) is not None
        [kept] = tokens(connection)
    assert (kept.made_by, kept.expires_at) == ("Ada", NOW + timedelta(days=90))
    assert secret not in str(shown(admin))
    do(admin, "make-token", token="for ever", scope="ingest", days="")
    assert "it is revoked" in shown(admin)["card-tokens-content"]
    do(admin, "revoke", token="feed")
    with door.writer.connect() as connection:
        assert [(one.name, one.expires_at) for one in tokens(connection)] == [("for ever", None)]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"do": "everything"}, NOTHING),
        ({"do": None}, NOTHING),
        ({"do": ["add"]}, NOTHING),
        ({"do": "role", "user": "1", "role": "boss"}, NO_ROLE),
        ({"do": "role", "user": "x", "role": "lead"}, NOTHING),
        ({"do": "role", "user": "9" * 18, "role": "lead"}, f"There is no user {'9' * 18}."),
        ({"do": "role", "user": "1", "role": "lead"}, LAST_ADMIN),
        ({"do": "deactivate", "user": 1}, LAST_ADMIN),
        ({"do": "invite", "user": "1"}, NOT_YOURSELF),
        ({"do": "add", "name": "Ada", "role": "lead"}, "Somebody has this name already. Choose another."),
        ({"do": "end", "session": {"a": 1}}, "This session has ended already."),
        ({"do": "make-token", "token": "feed", "scope": "all"}, NO_SCOPE),
        ({"do": "make-token", "token": "feed", "scope": "read", "days": "0"}, NO_DAYS),
        ({"do": "make-token", "token": "feed", "scope": "read", "days": "-1"}, NO_DAYS),
        ({"do": "make-token", "token": "feed", "scope": "read", "days": "3661"}, NO_DAYS),
        ({"do": "revoke", "token": "feed"}, "There is no token 'feed'."),
    ],
    ids=lambda value: "-".join(map(str, value.values()))[:40] if isinstance(value, dict) else "",
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    door: Entrance, admin: FlaskClient, given: dict[str, Any], told: str
) -> None:
    with door.writer.connect() as connection:
        before = (users(connection), tokens(connection), entries(connection, Asked(), 9))
    what, rest = given["do"], {key: value for key, value in given.items() if key != "do"}
    answer = do(admin, what, **rest)
    assert (answer["said"], answer["taken"]) == (told, False)
    assert "once" not in answer["parts"]
    with door.writer.connect() as connection:
        assert (users(connection), tokens(connection), entries(connection, Asked(), 9)) == before


@pytest.mark.check(3)
@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.LEAD])
def test_nobody_but_admins_administers(door: Entrance, role: Role) -> None:
    door.user("Berta", role)
    berta = signed_in(door, "Berta")
    sent = {"id": "administer", "property": "data", "value": {"do": "role", "user": "2", "role": "admin"}}
    assert ask(berta, "administer", [sent], [ADDRESS, PAGE])[0] == 403
    tick = {"id": "refresh", "property": "n_intervals", "value": 0}
    assert ask(berta, "address", [ADDRESS, tick], [PAGE])[0] == 403
    assert berta.get("/admin").status_code == 403
    assert named(door, "Berta").role is role
    with door.writer.connect() as connection:
        refused = entries(connection, Asked(actor="Berta", action="refused"), 9)
    assert [one.subject for one in refused] == ["/admin", CALLBACKS, CALLBACKS]


def test_the_trail_is_read_by_time_actor_and_action_in_parts(door: Entrance, admin: FlaskClient) -> None:
    with door.writer.begin() as connection:
        for number in range(60):
            note_change(connection, NOW, "Berta", "exported", f"file {number}", {"note": "<b>own words</b>"})
        note_change(connection, NOW - timedelta(days=40), "Carla", "role", "user 9", {"role": "<i>lead</i>"})
    first = shown(admin, "actor=Berta")
    assert "1 to 50 of 60" in first["card-audit-content"]
    assert ("file 59" in first["card-audit-content"], "file 9<" in first["card-audit-content"]) == (True, False)
    assert "own words" not in first["card-audit-content"]
    assert 'href="/export/audit.csv?since=2026-02-01&amp;actor=Berta"' in first["card-audit-head"]
    assert "51 to 60 of 60" in shown(admin, "actor=Berta&page=9")["card-audit-content"]
    assert "Nothing of that kind" in shown(admin, "actor=Carla")["card-audit-content"]
    every = shown(admin, "actor=Carla&within=all")
    assert "&lt;i&gt;lead" in every["card-audit-content"]
    assert 'href="/export/audit.csv?actor=Carla"' in every["card-audit-head"]
    assert "signed in" in shown(admin, "action=signed+in&within=never&page=x")["card-audit-content"]


def test_the_file_of_the_page_has_what_the_page_shows(door: Entrance, admin: FlaskClient) -> None:
    head = shown(admin, "action=signed+in")["card-audit-head"]
    file = admin.get(head.partition('href="')[2].partition('"')[0].replace("&amp;", "&"))
    assert (file.status_code, len(file.text.splitlines())) == (200, 2)


def test_what_an_admin_did_is_seen_at_once_by_another(door: Entrance, admin: FlaskClient) -> None:
    door.user("Berta", Role.ADMIN)
    berta = signed_in(door, "Berta")
    assert "feed" not in shown(berta)["card-tokens-content"]
    do(admin, "make-token", token="feed", scope="read", days="90")
    assert "feed" in shown(berta)["card-tokens-content"]


def test_where_nobody_signs_in_there_are_tokens_only(settings: Settings, writer: Engine) -> None:
    client = browser(create_app(settings), settings)
    parts = shown(client)
    assert NOBODY_SIGNS_IN in parts["card-users-content"]
    assert NOBODY_SIGNS_IN in parts["card-sessions-content"]
    assert do(client, "add", name="Berta", role="lead")["said"] == NOBODY_SIGNS_IN
    do(client, "make-token", token="feed", scope="ingest", days="30")
    with writer.connect() as connection:
        assert [(one.name, one.made_by) for one in tokens(connection)] == [("feed", "page")]


def test_with_openid_nobody_is_added_and_nobody_gets_a_password(door: Entrance) -> None:
    held: Services = door.app.server.extensions[EXTENSION]
    elsewhere = replace(held, settings=held.settings.model_copy(update={"auth": "oidc"}))
    with door.writer.begin() as connection:
        berta = add_user(connection, "Berta", Role.LEAD, NOW, issuer="https://login.example", subject="7")
    assert administer(elsewhere, {"do": "add", "name": "Carla", "role": "lead"}, EVERYBODY, NOW).problem == ELSEWHERE
    said = administer(elsewhere, {"do": "invite", "user": berta}, EVERYBODY, NOW).problem
    assert said == "Berta signs in at the OpenID provider, and has no password here."


@pytest.mark.parametrize("error", [TooSlow("it took longer than 10 s"), OperationalError("", None, Exception())])
def test_a_trail_that_cannot_be_searched_leaves_the_page_as_it_is(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("dashapp.web.shell.actors_and_actions", fail)
    answer = admin.post(CALLBACKS, json=laying_out("/admin"))
    assert answer.status_code == 200
    assert "everybody" in answer.text
