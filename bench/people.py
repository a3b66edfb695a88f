"""People who have signed in to a server that is measured."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from urllib.parse import urlsplit

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from bench.visitor import Visitor
from dashapp.domain.access import Role
from dashapp.store.engine import writer_engine
from dashapp.store.sessions import begin_session
from dashapp.store.users import add_user
from dashapp.web.guard import SESSION, cookie_name

SECRET = "0123456789abcdef of the benchmarks"
ENVIRONMENT = {"AUTH": "password", "SECRET_KEY": SECRET}
"""Has a server ask who somebody is."""
NUMBERS = count(1)


def signed_in(server_url: str, database_url: str, people: int) -> list[Visitor]:
    """So many visitors, each a lead of their own with a session of their own."""
    engine, now = writer_engine(database_url), datetime.now(UTC)
    with engine.begin() as connection:
        numbers = [add_user(connection, f"user {next(NUMBERS)}", Role.LEAD, now) for _ in range(people)]
        secrets = [begin_session(connection, number, now, timedelta(days=1)) for number in numbers]
    engine.dispose()
    return [Visitor(server_url, _cookie(server_url, secret)) for secret in secrets]


def _cookie(server_url: str, secret: str) -> Mapping[str, str]:
    """What the server would have a browser keep after signing in."""
    signer = Flask(__name__)
    signer.secret_key = SECRET
    serializer = SecureCookieSessionInterface().get_signing_serializer(signer)
    if serializer is None:
        raise RuntimeError("cookies cannot be signed")
    name = cookie_name(urlsplit(server_url).port or 80, "session")
    return {name: str(serializer.dumps({SESSION: secret}))}
