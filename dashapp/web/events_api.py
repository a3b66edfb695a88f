"""`POST /api/v1/events`: events of moderation pipelines over HTTP. What is answered as taken is durable."""

import json
import logging
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NoReturn

from flask import Blueprint, Response, abort, request
from pydantic_core import from_json
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import ClientDisconnected, HTTPException

from dashapp.domain.access import Permission
from dashapp.ingest.events import Result, take_lines
from dashapp.ingest.wire import BOM, Receipt, TooMany
from dashapp.store.engine import TooSlow
from dashapp.web.desk import services
from dashapp.web.export import json_answer
from dashapp.web.guard import needs
from dashapp.web.patience import allow
from dashapp.web.refusing import late

log = logging.getLogger(__name__)

LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "text/plain")
WHOLE = "application/json"
MOST_LINES = 10_000
"""Of a body, and events in it: one line may wrap several. Also the gzip files that a body may be made of."""
MOST_VALUES = 40 * MOST_LINES
"""That an array may hold, nested ones and the commas in its texts included; the widest event has 22. Read, a value of
two bytes takes a hundred.
"""
MOST_REFUSALS = 1_000
"""That an answer lists."""
MEGABYTE = 1024 * 1024
PIECE = 64 * 1024
"""Bytes of a body that are read at once."""
MOST_UNREAD = 100 * MEGABYTE
"""Of a body that is refused, read all the same: a client that still sends it does not look for the answer."""
ANY_LENGTH = sys.maxsize
"""What other bodies may have is not the limit of these: they are held to their own while they are read."""
GZIP = zlib.MAX_WBITS | 16
"""Has zlib read the gzip format."""
RETRY_SECONDS = 5


def blueprint() -> Blueprint:
    """The route and its error handlers, fresh for every app."""
    events = Blueprint("events", __name__)
    events.add_url_rule("/api/v1/events", view_func=take, methods=["POST"])
    events.register_error_handler(HTTPException, _http_error)
    events.register_error_handler(ClientDisconnected, late)
    for error in (OperationalError, TooSlow):
        events.register_error_handler(error, _unavailable)
    events.register_error_handler(Exception, _our_fault)
    events.after_request(_read_the_rest)
    return events


@needs(Permission.INGEST)
def take() -> Response:
    """Take the events of the body in, and say what became of them."""
    request.max_content_length = ANY_LENGTH
    allow(request.environ, min(request.content_length or _most_bytes(), _most_bytes()))
    lines = _lines()
    held = services()
    settings = held.settings
    receipt = Receipt(held.clock(), settings.zone, id_days=settings.event_ids_days, direct=True)
    try:
        result = take_lines(held.writer, enumerate(lines, 1), receipt, MOST_LINES)
    except TooMany:
        _refuse_too_many("events")
    return json_answer(_told(result))


def _told(result: Result) -> dict[str, Any]:
    """The answer. Where not every refusal is listed, it says how many there are."""
    told = Result(result.new, result.seen, result.refused[:MOST_REFUSALS]).as_json()
    count = len(result.refused)
    return told if count <= MOST_REFUSALS else {**told, "refused_count": count}


def _lines() -> list[bytes]:
    """The lines of the body, or the elements of its array, each as a line."""
    if request.mimetype not in (*LINES, WHOLE):
        _refuse(415, f"Content-Type is not one of {', '.join((WHOLE, *LINES))}.")
    body = _body().removeprefix(BOM)
    return _elements(body) if request.mimetype == WHOLE else _split(body)


def _split(body: bytes) -> list[bytes]:
    body = body.removesuffix(b"\n")
    if body.count(b"\n") >= MOST_LINES:
        _refuse_too_many("lines")
    return body.split(b"\n")


def _elements(body: bytes) -> list[bytes]:
    """The elements of a JSON array, or a single object, each as a line. They are counted before they are read, and
    before they are written out again.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:
        _refuse(413, f"An array may hold at most {MOST_VALUES:,} values; send it in parts.")
    try:
        whole = from_json(body)
    except ValueError as error:
        _refuse(400, f"The body is not JSON: {error}.")
    if not isinstance(whole, list | dict):
        _refuse(400, "The body is neither an array nor an object.")
    elements = [whole] if isinstance(whole, dict) else whole
    if len(elements) > MOST_LINES:
        _refuse_too_many("events")
    return [json.dumps(element, ensure_ascii=False).encode() for element in elements]


def _body() -> bytes:
    """The body, decompressed. It is never held further than it may be long, whatever it would grow to."""
    most = _most_bytes()
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("gzip", "x-gzip", "identity", ""):
        _refuse(415, "Content-Encoding is not gzip.")
    held = bytearray()
    for piece in _inflated() if "gzip" in encoding else _pieces():
        held += piece
        if len(held) > most:
            _refuse_too_long()
    return bytes(held)


def _most_bytes() -> int:
    return services().settings.events_megabytes * MEGABYTE


def _pieces() -> Iterator[bytes]:
    """The body as it was sent, which may not be longer than what it decompresses to may be."""
    left = _most_bytes()
    while piece := request.stream.read(PIECE):
        left -= len(piece)
        if left < 0:
            _refuse_too_long()
        yield piece


def _inflated() -> Iterator[bytes]:
    """The body decompressed, at most PIECE bytes at a time. It may be several gzip files in a row."""
    inflater, files = zlib.decompressobj(GZIP), 1
    try:
        for piece in _pieces():
            rest = piece
            while rest:
                if inflater.eof:
                    inflater, files = zlib.decompressobj(GZIP), files + 1
                    if files > MOST_LINES:
                        _refuse_too_many("gzip files")
                yield inflater.decompress(rest, PIECE)
                rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error:
        _refuse(400, "The body is not gzip.")
    if not inflater.eof:
        _refuse(400, "The body ends before its gzip does.")


def _read_the_rest(answer: Response) -> Response:
    """Read what is left of a body that was refused."""
    request.max_content_length = ANY_LENGTH
    left = MOST_UNREAD
    with suppress(ClientDisconnected):
        while left > 0 and (piece := request.stream.read(PIECE)):
            left -= len(piece)
    return answer


def _refuse(status: int, error: str, headers: dict[str, str] | None = None) -> NoReturn:
    abort(json_answer({"error": error}, status, headers))


def _refuse_too_many(what: str) -> NoReturn:
    _refuse(413, f"A request may hold at most {MOST_LINES:,} {what}.")


def _refuse_too_long() -> NoReturn:
    _refuse(413, f"The body is longer than {services().settings.events_megabytes} MB.")


def _http_error(error: HTTPException) -> Response:
    return json_answer({"error": error.description}, error.code or 500)


def _unavailable(error: Exception) -> Response:
    """Nothing of the batch is stored: its transaction was rolled back."""
    log.error("events could not be stored", exc_info=error)
    told = {"Retry-After": str(RETRY_SECONDS)}
    return json_answer({"error": "The events could not be stored now; none of them is. Send them again."}, 503, told)


def _our_fault(error: Exception) -> Response:
    log.error("events could not be taken", exc_info=error)
    return json_answer({"error": "The events could not be taken; the log says why. None of them is stored."}, 500)
