"""A mail server and a webhook on this machine, which answer as they are told and keep what they got."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from aiosmtpd.controller import Controller

OK = "250 OK"


@dataclass
class Mails:
    """What a mail server got; it takes what there is no answer for."""

    port: int
    answers: list[str] = field(default_factory=list)
    recipient_answers: list[str] = field(default_factory=list)
    quit_answer: str = "221 Bye"
    seen: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    tried: int = 0

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd looks for
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        answer = self.recipient_answers.pop(0) if self.recipient_answers else OK
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        self.tried += 1
        answer = self.answers.pop(0) if self.answers else OK
        if answer == OK:
            self.seen.append(message_from_bytes(envelope.content, policy=default))
            self.recipients += envelope.rcpt_tos
        return answer

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802 - as above
        return self.quit_answer


@contextmanager
def mail_server(**options: Any) -> Iterator[Mails]:
    """A mail server; options are those of aiosmtpd's SMTP and Controller."""
    mails = Mails(free_port())
    controller = Controller(mails, "127.0.0.1", mails.port, **options)
    controller.start()
    yield mails
    controller.stop()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@dataclass
class Posts:
    """What a webhook got; it takes what there is no answer for. An answer is a status and headers."""

    port: int = 0
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    tried: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/T0/B0/secret-part"


@contextmanager
def webhook_server() -> Iterator[Posts]:
    posts = Posts()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            posts.tried += 1
            status, headers = posts.answers.pop(0) if posts.answers else (200, {})
            if status == 200:
                posts.seen.append(body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"words of the server")

        def log_message(self, *_: Any) -> None:
            """Nothing is written to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    posts.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield posts
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def dripping_server(pieces: int) -> Iterator[int]:
    """The port of a server that takes one message, with an answer which comes in so many pieces."""
    over = Event()

    def answer() -> None:
        taken, _ = listening.accept()
        with taken, suppress(OSError):
            taken.sendall(b"HTTP/1.1 200 OK\r\nSlow: ")
            for _ in range(pieces):
                taken.sendall(b"x")
                over.wait(0.02)
            taken.sendall(b"\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=answer)
        thread.start()
        yield listening.getsockname()[1]
        over.set()
        thread.join()


@contextmanager
def silent_server() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]
