"""Lines as events, or why they are none. Nothing here touches the store."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, TypeAdapter, ValidationError
from pydantic_core import from_json

from dashapp.domain.ask import FIRST_DAY
from dashapp.domain.events import ORIGIN, Flag, FlagDecided, ModerationDecision, ModerationReport, Sent
from dashapp.domain.messages import Key
from dashapp.domain.vocabulary import NOT_GIVEN
from dashapp.ingest.reasons import wire_problem

AHEAD = timedelta(minutes=5)
"""How far the clock of a sender may be ahead of ours."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""How far ahead of ours a sender's clock is before it is worth telling."""
HELD_BACK = timedelta(hours=1)
"""How long after they happened events are received before it is worth telling."""
MOST_BYTES = 64 * 1024
"""Of one line."""
TOO_LONG = "is longer than 64 kB"
BOM = b"\xef\xbb\xbf"
MILLISECONDS = 1000
"""In a second."""

Message = ModerationReport | ModerationDecision | Flag | FlagDecided
M_co = TypeVar("M_co", bound=Message, covariant=True)
Numbered = tuple[int, bytes]
"""A line with its number, from 1."""

_SENT: TypeAdapter[Message] = TypeAdapter(Sent)
_KEY: TypeAdapter[str] = TypeAdapter(Key)
_MOMENT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


@dataclass(frozen=True)
class Receipt:
    """When and under which settings lines are received, and of which origin they are when they name none."""

    now: datetime
    zone: ZoneInfo
    origin: str = ORIGIN
    id_days: int = 30
    """How long ids of events are remembered."""
    direct: bool = False
    """Whether senders are on the line, so that a moment far from now tells of a clock or of a delay."""

    @property
    def today(self) -> date:
        """The day it is in the reporting zone."""
        return self.now.astimezone(self.zone).date()

    @cached_property
    def bounds(self) -> tuple[datetime, datetime]:
        """The first and the last moment that an event may be of."""
        return datetime.combine(FIRST_DAY, time(), self.zone).astimezone(UTC), self.now.astimezone(UTC) + AHEAD


@dataclass(eq=False, slots=True)
class Arrival(Generic[M_co]):
    """An event on its way in, and what became of it: taken, unless it has a problem or is repeated."""

    line: int
    message: M_co
    origin: str
    at: datetime
    stamped: bool
    """Whether `at` is only when we received it."""
    problem: tuple[str, str] | None = None
    """The field because of which it is refused, and the reason."""
    repeated: bool = False
    """Whether all that it says was there already."""
    filled: bool = False
    """Whether it only filled gaps of what was there already, which live counts have counted."""

    @property
    def taken(self) -> bool:
        """Whether it has an effect."""
        return self.problem is None and not self.repeated

    def refuse(self, name: str, reason: str) -> None:
        """Refuse it for one of its fields."""
        self.problem = (name, reason)


class Refused(NamedTuple):
    """A line that was not taken. Its origin is NOT_GIVEN where none can be read."""

    line: int
    field: str | None
    reason: str
    origin: str

    def as_json(self) -> dict[str, Any]:
        """The refusal as plain values."""
        return {"line": self.line, "field": self.field, "reason": self.reason}


@dataclass
class Batch:
    """Lines that go into the store together."""

    arrivals: list[Arrival[Message]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    clocks: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many events say when they happened, by origin and word: all are timed, some of them ahead or late."""


class TooMany(Exception):
    """Lines hold more events than may come at once."""


def read(lines: Iterable[Numbered], receipt: Receipt, most: int | None = None) -> Batch:
    """The events on these lines, and the lines that hold none; TooMany when those are more than `most`. Empty lines are
    passed over.
    """
    batch = Batch()
    for number, line in lines:
        if len(line) > MOST_BYTES:
            batch.refused.append(Refused(number, None, TOO_LONG, NOT_GIVEN))
        elif line and not line.isspace():
            _read_line(batch, number, line, receipt)
        if most is not None and len(batch.arrivals) + len(batch.refused) > most:
            raise TooMany
    return batch


def is_whole(line: bytes) -> bool:
    """Whether a line without its end is a JSON object, which nothing can follow."""
    try:
        return isinstance(from_json(line.removeprefix(BOM)), dict)
    except ValueError:
        return False


def _read_line(batch: Batch, number: int, line: bytes, receipt: Receipt) -> None:
    """Read a line that is an event, or a log record that wraps one or more."""
    try:
        message = _SENT.validate_json(line)
    except ValidationError as error:
        wrapped = _unwrapped(line) if error.errors()[0]["type"] == "union_tag_not_found" else None
        if wrapped is None:
            batch.refused.append(_refusal(number, line, wire_problem(error), receipt))
            return
        for text, moment in wrapped:
            _read_wrapped(batch, number, text, moment, receipt)
    else:
        _arrive(batch, number, message, None, receipt)


def _read_wrapped(batch: Batch, number: int, text: str, moment: datetime | None, receipt: Receipt) -> None:
    """Read what a log record wraps, written at a moment."""
    try:
        message = _SENT.validate_json(text)
    except ValidationError as error:
        batch.refused.append(_refusal(number, text, wire_problem(error), receipt))
    else:
        _arrive(batch, number, message, moment, receipt)


def _arrive(batch: Batch, number: int, message: Message, moment: datetime | None, receipt: Receipt) -> None:
    """Add an event to the batch; one that says no time is of the log record's, else of its receipt."""
    origin = message.origin if "origin" in message.model_fields_set else receipt.origin
    at = message.at or moment
    arrival = Arrival(number, message, origin, _in_utc(at or receipt.now), stamped=at is None)
    if receipt.direct and not arrival.stamped:
        batch.clocks.update((origin, word) for word in _clock(arrival.at, receipt))
    if problem := _out_of_bounds(arrival, receipt):
        batch.refused.append(Refused(number, *problem, origin))
    else:
        batch.arrivals.append(arrival)


def _clock(at: datetime, receipt: Receipt) -> Iterator[str]:
    """What the moment of an event says of its sender's clock."""
    yield "timed"
    if at - receipt.now > CLOCKS_DIFFER:
        yield "ahead"
    elif receipt.now - at > HELD_BACK:
        yield "late"


def _out_of_bounds(arrival: Arrival[Message], receipt: Receipt) -> tuple[str, str] | None:
    """The field whose moment cannot be, and why."""
    first, last = receipt.bounds
    created = arrival.message.target_created_at if isinstance(arrival.message, Flag) else None
    for name, moment in (("at", arrival.at), ("target_created_at", created and _in_utc(created))):
        if moment is not None and not first <= moment <= last:
            return name, "lies in the future" if moment > last else f"lies before {FIRST_DAY.year}"
    return None


def _in_utc(moment: datetime) -> datetime:
    """The moment in UTC, which compares fast; at the ends of the calendar, where there is none, a moment near it."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)


def _refusal(number: int, line: bytes | str, problem: tuple[str | None, str], receipt: Receipt) -> Refused:
    """A refusal that says whose line it was, as far as that can be read."""
    name, reason = problem
    if isinstance(line, bytes) and not _is_utf8(line):
        return Refused(number, None, "is not UTF-8", NOT_GIVEN)
    return Refused(number, name, reason, _origin_of(line, receipt))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _origin_of(line: bytes | str, receipt: Receipt) -> str:
    try:
        record = from_json(line)
        return _KEY.validate_python(record.get("origin", receipt.origin)) if isinstance(record, dict) else NOT_GIVEN
    except ValueError:
        return NOT_GIVEN


def _unwrapped(line: bytes) -> list[tuple[str, datetime | None]] | None:
    """The texts that a log record wraps, each with the moment it was written; None when it wraps nothing.

    CloudWatch has `message` and `timestamp` in milliseconds, alone or as a list under `events` or `logEvents`; Docker's
    json-file has `log` and `time`.
    """
    record = from_json(line)
    listed = next((record[name] for name in ("events", "logEvents") if isinstance(record.get(name), list)), [record])
    return list(_texts(listed)) or None


def _texts(records: Sequence[Any]) -> Iterator[tuple[str, datetime | None]]:
    for record in records:
        if isinstance(record, dict):
            text = record.get("message", record.get("log"))
            if isinstance(text, str):
                yield text, _moment(record)


def _moment(record: Mapping[str, Any]) -> datetime | None:
    """When a log record was written, where it says so."""
    try:
        if "timestamp" in record:
            return datetime.fromtimestamp(record["timestamp"] / MILLISECONDS, UTC)
        return _MOMENT.validate_python(record["time"]) if isinstance(record.get("time"), str) else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None
