"""The proxy that we recommend, before a server that people sign in to: with Caddy itself and the file that we ship."""

import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http.client import HTTPSConnection
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest

from bench.serving import ROOT, free_port, serving
from dashapp.domain.access import Role
from dashapp.domain.passwords import hashed
from dashapp.store.engine import writer_engine
from dashapp.store.trail import changes_of
from dashapp.store.users import add_user
from dashapp.web.guard import CALLBACKS
from tests.browser.serving import make_store

PASSWORD = "quiet river under oak"
CADDY = Path(sys.executable).with_name("caddy")
PATIENCE = 60
SLOW = 20
"""Visitors who send slowly: more than two processes of four threads answer at once."""
PROMPT = 20
"""Seconds, fewer than the server waits for the rest of a body."""
FOR_TESTS = "{\n\tskip_install_trust\n\tauto_https disable_redirects\n\tadmin off\n}\n"
"""What a Caddy is told that shares its machine with others: no file and no port of anybody else's is touched."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_store(tmp_path_factory.mktemp("proxied") / "store.sqlite", lambda *_: None)
    engine = writer_engine(f"sqlite:///{made}")
    with engine.begin() as connection:
        for name in ("Ada", "Berta"):
            add_user(connection, name, Role.VIEWER, datetime.now(UTC), password=hashed(PASSWORD))
    engine.dispose()
    return made


@contextmanager
def caddy(folder: Path, site: str, port: str) -> Iterator[None]:
    """Caddy with our file at a site, before the server on a port."""
    shipped = (ROOT / "deploy" / "Caddyfile").read_text()
    assert "127.0.0.1:8050" in shipped
    file = folder / "Caddyfile"
    file.write_text(FOR_TESTS + shipped.replace("127.0.0.1:8050", f"127.0.0.1:{port}"))
    homes = {name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    command = [str(CADDY), "run", "--config", str(file), "--adapter", "caddyfile"]
    with (folder / "caddy.log").open("w") as log:
        process = subprocess.Popen(command, env={**homes, "SITE": site}, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE)


class Browser:
    """Somebody at the other side of the proxy."""

    def __init__(self, site: str, patience: float = PATIENCE, **headers: str) -> None:
        self.site, self.patience, self.headers = site, patience, headers
        self.cookies: SimpleCookie = SimpleCookie()

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        """The status and the text of an answer; cookies are kept."""
        sent = "; ".join(f"{one.key}={one.value}" for one in self.cookies.values())
        connection = HTTPSConnection(self.site, context=ssl._create_unverified_context(), timeout=self.patience)
        connection.request(method, path, body, {**self.headers, "Cookie": sent, **headers})
        answer = connection.getresponse()
        for one in answer.headers.get_all("Set-Cookie", []):
            self.cookies.load(one)
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def sign_in(self, name: str, password: str) -> int:
        """The status of the answer to a name and a password."""
        _, form = self.ask("GET", "/sign-in")
        token = form.split('name="csrf_token" value="')[1].split('"')[0]
        body = urlencode({"csrf_token": token, "name": name, "password": password}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"https://{self.site}/sign-in"}
        return self.ask("POST", "/sign-in", body, **kind)[0]


@pytest.fixture(scope="module")
def site(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the proxy answers, as `host:port`."""
    folder = tmp_path_factory.mktemp("caddy")
    found = f"localhost:{free_port()}"
    environment = {
        "DATABASE_URL": f"sqlite:///{store}",
        "AUTH": "password",
        "PUBLIC_URL": f"https://{found}",
        "TRUSTED_PROXIES": "1",
    }
    with (
        serving("wsgi:server", store.parent / "server.log", environment) as server,
        caddy(folder, found, server.url.rpartition(":")[2]),
    ):
        _wait(found, folder / "caddy.log")
        yield found


def _wait(site: str, log: Path) -> None:
    """Return when the proxy has its certificate and hands requests on."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if Browser(site).ask("GET", "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_people_sign_in_through_it_with_cookies_for_tls_only(site: str) -> None:
    ada = Browser(site)
    assert ada.ask("GET", "/")[0] == 302
    assert ada.sign_in("Ada", PASSWORD) == 302
    assert ada.ask("GET", "/_dash-layout")[0] == 200
    assert {one["secure"] for one in ada.cookies.values()} == {True}


@pytest.mark.check(19)
def test_an_address_that_a_visitor_makes_up_is_not_believed(site: str, store: Path) -> None:
    tries = [
        Browser(site, **{"X-Forwarded-For": f"203.0.113.{i}", "X-Real-Ip": f"203.0.113.{i}"}).sign_in("Berta", "wrong")
        for i in range(11)
    ]
    assert tries == [403] * 10 + [429]
    engine = writer_engine(f"sqlite:///{store}")
    with engine.connect() as connection:
        assert "too many tries" in str(changes_of(connection, "nobody"))
    engine.dispose()


def test_a_request_is_found_in_both_logs_by_one_name(site: str, store: Path) -> None:
    name = "made-up-by-a-visitor"
    assert Browser(site).ask("GET", "/healthz", **{"X-Request-ID": name})[0] == 200
    lines = [json.loads(line) for line in (store.parent / "server.log").read_text().splitlines() if "/healthz" in line]
    assert lines
    assert name not in str(lines)
    assert all(len(line["request_id"]) == 36 for line in lines)  # of the proxy: a UUID


def test_who_sends_slowly_holds_nobody_up(site: str) -> None:
    """More of them than the server answers at a time."""
    with ExitStack() as held:
        for _ in range(SLOW):
            held.enter_context(_slow(site))
        assert Browser(site, PROMPT).ask("GET", "/readyz")[0] == 200


@contextmanager
def _slow(site: str) -> Iterator[None]:
    """A request whose body never comes to its end."""
    connection = HTTPSConnection(site, context=ssl._create_unverified_context(), timeout=PATIENCE)
    connection.putrequest("POST", CALLBACKS)  # whose body is read before it is known who asks
    for name, value in (("Content-Type", "application/json"), ("Content-Length", "100000")):
        connection.putheader(name, value)
    connection.endheaders()
    connection.send(b"[")
    yield
    connection.close()
