"""An OpenID provider on this machine that answers whatever a test wants, true or not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT_ID = "watchfloor"
LONG_AGO, LONG_HENCE = 1_700_000_000, 4_000_000_000


@cache
def rsa_key(name: str) -> RSAKey:
    """One key for each name, for making them takes a while."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@dataclass
class Issuer:
    """What the provider answers at each path: a status, and JSON or text."""

    port: int = 0
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    """Paths that redirect to where the answer is."""
    posted: list[dict[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def behave(self) -> None:
        """Answer as a provider should, until a test says otherwise."""
        self.answers = {
            "/.well-known/openid-configuration": (200, self.description()),
            "/keys": (200, {"keys": [rsa_key("own").as_dict(private=False)]}),
        }

    def description(self, **changes: Any) -> dict[str, Any]:
        said = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        return said | changes

    def claims(self, nonce: str, /, **changes: Any) -> dict[str, Any]:
        """True claims with changes; a claim that is changed to None is left out."""
        said = {
            "iss": self.url,
            "sub": "7",
            "aud": CLIENT_ID,
            "iat": LONG_AGO,
            "exp": LONG_HENCE,
            "nonce": nonce,
            "name": "Lead Example",
            "groups": ["leads"],
        }
        return {name: value for name, value in (said | changes).items() if value is not None}

    def will_say(self, id_token: str | None) -> None:
        """Answer the next code with this ID token."""
        token = {"access_token": "access", "token_type": "Bearer", "expires_in": 60}
        self.answers["/token"] = (200, token | ({"id_token": id_token} if id_token else {}))


def signed(claims: dict[str, Any], key: RSAKey | OctKey | None = None, alg: str = "RS256") -> str:
    """An ID token, signed with the provider's own key unless another is given."""
    key = key or rsa_key("own")
    header = {"alg": alg} | ({"kid": key.kid} if key.kid else {})
    return jwt.encode(header, claims, key, algorithms=[alg])


@contextmanager
def issuer() -> Iterator[Issuer]:
    """A provider that behaves."""
    found = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix("/moved")
            status, body = found.answers.get(path, (404, "no such page"))
            if path == self.path and path in found.moved:
                status, body = 302, ""
            sent = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            if status == 302:
                self.send_header("Location", f"{found.url}/moved{self.path}")
            self.end_headers()
            self.wfile.write(sent)

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            found.posted.append({name: values[0] for name, values in form.items()})
            self.do_GET()

        def log_message(self, *_args: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.port = server.server_port
        found.behave()
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
