"""An app that people sign in to with a password, and browsers at it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from dash import Dash
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from dashapp.app import create_app
from dashapp.domain.access import Role
from dashapp.domain.passwords import hashed
from dashapp.settings import Settings
from dashapp.store.administration import Acting
from dashapp.store.engine import reader_engine
from dashapp.store.users import User, add_user
from dashapp.web.desk import EXTENSION, Services

NOW = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
PASSWORD = "quiet river under oak"
FIELD = re.compile(r'<input type="hidden" name="csrf_token" value="([^"]+)">')


@dataclass
class Entrance:
    """An app over a store, with a clock that the test sets."""

    app: Dash
    settings: Settings
    writer: Engine
    now: datetime = NOW

    def browser(self, address: str = "192.0.2.1") -> "Browser":
        """A browser at an address."""
        client = self.app.server.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        return Browser(client)

    def another(self) -> "Entrance":
        """The same as another process has it."""
        return opened(self.settings, self.app.server.extensions[EXTENSION].reader, self.writer)

    def user(self, name: str = "Ada", role: Role = Role.ANALYST, password: str = PASSWORD) -> int:
        """A user who has a password."""
        with self.writer.begin() as connection:
            return add_user(connection, name, role, NOW, password=hashed(password))

    def acts(self, do: Callable[[Acting, User], object], number: int = 1) -> object:
        """What an admin does to a user."""
        with self.writer.begin() as connection:
            acting = Acting(connection, "Root", self.now)
            return do(acting, acting.user(number))

    def later(self, passed: timedelta) -> None:
        """Let time pass."""
        self.now += passed


@dataclass
class Browser:
    """Fills in forms as a browser does: with what the page put into them."""

    client: FlaskClient

    def open(self, address: str) -> TestResponse:
        return self.client.get(address, follow_redirects=True)

    def send(self, page: str, to: str, **fields: str) -> TestResponse:
        """The answer to a form of a page; where the page has none, to one that was made up but for its token."""
        token = FIELD.search(self.open(page).text) or FIELD.search(self.open("/sign-in").text)
        return self.client.post(to, data={"csrf_token": token[1] if token else "", **fields})

    def sign_in(self, name: str = "Ada", password: str = PASSWORD, following: str = "") -> TestResponse:
        return self.send("/sign-in", "/sign-in", name=name, password=password, next=following)

    def status(self, address: str = "/_dash-layout") -> int:
        return self.client.get(address).status_code


def while_checking(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Have something happen while the next password is looked at, which takes long."""
    look = PasswordHasher.verify

    def slow(hasher: PasswordHasher, kept: str, given: str) -> bool:
        monkeypatch.setattr(PasswordHasher, "verify", look)
        do()
        return look(hasher, kept, given)

    monkeypatch.setattr(PasswordHasher, "verify", slow)


def opened(settings: Settings, reader: Engine, writer: Engine) -> Entrance:
    made = Entrance(create_app(settings), settings, writer)
    own: Services = made.app.server.extensions[EXTENSION]
    for engine in (own.reader, own.store, own.writer):
        engine.dispose()
    made.app.server.extensions[EXTENSION] = Services(settings, reader, lambda: made.now, writer)
    return made


@contextmanager
def entrance(settings: Settings, writer: Engine, **options: Any) -> Iterator[Entrance]:
    """An entrance with a password, or with other settings."""
    guarded = settings.model_copy(update={"auth": "password", **options})
    reader = reader_engine(settings.database_url, settings.read_seconds)
    yield opened(guarded, reader, writer)
    reader.dispose()


Open = Callable[..., Entrance]
