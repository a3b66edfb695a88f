from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashapp.demo.plan import Demo
from dashapp.demo.stream import NotTaken, Stream, run, sender
from dashapp.domain.events import ModerationDecision, ModerationReport
from dashapp.ingest.wire import Receipt, read

NOW = datetime(2024, 3, 31, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)
Event = ModerationReport | ModerationDecision


def made(seconds: int = 300, rate: float = 2) -> list[Event]:
    stream = Stream(Demo(NOW, ZoneInfo("UTC"), 1, 42, 1.0))
    return [event for second in range(seconds) for event in stream.events(NOW + second * SECOND, rate)]


def test_the_stream_is_the_same_for_the_same_seed_and_start() -> None:
    assert made() == made()


def test_every_event_is_one_that_the_wire_takes() -> None:
    lines = [event.model_dump_json(exclude_none=True).encode() for event in made()]
    batch = read(enumerate(lines, 1), Receipt(NOW + timedelta(hours=1), ZoneInfo("UTC")))
    assert batch.refused == []
    assert len(batch.arrivals) == len(lines) > 500


def test_a_decision_is_one_event_and_each_report_that_it_closes_another() -> None:
    events = made()
    ruled = [event for event in events if isinstance(event, ModerationDecision)]
    closed = [event for event in events if isinstance(event, ModerationReport) and event.event == "reviewed"]
    assert len({event.decision_id for event in ruled}) == len(ruled)
    assert {event.decision_id for event in closed} == {event.decision_id for event in ruled}
    actions = {event.decision_id: event.action for event in ruled}
    assert all(event.decision_action == actions[event.decision_id] for event in closed)
    assert len(closed) > len(ruled)


def test_a_report_is_closed_once_after_it_came_in() -> None:
    met: Counter[tuple[str, str]] = Counter()
    for event in made():
        if isinstance(event, ModerationReport):
            assert event.event == "created" or met["created", str(event.report_id)] == 1
            met[event.event, str(event.report_id)] += 1
    assert set(met.values()) == {1}


class Done(Exception):
    pass


def test_what_a_server_did_not_take_is_sent_again_as_it_was() -> None:
    bodies: list[bytes] = []
    told: list[dict[str, Any]] = []

    def send(body: bytes) -> dict[str, Any]:
        bodies.append(body)
        if len(bodies) < 3:
            raise ConnectionError("refused")
        return {"new": 1}

    def wait(_seconds: float) -> None:
        if len(bodies) == 4:
            raise Done

    with pytest.raises(Done):
        run(Stream(Demo(NOW, ZoneInfo("UTC"), 1, 42, 1.0)), send, 50, lambda: NOW, told.append, wait)
    assert bodies[0] == bodies[1] == bodies[2] != bodies[3]
    assert told == [{"error": "refused"}, {"error": "refused"}, {"new": 1}, {"new": 1}]


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """Answers with the status that its address ends with."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status = int(self.path.split("/")[1])
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b'{"new": 2, "seen": 0, "refused": []}' if status == 200 else b'{"error": "no"}')

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=listening.serve_forever, daemon=True).start()
    yield listening
    listening.shutdown()
    listening.server_close()


def test_a_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not(server: HTTPServer) -> None:
    url = f"http://127.0.0.1:{server.server_port}"
    assert sender(f"{url}/200", "T")(b"{}\n") == {"new": 2, "seen": 0, "refused": []}
    with pytest.raises(ConnectionError, match="busy"):
        sender(f"{url}/503", "T")(b"{}\n")
    with pytest.raises(NotTaken, match="the server answers 401"):
        sender(f"{url}/401", "T")(b"{}\n")


def test_an_address_that_is_not_http_is_refused() -> None:
    with pytest.raises(NotTaken, match="is not an http address"):
        sender("file:///etc", "T")
