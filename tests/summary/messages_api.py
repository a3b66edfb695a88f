"""A stand-in for the Messages API: a real server on loopback, to which the real library talks."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from dashapp.summary.draft import Draft

ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


@dataclass(frozen=True)
class Answer:
    """What the server says to one request: a message, or with a status other than 200 an error."""

    text: str = ""
    stop_reason: str = "end_turn"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    hangs: bool = False
    breaks: str | None = None


@dataclass
class Api:
    """The server's address, what it will say, the last for ever, and what it was asked."""

    answers: list[Answer]
    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    over: Event = field(default_factory=Event)


def drafted(draft: Draft) -> Answer:
    return Answer(draft.model_dump_json())


def failing(status: int, **headers: str) -> Answer:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, text="the service says 4711 things", headers=told)


@contextmanager
def messages_api(*answers: Answer) -> Iterator[Api]:
    api = Api(list(answers))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": api}))
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        api.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    api: Api

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

    def _answer(self, body: dict[str, Any]) -> None:
        api = self.api
        api.requests.append(body)
        api.heads.append({name.lower(): value for name, value in self.headers.items()})
        api.paths.append(self.path)
        answer = api.answers.pop(0) if len(api.answers) > 1 else api.answers[0]
        if answer.hangs:
            api.over.wait(30)
            self.close_connection = True
            return
        if answer.status != 200:
            error = {"type": ERRORS[answer.status], "message": answer.text}
            self._send(json.dumps({"type": "error", "error": error}).encode(), answer)
        elif body.get("stream"):
            self._send(b"".join(_events(answer)), answer, "text/event-stream")
        elif not body:
            self._send(json.dumps({"type": "model", "id": "m", "display_name": "M"}).encode(), answer)
        else:
            self._send(answer.raw or json.dumps(_message(answer)).encode(), answer)

    def _send(self, body: bytes, answer: Answer, kind: str = "application/json") -> None:
        self.send_response(answer.status)
        for name, value in {"request-id": f"req_{len(self.api.requests)}", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def _message(answer: Answer) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": [{"type": "text", "text": answer.text}] if answer.text else [],
        "stop_reason": answer.stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 5000, "output_tokens": 400},
    }


def _events(answer: Answer) -> Iterator[bytes]:
    """The message as it is streamed, its text in two pieces."""
    message = _message(answer)
    usage = {"input_tokens": 5000, "output_tokens": 1}
    yield _event("message_start", {"message": {**message, "content": [], "stop_reason": None, "usage": usage}})
    if answer.breaks:
        yield _event("error", {"error": {"type": answer.breaks, "message": "the service says 4711 things"}})
        return
    yield _event("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}})
    half = len(answer.text) // 2
    for text in (answer.text[:half], answer.text[half:]):
        yield _event("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": text}})
    yield _event("content_block_stop", {"index": 0})
    ended = {"stop_reason": answer.stop_reason, "stop_sequence": None}
    yield _event("message_delta", {"delta": ended, "usage": {"output_tokens": 400}})
    yield _event("message_stop", {})


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()
