"""Who sends a byte now and then holds no thread for long."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit
from urllib.request import urlopen

from sqlalchemy import Engine

from bench.serving import serving
from dashapp.settings import Settings
from dashapp.web.patience import MORE, SLOWEST, Patience, allow

CONFIG = """
from pathlib import Path
from dashapp.web import patience
patience.SECONDS = 1
exec(Path("gunicorn.conf.py").read_text())
"""
FORM = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
READ = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
EVENTS = b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
NEVER_WHOLE = {
    "a form": (FORM + b"Content-Length: 500\r\n\r\nname=", b"HTTP/1.1 408 "),
    "a form in chunks": (FORM + b"Transfer-Encoding: chunked\r\n\r\n5\r\nname=", b"HTTP/1.1 408 "),
    "headers": (FORM, b""),
    "events without a token": (EVENTS + b"Content-Length: 50000000\r\n\r\n", b"HTTP/1.1 401 "),
    "what nobody reads": (
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\na",
        b"HTTP/1.1 200 ",
    ),
}


def answer_to(url: str, begun: bytes) -> bytes:
    """What is answered to a request that goes on by a byte now and then, until the server hangs up."""
    place = urlsplit(url)
    answered = b""
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=0.3) as connection:
        connection.sendall(begun)
        for _ in range(60):
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                connection.sendall(b"a")
                continue
            if not piece:
                break
            answered += piece
        else:
            raise AssertionError("the server still waits")
    return answered


def test_what_does_not_arrive_in_time_holds_no_thread(settings: Settings, writer: Engine, tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text(CONFIG)
    environment = {"DATABASE_URL": settings.database_url, "AUTH": "password", "JOBS": "false"}
    with (
        serving("wsgi:server", tmp_path / "log", environment, str(tmp_path / "conf.py")) as server,
        ThreadPoolExecutor(16) as pool,
    ):
        asked = [one for one in NEVER_WHOLE.values() for _ in range(4)]  # twice as many as there are threads
        answers = list(pool.map(lambda one: answer_to(server.url, one[0]), asked))
        for (_, expected), answered in zip(asked, answers, strict=True):
            assert answered.startswith(expected)
        with urlopen(f"{server.url}/readyz") as ready:
            assert ready.status == 200


def test_a_connection_that_is_late_reads_its_end_and_can_still_be_written_to() -> None:
    patience = Patience(60)
    ours, theirs = socket.socketpair()
    with ours, theirs, patience.over(ours):
        theirs.sendall(b"a")
        assert ours.recv(1) == b"a"
        patience.end_late(monotonic() + 61)
        assert ours.recv(1) == b""
        ours.sendall(b"late")
        assert theirs.recv(10) == b"late"


def test_what_is_allowed_more_time_or_has_ended_is_not_late() -> None:
    patience = Patience(60)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with patience.over(ours):
            allow({MORE: lambda seconds: patience.more(ours, seconds)}, 60 * SLOWEST)
            patience.end_late(monotonic() + 119)
        patience.end_late(monotonic() + 1000)
        theirs.sendall(b"a")
        assert ours.recv(1) == b"a"


def test_where_no_server_counts_the_time_nothing_is_allowed() -> None:
    allow({}, 1)
