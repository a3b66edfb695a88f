"""`python -m dashapp user`: people are added, changed and kept out, and what lets them in is printed once."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from dashapp.__main__ import app
from dashapp.domain.passwords import is_password
from dashapp.store.engine import writer_engine
from dashapp.store.sessions import invited
from dashapp.store.trail import changes_of
from dashapp.store.users import users

PASSWORD = "nine tall chairs in a row"
Run = Callable[..., Result]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    place = f"sqlite:///{tmp_path / 'store.sqlite'}"
    monkeypatch.chdir(tmp_path)
    for name, value in {"DATABASE_URL": place, "TIME_ZONE": "UTC", "AUTH": "none", "PUBLIC_URL": ""}.items():
        monkeypatch.setenv(name, value)
    return place


@pytest.fixture
def run(url: str) -> Run:
    return lambda *words, told="": CliRunner().invoke(app, list(words), input=told)


@pytest.fixture
def store(url: str, run: Run) -> Engine:
    assert run("init").exit_code == 0
    return writer_engine(url)


def one_line(result: Result) -> str:
    """The message of a command that could not run."""
    assert (result.exit_code, result.stdout) == (2, "")
    [line] = result.stderr.splitlines()
    return line


def secret_in(result: Result) -> str:
    """What makes the link on standard output one that lets somebody in."""
    assert result.exit_code == 0, result.output
    [line] = result.stdout.splitlines()
    assert line.startswith("http://127.0.0.1:8050/set-up?token=")
    [secret] = parse_qs(urlsplit(line).query)["token"]
    return secret


def test_a_user_is_added_with_a_link_that_works_once(run: Run, store: Engine) -> None:
    secret = secret_in(run("user", "add", "Anna", "--role", "analyst"))
    with store.connect() as connection:
        assert invited(connection, secret, datetime.now(UTC)) == (1,)
        assert {one.actor for one in changes_of(connection, "user 1")} == {"command line"}
    assert run("user", "list").stdout == "Anna: analyst, invited, last signed in never\n"
    [anna] = json.loads(run("user", "list", "--json").stdout)["users"]
    assert (anna["name"], anna["role"], anna["active"], anna["signed_in_at"]) == ("Anna", "analyst", True, None)
    assert secret not in run("user", "list", "--json").stdout


def test_the_link_leads_to_where_people_reach_the_server(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://watchfloor.example.org/")
    printed = run("user", "add", "Anna", "--role", "lead").stdout
    assert printed.startswith("https://watchfloor.example.org/set-up?token=")


def test_a_script_gives_the_password_itself(run: Run, store: Engine) -> None:
    added = run("user", "add", "Anna", "--role", "viewer", "--password-stdin", told=f"{PASSWORD}\n")
    assert (added.exit_code, added.output) == (0, "Anna is viewer\n")
    with store.connect() as connection:
        [anna] = users(connection)
    assert is_password(PASSWORD, anna.password)
    assert run("user", "passwd", "Anna", "--password-stdin", told="short").exit_code == 2
    changed = run("user", "passwd", "Anna", "--password-stdin", told=PASSWORD[::-1])
    assert changed.output == "Anna has a new password\n"
    with store.connect() as connection:
        [anna] = users(connection)
    assert is_password(PASSWORD[::-1], anna.password)


def test_a_forgotten_password_is_void_and_a_new_one_can_be_chosen(run: Run, store: Engine) -> None:
    run("user", "add", "Anna", "--role", "viewer", "--password-stdin", told=PASSWORD)
    secret = secret_in(run("user", "passwd", "Anna"))
    with store.connect() as connection:
        assert invited(connection, secret, datetime.now(UTC)) == (1,)
        assert [one.password for one in users(connection)] == [None]


def test_roles_change_and_people_are_kept_out_and_let_in_again(run: Run) -> None:
    run("user", "add", "Anna", "--role", "viewer", "--password-stdin", told=PASSWORD)
    said = [
        run("user", *words).stdout
        for words in (("role", "Anna", "lead"), ("deactivate", "Anna"), ("list",), ("activate", "Anna"), ("list",))
    ]
    assert said == [
        "Anna is lead\n",
        "Anna is not active\n",
        "Anna: lead, not active, last signed in never\n",
        "Anna is active\n",
        "Anna: lead, active, last signed in never\n",
    ]
    assert run("user", "sign-out", "Anna").stdout == "Anna is signed out everywhere\n"


@pytest.mark.parametrize("words", [("role", "Anna", "lead"), ("deactivate", "Anna")], ids=["role", "deactivate"])
def test_the_last_admin_stays(run: Run, words: tuple[str, ...]) -> None:
    run("user", "add", "Anna", "--role", "admin", "--password-stdin", told=PASSWORD)
    told = "This is the last admin who can sign in. Make somebody else admin first."
    assert one_line(run("user", *words)) == told


@pytest.mark.check(10)
def test_the_first_admin_is_invited_as_long_as_there_is_nobody(run: Run, store: Engine) -> None:
    secret = secret_in(run("user", "first-admin"))
    with store.connect() as connection:
        assert invited(connection, secret, datetime.now(UTC)) == (None,)
    run("user", "add", "Anna", "--role", "viewer")
    assert one_line(run("user", "first-admin")).startswith("There are users already")


def test_what_cannot_be_is_said_in_a_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("user", "add", "Anna", "--role", "viewer")
    assert one_line(run("user", "add", "Anna", "--role", "lead")) == "Somebody has this name already. Choose another."
    assert one_line(run("user", "role", "Berta", "lead")) == "no user 'Berta'; there are: Anna"
    assert run("user", "role", "Anna", "boss").exit_code == 2
    monkeypatch.setenv("AUTH", "oidc")
    for name in ("PUBLIC_URL", "OIDC_ISSUER"):
        monkeypatch.setenv(name, "https://login.example.org")
    monkeypatch.setenv("OIDC_CLIENT_ID", "watchfloor")
    monkeypatch.setenv("OIDC_ROLES", '{"admins": "admin"}')
    for words in (("add", "Carla", "--role", "lead"), ("first-admin",)):
        assert one_line(run("user", *words)).startswith("With AUTH=oidc users are made when they first sign in")
