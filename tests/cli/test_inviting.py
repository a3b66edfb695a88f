"""Whoever starts a server that nobody can sign in to is told how the first administrator can."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bench.serving import free_port
from dashapp.cli.inviting import first_way_in, tell_first_way_in
from dashapp.cli.opening import Store
from dashapp.domain.access import Role
from dashapp.settings import ROOT, Settings
from dashapp.store.invitations import Invited, invited_by
from dashapp.store.users import add_user


def guarded(settings: Settings, writer: Engine, **options: object) -> Store:
    return Store(settings.model_copy(update={"auth": "password", **options}), writer)


@pytest.mark.check(10)
def test_the_link_works_and_is_not_made_where_there_are_users(settings: Settings, writer: Engine) -> None:
    store = guarded(settings, writer, public_url="https://watch.example.org")
    address, _, secret = (first_way_in(store) or "").partition("?token=")
    assert address == "https://watch.example.org/set-up"
    with writer.begin() as connection:
        assert invited_by(connection, secret, datetime.now(UTC)) == Invited(None)
        add_user(connection, "Ada", Role.VIEWER, datetime.now(UTC))
    assert first_way_in(store) is None


@pytest.mark.parametrize("auth", ["none", "oidc"])
def test_where_nobody_needs_a_password_nothing_is_told(
    settings: Settings, writer: Engine, capsys: pytest.CaptureFixture[str], auth: str
) -> None:
    tell_first_way_in(guarded(settings, writer, auth=auth))
    assert capsys.readouterr() == ("", "")


def test_a_server_that_is_started_tells_the_way_in_beside_its_log(settings: Settings, tmp_path: Path) -> None:
    port = str(free_port())
    given = {"AUTH": "password", "DATABASE_URL": settings.database_url, "HOST": "127.0.0.1", "PORT": port}
    command = [sys.executable, "-m", "dashapp", "serve"]
    environment = {**os.environ, **given, "TIME_ZONE": "UTC", "LOG_FORMAT": "json"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        lines = [next(server.stderr) for _ in range(2)]
        server.terminate()
        rest = server.stderr.read()
    assert lines[0] == "Nobody can sign in yet. Within 3 days the first administrator can, once:\n"
    assert lines[1].startswith(f"http://127.0.0.1:{port}/set-up?token=")
    assert "/set-up" not in rest
