import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

from dashapp.domain.access import TokenScope
from dashapp.settings import Settings
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.moderation import api_token, event_bin
from dashapp.store.rollup import rollup
from dashapp.store.schema import flag
from dashapp.store.tokens import create_token
from dashapp.web.desk import Services
from tests.web.served import client_of

pytestmark = pytest.mark.both_engines

NOW = datetime(2024, 3, 30, 12, 7, tzinfo=UTC)
CREATED = {"message_type": "ModerationReport", "media_type": "image", "event": "created", "violation": "sensitive"}
FLAG = {"message_type": "Flag", "id": "F1", "category": "spam", "severity": "high", "routing": "human_review"}
NDJSON = "application/x-ndjson"
NOTHING = {"new": 0, "seen": 0, "refused": []}

Post = Callable[..., tuple[int, Any]]


@pytest.fixture
def waiting(settings: Settings) -> Iterator[Engine]:
    """The writer that the app uses, which does not wait for a lock."""
    engine = writer_engine(settings.database_url, wait_seconds=0)
    yield engine
    engine.dispose()


@pytest.fixture
def client(settings: Settings, reader: Engine, writer: Engine, waiting: Engine) -> FlaskClient:
    small = settings.model_copy(update={"events_megabytes": 1})
    return client_of(Services(small, reader, lambda: NOW, waiting))


@pytest.fixture
def token(writer: Engine) -> str:
    with writer.begin() as connection:
        return create_token(connection, "feed", TokenScope.INGEST, NOW)


@pytest.fixture
def post(client: FlaskClient, token: str) -> Post:
    def posted(body: Any, kind: str = NDJSON, **headers: str) -> tuple[int, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        answer = client.post("/api/v1/events", data=raw, headers=told)
        assert answer.mimetype == "application/json"
        assert "Traceback" not in answer.text
        return answer.status_code, answer.get_json()

    return posted


@pytest.fixture
def held(writer: Engine) -> Callable[[], tuple[int, int]]:
    """How many flags and live events are stored."""

    def counts() -> tuple[int, int]:
        with writer.connect() as connection:
            flags = connection.scalar(select(func.count()).select_from(flag))
            return flags, connection.scalar(select(func.coalesce(func.sum(event_bin.c.events), 0)))

    return counts


def lines(*messages: Any) -> bytes:
    return b"\n".join(json.dumps(message).encode() for message in messages) + b"\n"


@pytest.mark.parametrize("kind", [NDJSON, "application/jsonl", "application/ndjson", "text/plain; charset=utf-8"])
def test_lines_are_taken(post: Post, held: Any, kind: str) -> None:
    assert post(lines(CREATED, FLAG), kind) == (200, {"new": 2, "seen": 0, "refused": []})
    assert held() == (1, 1)


def test_an_array_and_a_single_object_are_taken(post: Post, held: Any) -> None:
    refusal = {"line": 2, "field": None, "reason": "is not a JSON object"}
    assert post([CREATED, 5, FLAG], "application/json") == (200, {"new": 2, "seen": 0, "refused": [refusal]})
    assert post(CREATED, "application/json") == (200, {"new": 1, "seen": 0, "refused": []})
    assert held() == (1, 2)


@pytest.mark.parametrize(("body", "kind"), [(b"", NDJSON), (b"\n\n", NDJSON), (b"[]", "application/json")])
def test_nothing_sent_is_nothing_taken(post: Post, body: bytes, kind: str) -> None:
    assert post(body, kind) == (200, NOTHING)


def test_a_byte_order_mark_is_no_part_of_a_body(post: Post) -> None:
    assert post(b"\xef\xbb\xbf" + lines(CREATED))[1]["new"] == 1
    assert post(b"\xef\xbb\xbf" + lines(CREATED), "application/json")[1]["new"] == 1


def test_a_compressed_body_is_taken_also_in_parts(post: Post) -> None:
    parts = gzip.compress(lines(CREATED, CREATED), mtime=0) + gzip.compress(lines(FLAG))
    assert post(parts, Content_Encoding="gzip") == (200, {"new": 3, "seen": 0, "refused": []})


@pytest.mark.check(30)
@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"not gzip", "The body is not gzip."),
        (gzip.compress(lines(FLAG), mtime=0)[:-9], "The body ends before its gzip does."),
        (gzip.compress(lines(FLAG), mtime=0) + b"more", "The body is not gzip."),
        (b"", "The body ends before its gzip does."),
    ],
)
def test_a_body_that_is_no_whole_gzip_is_refused(post: Post, held: Any, body: bytes, error: str) -> None:
    assert post(body, Content_Encoding="gzip") == (400, {"error": error})
    assert held() == (0, 0)


@pytest.mark.check(30)
def test_a_gzip_bomb_is_stopped_at_the_limit(client: FlaskClient, token: str, held: Any) -> None:
    packed = BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for _ in range(200):
            file.write(b" " * 1024 * 1024)
    told = {"Authorization": f"Bearer {token}", "Content-Type": NDJSON, "Content-Encoding": "gzip"}
    answer = client.post("/api/v1/events", data=packed.getvalue(), headers=told)
    assert (answer.status_code, answer.get_json()) == (413, {"error": "The body is longer than 1 MB."})


@pytest.mark.check(30)
def test_a_body_longer_than_the_limit_is_refused_and_read_to_its_end(client: FlaskClient, token: str) -> None:
    body = BytesIO(b"x" * (3 * 1024 * 1024))
    told = {"Authorization": f"Bearer {token}", "Content-Type": NDJSON}
    answer = client.post("/api/v1/events", input_stream=body, headers=told, content_length=3 * 1024 * 1024)
    assert answer.status_code == 413
    assert body.read() == b""


def test_ten_thousand_lines_are_taken_and_one_more_is_not(post: Post, held: Any) -> None:
    assert post(lines(*[{}] * 10_000))[0] == 200
    assert post(lines(*[{}] * 10_001)) == (413, {"error": "A request may hold at most 10,000 lines."})
    assert post([{}] * 10_001, "application/json") == (413, {"error": "A request may hold at most 10,000 events."})
    assert held() == (0, 0)


def test_an_array_is_counted_before_it_is_read(post: Post) -> None:
    body = gzip.compress(b"[" + b"[]," * 300_000 + b"[]]")
    tracemalloc.start()
    answer = post(body, "application/json", Content_Encoding="gzip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer == (413, {"error": "An array may hold at most 400,000 values; send it in parts."})
    assert peak < 8_000_000


def test_events_that_lines_wrap_are_counted(post: Post, held: Any) -> None:
    record = {"events": [{"log": json.dumps(CREATED)}] * 50}
    too_many = (413, {"error": "A request may hold at most 10,000 events."})
    assert post(lines(*[{"events": [{"message": ""}] * 3000}] * 4)) == too_many
    assert held() == (0, 0)
    assert post([record] * 120, "application/json")[1]["new"] == 6000


def test_of_many_refusals_the_first_are_listed_and_all_are_counted(post: Post) -> None:
    _, answer = post(lines(*[{}] * 1000))
    assert (len(answer["refused"]), "refused_count" in answer) == (1000, False)
    _, answer = post(lines(CREATED, *[{}] * 1001))
    assert (answer["new"], len(answer["refused"]), answer["refused_count"]) == (1, 1000, 1001)
    assert answer["refused"][-1]["line"] == 1001


def test_empty_gzip_files_are_not_read_without_end(post: Post) -> None:
    empty = gzip.compress(b"")
    too_many = (413, {"error": "A request may hold at most 10,000 gzip files."})
    assert post(empty * 10_000, Content_Encoding="gzip") == (200, NOTHING)
    assert post(empty * 10_001, Content_Encoding="gzip") == too_many


def test_a_compressed_body_is_not_longer_than_it_may_be_decompressed(post: Post) -> None:
    stored = b"".join(gzip.compress(b" " * 50_000 + b"\n", compresslevel=0) for _ in range(20))
    assert post(stored, Content_Encoding="gzip") == (200, NOTHING)
    empty_blocks = gzip.compress(b"", compresslevel=0)[:10] + b"\x00\x00\x00\xff\xff" * 250_000
    assert post(empty_blocks, Content_Encoding="gzip") == (413, {"error": "The body is longer than 1 MB."})


@pytest.mark.check(30)
def test_a_line_too_long_is_refused_and_the_others_are_taken(post: Post) -> None:
    refusal = {"line": 1, "field": None, "reason": "is longer than 64 kB"}
    body = lines({**FLAG, "region": "x" * 70_000}, CREATED)
    assert post(body) == (200, {"new": 1, "seen": 0, "refused": [refusal]})


@pytest.mark.check(30)
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[" * 100_000, NDJSON, 200),
        (b"[" * 100_000, "application/json", 400),
        (b"[" * 150 + b"]" * 150, "application/json", 200),
        (b'{"a":' * 100_000, "application/json", 400),
        (b"[1", "application/json", 400),
        (b"7", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"\xff", NDJSON, 200),
        (b"[" + b"9" * 10_000 + b"]", "application/json", 400),
        (b"[NaN, Infinity, 1e999]", "application/json", 200),
        (lines(CREATED), "application/x-www-form-urlencoded", 415),
        (lines(CREATED), "", 415),
        (lines(CREATED).decode().encode("utf-16"), NDJSON, 200),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_and_stores_nothing(
    post: Post, held: Any, body: bytes, kind: str, status: int
) -> None:
    code, answer = post(body, kind)
    assert code == status
    assert answer["error"] if status >= 400 else answer["refused"]
    assert held() == (0, 0)


def test_another_encoding_is_refused(post: Post) -> None:
    assert post(lines(CREATED), Content_Encoding="br") == (415, {"error": "Content-Encoding is not gzip."})


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer ", "Basic dXNlcg==", "Bearer wrong", "Bearer \x7f\xe9"])
def test_without_a_known_token_nothing_is_taken(client: FlaskClient, token: str, held: Any, given: str | None) -> None:
    told = {"Content-Type": NDJSON, **({} if given is None else {"Authorization": given})}
    answer = client.post("/api/v1/events", data=lines(FLAG), headers=told)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.get_json()["error"]
    assert held() == (0, 0)


def test_a_token_is_kept_as_its_digest_only(writer: Engine, token: str) -> None:
    with writer.connect() as connection:
        [row] = connection.execute(select(api_token)).all()
    assert token not in str(row)
    assert len(row.digest) == 64


def test_while_another_writes_the_sender_is_told_to_come_again(
    client: FlaskClient, token: str, writer: Engine, held: Any
) -> None:
    told = {"Authorization": f"Bearer {token}", "Content-Type": NDJSON}
    with writer.begin():
        answer = client.post("/api/v1/events", data=lines(FLAG), headers=told)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.get_json() == {"error": "The events could not be stored now; none of them is. Send them again."}
    assert held() == (0, 0)
    assert client.post("/api/v1/events", data=lines(FLAG), headers=told).get_json()["new"] == 1


def test_a_store_that_is_gone_is_our_fault_and_shows_no_detail(tmp_path: Path, settings: Settings) -> None:
    new = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'new.sqlite'}"})
    writer, reader = writer_engine(new.database_url), reader_engine(new.database_url, 1)
    answer = client_of(Services(new, reader, lambda: NOW, writer)).post(
        "/api/v1/events", data=lines(FLAG), headers={"Authorization": "Bearer x", "Content-Type": NDJSON}
    )
    assert answer.status_code == 503
    assert "new.sqlite" not in answer.text
    writer.dispose()
    reader.dispose()


def test_an_error_in_the_log_shows_nothing_of_the_events(
    post: Post, writer: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with writer.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE flag ADD COLUMN wanted TEXT CHECK (origin = 'nobody')")
    status, _ = post(lines({**FLAG, "reviewer_id": "somebody"}))
    assert status == 500
    assert "check constraint" in caplog.text.lower()
    assert "somebody" not in caplog.text


def test_events_become_figures_with_the_next_rollup(
    client: FlaskClient, post: Post, writer: Engine, settings: Settings
) -> None:
    def figure(key: str) -> tuple[float | None, int]:
        query = "since=2024-03-29&until=2024-03-30&grain=whole"
        total = client.get(f"/api/v1/metrics/{key}.json?{query}").get_json()["total"]
        return total["value"], total["n"]

    made = [{**CREATED, "report_id": f"R{number}", "at": f"2024-03-29T1{number}:00:00Z"} for number in range(4)]
    closing = {"event": "reviewed", "at": "2024-03-30T10:00:00Z", "decision_id": "D1"}
    right = {**CREATED, **closing, "report_id": "R0", "decision_action": "marked_sensitive"}
    wrong = {**CREATED, **closing, "report_id": "R3", "decision_action": "rejected_reports"}
    decision = {
        "message_type": "ModerationDecision",
        "media_type": "image",
        "action": "marked_sensitive",
        "affected_records": 3,
        "decision_id": "D1",
        "at": "2024-03-30T10:00:00Z",
    }
    assert post(lines(*made, right, wrong, decision))[1]["new"] == 7
    with writer.begin() as connection:
        assert rollup(connection, settings.sla) == 2
    assert figure("reports") == (4, 4)
    assert figure("report_accuracy") == (25, 4)
    assert figure("report_accuracy_decided") == (50, 2)
    assert figure("time_to_decision_mean") == (22.5, 2)
    assert figure("decisions") == (1, 1)
    assert figure("affected_records") == (3, 3)
