"""A real OpenID provider (django-oauth-toolkit) on this machine, and what somebody does with a browser there."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

from requests import Response, Session

from dashapp.settings import ROOT
from tests.notify.stubs import free_port

CLIENT_ID = "watchfloor"
CLIENT_SECRET = "secret of the application"
PASSWORD = "password at the provider"
FIELD = re.compile(r"<input[^>]*>")


@dataclass(frozen=True)
class Provider:
    """A provider that runs."""

    port: int
    folder: Path

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/o"

    def authorize(self, address: str, user: str, *, allow: bool = True) -> str:
        """Where the provider sends the browser back to, after somebody has logged in and allowed it, or not."""
        with Session() as browser:
            form = browser.get(address, timeout=30)
            asked = _submit(browser, form, {"username": user, "password": PASSWORD})
            consent = browser.get(urljoin(form.url, asked.headers["Location"]), timeout=30)
            assert "allow" in _fields(consent.text), consent.text
            return _submit(browser, consent, {"allow": "Authorize"} if allow else {}, drop="allow").headers["Location"]

    def regroup(self, user: str, groups: Sequence[str]) -> None:
        """Put somebody into other groups, which must be groups of somebody."""
        with closing(sqlite3.connect(self.folder / "provider.sqlite")) as connection, connection:
            (key,) = connection.execute("SELECT id FROM auth_user WHERE username = ?", [user]).fetchone()
            connection.execute("DELETE FROM auth_user_groups WHERE user_id = ?", [key])
            for group in groups:
                add = "INSERT INTO auth_user_groups (user_id, group_id) SELECT ?, id FROM auth_group WHERE name = ?"
                connection.execute(add, [key, group])


@contextmanager
def provider(folder: Path, redirect_uri: str, people: Mapping[str, Sequence[str]]) -> Iterator[Provider]:
    """A provider for one application, with people and their groups."""
    port = free_port()
    given = {
        "port": port,
        "folder": str(folder),
        "redirect_uri": redirect_uri,
        "people": people,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "password": PASSWORD,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.web.openid_provider"],
        cwd=ROOT,
        env=os.environ | {"OPENID_PROVIDER": json.dumps(given)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield Provider(port, folder)
        finally:
            process.terminate()


def _submit(browser: Session, page: Response, values: Mapping[str, str], drop: str = "") -> Response:
    """Send a page's form with its hidden fields, and follow no redirect."""
    fields = {name: value for name, value in _fields(page.text).items() if name != drop} | values
    answer = browser.post(page.url, fields, allow_redirects=False, timeout=30)
    assert answer.status_code == 302, answer.text
    return answer


def _fields(text: str) -> dict[str, str]:
    inputs = FIELD.findall(text)
    return {name: _attribute("value", one) for one in inputs if (name := _attribute("name", one))}


def _attribute(name: str, tag: str) -> str:
    found = re.search(rf"""\b{name}=(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", tag)
    return unescape(next(part for part in found.groups() if part is not None)) if found else ""
