"""The dumps of Openverse: for each media type its reports, decisions, what these affected, and the media.

Reports refer to decisions and media, so the other files of a media type are read first. Ids count anew in each media
type, so they are kept with its name before them: `image-12`. Media go by identifiers of their own.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy import Connection, Engine

from dashapp.domain.ask import FIRST_DAY
from dashapp.domain.messages import DecisionRow, Key, Message, ReportRow
from dashapp.domain.vocabulary import Action, Feed
from dashapp.ingest.lines import Columns, FileRefused, Record
from dashapp.ingest.openverse_names import ACTIONS, VIOLATIONS, action_of
from dashapp.ingest.pipeline import How, Kind, Source, Unfit, import_files, unreadable
from dashapp.ingest.reasons import first_problem
from dashapp.ingest.records import open_records
from dashapp.ingest.report import FileReport, Refusal, Report, shown
from dashapp.store.writes import Counts, decision_row, put_decisions, put_reports, report_row

M = TypeVar("M", bound=Message)

STEMS = ("decisions", "decision_media", "reports", "media")
IMPORTED = {"decisions", "reports"}
"""What becomes rows of the store; the other files are only looked up in."""
NAMED = re.compile(rf"(?P<media>[a-z0-9_]{{1,100}}?)_(?P<stem>{'|'.join(STEMS)})\.(csv|ndjson|jsonl)")

REPORTS = {
    "id": "report_id",
    "created_at": "created_at",
    "media_id": "item_id",
    "reason": "violation",
    "status": "status",
    "decision_id": "decision_id",
}
DECISIONS = {"id": "decision_id", "created_on": "decided_at", "action": "action"}
"""Field by header. What else a file holds, such as who decided and free text, is not read."""


class Medium(Message):
    """What is known of an item that was reported."""

    identifier: Key
    creator: Key | None = None
    source: Key | None = None
    provider: Key | None = None


class Affected(Message):
    """One record that a decision affected."""

    decision_id: Key
    media_id: Key


class Ruling(NamedTuple):
    """What reports need of their decision."""

    action: Action
    decided_at: datetime


@dataclass
class _Dump:
    """The files of one media type on their way in, and what was learnt from those read so far."""

    media_type: str
    files: Mapping[str, Path]
    """By what they hold."""
    decisions: set[str] = field(default_factory=set)
    """The decisions that the dump names, taken or refused."""
    affected: Counter[str] = field(default_factory=Counter)
    """How many records each decision affected."""
    rulings: dict[str, Ruling] = field(default_factory=dict)
    """The decisions taken."""
    media: dict[str, Medium] = field(default_factory=dict)
    """The items that were reported."""
    consulted: list[FileReport] = field(default_factory=list)
    """What became of the files that were only looked up in."""

    def sources(self) -> Iterator[Source]:
        """The files to import in their order. What they refer to is looked up when their turn has come."""
        if path := self.files.get("decisions"):
            self.decisions = _values(path, "id")
            self._count_affected()
            yield Source(path, self._kind_of_decisions())
        if path := self.files.get("reports"):
            self._look_up(_values(path, "media_id"))
            yield Source(path, self._kind_of_reports())

    def _count_affected(self) -> None:
        for line, record in self._rows("decision_media", Affected):
            if record.decision_id in self.decisions:
                self.affected[record.decision_id] += 1
            else:
                _refuse(self.consulted[-1], line, "decision_id", record.decision_id, "is not among the decisions")

    def _look_up(self, wanted: set[str]) -> None:
        for _, medium in self._rows("media", Medium, lambda given: given.get("identifier") in wanted):
            self.media.setdefault(medium.identifier, medium)

    def _rows(
        self, stem: str, message: type[M], chosen: Callable[[Mapping[str, str]], bool] = lambda _: True
    ) -> Iterator[tuple[int, M]]:
        """The chosen rows of a file that is only looked up in, each with its line."""
        path = self.files.get(stem)
        if path is None:
            return
        report = FileReport(path.name)
        self.consulted.append(report)
        columns = Columns(tuple(message.model_fields))
        for record in _records(path, columns, report):
            report.read += 1
            report.consulted += 1
            if isinstance(record, Refusal):
                _refuse(report, record.line, record.field, record.value, record.reason)
                continue
            line, texts = record
            given = {columns.headers[header]: text.strip() for header, text in texts.items() if text.strip()}
            if chosen(given):
                try:
                    yield line, message.model_validate(given)
                except ValidationError as error:
                    name, reason = first_problem(error, given)
                    _refuse(report, line, name, given.get(name), reason)
        report.ignored_columns = columns.ignored

    def _kind_of_decisions(self) -> Kind:
        def prepare(given: Mapping[str, str]) -> dict[str, Any]:
            action = given["action"]
            return {
                "decision_id": self._key(given["decision_id"]),
                "decided_at": _moment("decided_at", given["decided_at"]),
                "media_type": self.media_type,
                "action": ACTIONS.get(action, action),
                "affected_records": str(self.affected[given["decision_id"]]),
            }

        def put(connection: Connection, messages: Sequence[DecisionRow], how: How) -> Counts:
            rows = [decision_row(how.origin, message, how.zone) for message in messages]
            counts = put_decisions(connection, rows, replace=how.replace)
            refused = counts.refused_places
            for place, message in enumerate(messages):
                if place not in refused:
                    self.rulings[message.decision_id] = Ruling(message.action, message.decided_at)
            return counts

        return Kind(
            DecisionRow, DECISIONS, "decision_id", ("decided_at",), put, Feed.DECISIONS, _day("decided_at"), prepare
        )

    def _kind_of_reports(self) -> Kind:
        def prepare(given: Mapping[str, str]) -> dict[str, Any]:
            medium = self.media.get(given["item_id"])
            violation = VIOLATIONS.get(given["violation"], given["violation"])
            return {
                "report_id": self._key(given["report_id"]),
                "created_at": _moment("created_at", given["created_at"]),
                "media_type": self.media_type,
                "violation": violation,
                "item_id": given["item_id"],
                **({name: getattr(medium, name) for name in ("creator", "source", "provider")} if medium else {}),
                **self._decided(given, violation),
            }

        return Kind(
            ReportRow, REPORTS, "report_id", ("created_at",), _store_reports, Feed.REPORTS, _day("created_at"), prepare
        )

    def _decided(self, given: Mapping[str, str], violation: str) -> dict[str, Any]:
        """What was decided on a report: by its decision, else by its status, which does not say when."""
        named = given["decision_id"]
        if not named:
            return {"action": action_of(given["status"], violation)}
        key = self._key(named)
        if (ruling := self.rulings.get(key)) is None:
            refused = named in self.decisions
            raise Unfit("decision_id", "is a decision that was refused" if refused else "is not among the decisions")
        return {"decision_id": key, "action": ruling.action, "decided_at": ruling.decided_at}

    def _key(self, number: str) -> str:
        """An id that is unique over all media types."""
        return f"{self.media_type}-{number}" if number else ""


def _store_reports(connection: Connection, messages: Sequence[ReportRow], how: How) -> Counts:
    return put_reports(
        connection, [report_row(how.origin, message, how.zone) for message in messages], replace=how.replace
    )


def _day(name: str) -> Callable[[Any, ZoneInfo], date]:
    """The day of a message's moment."""

    def day(message: Message, zone: ZoneInfo) -> date:
        moment: datetime = getattr(message, name)
        return moment.astimezone(zone).date()

    return day


def _moment(name: str, text: str) -> datetime | None:
    """A moment in any way that ISO 8601 writes it, with its offset from UTC."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unfit(name, "is not a moment such as 2024-03-30T12:00:00Z") from None
    if moment.tzinfo is None:
        raise Unfit(name, "has no time zone, such as a Z at its end")
    if moment.date() < FIRST_DAY:
        raise Unfit(name, f"lies before {FIRST_DAY}")
    return moment


def _records(path: Path, columns: Columns, report: FileReport) -> Iterator[Record | Refusal]:
    """The records of a file; why it cannot be read, or be read to its end, goes into the report."""
    try:
        yield from open_records(path, columns)
    except FileRefused as refused:
        report.refusals.append(refused.refusal)
    except OSError as error:
        report.refusals.append(unreadable(path.name, error))


def _values(path: Path, header: str) -> set[str]:
    """The values of one column. What is wrong with the file is found when it is imported."""
    records = _records(path, Columns((header,)), FileReport(path.name))
    return {record[1][header].strip() for record in records if not isinstance(record, Refusal)}


def _refuse(report: FileReport, line: int | None, name: str | None, value: str | None, reason: str) -> None:
    """Refuse a row that was looked up."""
    report.consulted -= 1
    report.refused += 1
    report.refusals.append(Refusal(report.file, line, name, None if value is None else shown(value), reason))


def find_dumps(directory: Path) -> list[_Dump]:
    """The dumps of a directory, one a media type, by its name."""
    if not directory.is_dir():
        reason = "is a file, not a directory" if directory.exists() else "is not there"
        raise FileRefused(Refusal(str(directory), None, None, None, reason))
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(directory.iterdir()):
        if named := NAMED.fullmatch(path.name):
            other = found.setdefault(named["media"], {}).setdefault(named["stem"], path)
            if other != path:
                raise FileRefused(Refusal(path.name, None, None, None, f"is there beside {other.name}: one is enough"))
    dumps = [_Dump(media_type, files) for media_type, files in found.items() if files.keys() & IMPORTED]
    if not dumps:
        raise FileRefused(Refusal(str(directory), None, None, None, "has no file such as image_reports.csv"))
    for dump in dumps:
        if "decisions" in dump.files and "decision_media" not in dump.files:
            reason = f"is not there; without it nobody knows what {dump.files['decisions'].name} affected"
            raise FileRefused(Refusal(f"{dump.media_type}_decision_media.csv", None, None, None, reason))
    return dumps


def import_openverse(engine: Engine, directory: Path, how: How) -> Report:
    """Import a directory; what cannot be taken is in the report, and nothing is raised for it."""
    try:
        dumps = find_dumps(directory)
    except FileRefused as refused:
        return Report(how.origin, [FileReport(str(directory), refusals=[refused.refusal])], stored=False)
    sources = chain.from_iterable(dump.sources() for dump in dumps)
    report = import_files(engine, sources, how, lambda: [file for dump in dumps for file in dump.consulted])
    report.absent = [f"{dump.media_type}_{stem}" for dump in dumps for stem in STEMS if stem not in dump.files]
    return report
