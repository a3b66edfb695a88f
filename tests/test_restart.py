"""The short form of `python -m bench.restart`: who asks while the server is restarted notices nothing."""

import json
import socket
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine

from bench.durability import CREATED
from bench.restart import asking, children, restarting, wait_for
from dashapp.domain.access import TokenScope
from dashapp.settings import Settings
from dashapp.store.tokens import create_token
from tests.test_processes import scrape
from tests.web.test_prometheus import value


def begin_to_send(url: str, token: str, body: bytes) -> socket.socket:
    """A request whose body is still to come."""
    where = urlsplit(url)
    sender = socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=60)
    head = f"POST /api/v1/events HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {token}\r\n"
    kind = f"Content-Type: application/x-ndjson\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    sender.sendall(head.encode() + kind.encode() + body[:10])
    return sender


def answer_of(sender: socket.socket) -> bytes:
    answer = b""
    while part := sender.recv(65536):
        answer += part
    sender.close()
    return answer


def test_a_restart_fails_no_request_and_ends_what_is_under_way(
    settings: Settings, writer: Engine, tmp_path: Path
) -> None:
    with writer.begin() as connection:
        token = create_token(connection, "sender", TokenScope.INGEST, datetime.now(UTC))
    body = json.dumps(CREATED).encode()
    systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    systemd.bind(f"\0{tmp_path}")
    environment = {"DATABASE_URL": settings.database_url, "NOTIFY_SOCKET": f"@{tmp_path}"}
    with systemd, restarting(tmp_path / "log", environment) as server:
        first = server.pid
        sender = begin_to_send(server.url, token, body)
        wait_for(lambda: value(scrape(server.url), "http_requests_in_progress") == 2)  # the scrape is the other
        with asking(server.url, each=1) as askers:
            wait_for(lambda: all(asker.answered > 5 for asker in askers))
            server.restart()
            seen = [asker.answered for asker in askers]
            wait_for(lambda: all(asker.answered > before + 5 for asker, before in zip(askers, seen, strict=True)))
        assert children(first) - {server.pid}  # the worker that waits for the rest
        sender.sendall(body[10:])
        assert answer_of(sender).endswith(b'{"new": 1, "seen": 0, "refused": []}')
        wait_for(lambda: not children(first))
        assert [asker.failures for asker in askers] == [[], []]
        ready = b"READY=1\nSTATUS=Gunicorn arbiter booted"
        assert [systemd.recv(100) for _ in range(3)] == [ready, ready, f"MAINPID={server.pid}".encode()]
