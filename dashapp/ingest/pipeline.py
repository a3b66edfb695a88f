"""From files to the store: each row is checked as a message, then stored or refused; each file is one transaction."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, select

from dashapp.domain.ask import Window
from dashapp.domain.messages import FlagRow, Incident, Message, Reviewer
from dashapp.domain.vocabulary import Dim, Feed, Severity
from dashapp.ingest.lines import Columns, FileRefused
from dashapp.ingest.reasons import CLOSED, first_problem
from dashapp.ingest.records import open_records
from dashapp.ingest.report import FileReport, Progress, Refusal, Report, shown
from dashapp.store.rollup import rollup
from dashapp.store.schema import dimension_value
from dashapp.store.writes import (
    Counts,
    flag_row,
    put_coverage,
    put_flags,
    put_incidents,
    put_origin,
    put_reviewers,
)

BATCH = 1_000
"""Rows checked before they are stored together."""

Put = Callable[[Connection, Sequence[Any], "How"], Counts]
Prepare = Callable[[Mapping[str, str]], Mapping[str, Any]]


class Unfit(Exception):
    """Why a row cannot become a message: the field that says something impossible, and the reason."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name, self.reason = name, reason


@dataclass(frozen=True)
class How:
    """How to import: as which origin, when, under which settings, and what to do about refusals and conflicts."""

    origin: str
    now: datetime
    zone: ZoneInfo
    sla: Mapping[Severity, float]
    replace: bool = False
    strict: bool = False
    dry_run: bool = False
    progress: Progress = lambda _file, _done, _size: None

    @property
    def today(self) -> date:
        """The day it is in the reporting zone."""
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True)
class Kind:
    """One kind of file: what its rows become, from which columns (field by header), and how they are stored.

    `feed` is what its rows cover their `day` of: all days from the first to the last, or with `gaps` only those that
    have rows. `prepare` makes the fields of a message of those that a row gives, or raises Unfit. `identity` tells rows
    apart where the key alone does not.
    """

    message: type[Message]
    columns: Mapping[str, str]
    key: str
    days: tuple[str, ...]
    """The fields, days or moments, that may not lie in the future."""
    put: Put
    feed: Feed | None = None
    day: Callable[[Any, ZoneInfo], date] | None = None
    prepare: Prepare = lambda given: given
    gaps: bool = False
    identity: Callable[[Any], Hashable] | None = None

    def identified(self, message: Message) -> Hashable:
        """What no other row of a file may be."""
        return self.identity(message) if self.identity else getattr(message, self.key)


@dataclass(frozen=True)
class Source:
    """One file to import, and under which headers it has the columns that are called otherwise."""

    path: Path
    kind: Kind
    renamed: Mapping[str, str] = field(default_factory=dict)


def store_flags(connection: Connection, messages: Sequence[FlagRow], how: How) -> Counts:
    """Store flags."""
    rows = [flag_row(how.origin, message, how.zone) for message in messages]
    return put_flags(connection, rows, replace=how.replace)


def store_reviewers(connection: Connection, messages: Sequence[Reviewer], how: How) -> Counts:
    """Store reviewers."""
    return put_reviewers(connection, how.origin, messages, replace=how.replace)


def store_incidents(connection: Connection, messages: Sequence[Incident], how: How) -> Counts:
    """Store known attacks."""
    return put_incidents(connection, how.origin, messages, replace=how.replace)


def import_files(
    engine: Engine, sources: Iterable[Source], how: How, beside: Callable[[], list[FileReport]] = list
) -> Report:
    """Import files one after the other. Each is one transaction; a strict or dry import is one over all files.
    `beside` tells, when all are read, of files that are not imported and were only looked things up in.

    A transaction ends with what is derived from its rows, so that nobody reads days whose numbers are still to come.
    """
    report = Report(how.origin, [], dry_run=how.dry_run)
    if not (how.strict or how.dry_run):
        for source in sources:
            with engine.begin() as connection:
                report.files.append(_import_file(connection, source, how))
                rollup(connection, how.sla)
        report.files += beside()
        return report
    with engine.connect() as connection, connection.begin() as transaction:
        report.files = [*(_import_file(connection, source, how) for source in sources), *beside()]
        report.stored = not (how.dry_run or report.refusals)
        if report.stored:
            rollup(connection, how.sla)
        else:
            transaction.rollback()
    return report


def _import_file(connection: Connection, source: Source, how: How) -> FileReport:
    """Import one file; a file that cannot be read to its end leaves nothing behind."""
    name = source.path.name
    try:
        with connection.begin_nested():
            return _File(connection, source, how).take()
    except FileRefused as refused:
        return FileReport(name, refusals=[refused.refusal])
    except OSError as error:
        return FileReport(name, refusals=[unreadable(name, error)])


def unreadable(name: str, error: OSError) -> Refusal:
    """Why the system does not let a file be read."""
    reason = f"cannot be read: {error.strerror or 'the system gives no reason'}"
    return Refusal(name, None, None, None, reason)


class _File:
    """One file on its way in."""

    def __init__(self, connection: Connection, source: Source, how: How) -> None:
        self.connection, self.how, self.kind = connection, how, source.kind
        self.columns = Columns(tuple(source.kind.columns), source.renamed)
        self.records = open_records(source.path, self.columns)
        self.report = FileReport(source.path.name)
        self.lines: dict[Hashable, int] = {}
        """The line of every row met so far, by what tells it apart."""
        self.batch: list[tuple[int, Message]] = []
        self.days: set[date] = set()
        self.categories: set[str] = set()
        self.today = how.today

    def take(self) -> FileReport:
        """Read, check and store all rows, and say what became of them."""
        for record in self.records:
            self.report.read += 1
            taken = record if isinstance(record, Refusal) else self._message(*record)
            if isinstance(taken, Refusal):
                self._refuse(taken)
            else:
                self.batch.append(taken)
            if self.report.read % BATCH == 0:
                self._store()
        self._store()
        if not self.report.read:
            raise FileRefused(Refusal(self.report.file, 1, None, None, "has a header and no rows"))
        self.report.ignored_columns = self.columns.ignored
        self._finish()
        return self.report

    def _message(self, line: int, record: Mapping[str, str]) -> tuple[int, Message] | Refusal:
        """A record as a message, or why it is not one."""
        fields = self.fields
        given = {fields[header]: value.strip() for header, value in record.items()}
        try:
            told = self.kind.prepare(given)
            message = self.kind.message.model_validate({name: value for name, value in told.items() if value})
        except Unfit as unfit:
            return self._refusal(line, unfit.name, given.get(unfit.name) or None, unfit.reason)
        except ValidationError as error:
            name, reason = first_problem(error, given)
            return self._refusal(line, name, given.get(name) or None, reason)
        if late := self._in_the_future(message):
            return self._refusal(line, late, given[late], "lies in the future")
        earlier = self.lines.setdefault(self.kind.identified(message), line)
        if earlier != line:
            reason = f"is the same as on line {earlier}"
            return self._refusal(line, self.kind.key, given[self.kind.key] or None, reason)
        return line, message

    def _in_the_future(self, message: Message) -> str | None:
        """The field that puts something on a day after today, or at a moment that is still to come."""
        for name in self.kind.days:
            value: date | datetime = getattr(message, name)
            if value > self.how.now if isinstance(value, datetime) else value > self.today:
                return name
        return None

    @cached_property
    def fields(self) -> dict[str, str]:
        """The field that each wanted column of the file feeds; known once its header is read."""
        return {header: self.kind.columns[name] for header, name in self.columns.headers.items()}

    def _refusal(self, line: int, name: str, value: str | None, reason: str) -> Refusal:
        """A refusal that names the column as the file does."""
        header = next((header for header, field in self.fields.items() if field == name), name)
        return Refusal(self.report.file, line, header, None if value is None else shown(value), reason)

    def _refuse(self, refusal: Refusal) -> None:
        self.report.refused += 1
        self.report.refusals.append(refusal)

    def _store(self) -> None:
        """Store the batch; rows that contradict what is stored are refused."""
        messages = [message for _, message in self.batch]
        counts = self.kind.put(self.connection, messages, self.how) if messages else Counts()
        clashes, refused = dict(counts.conflicts), counts.refused_places
        for place, column in clashes.items():
            line, message = self.batch[place]
            value = str(getattr(message, column, ""))
            self._refuse(self._refusal(line, column, value, "is not what is stored; --replace takes it over"))
        for place in counts.closed_places:
            line, message = self.batch[place]
            name = self.kind.days[0]
            self._refuse(self._refusal(line, name, str(getattr(message, name)), CLOSED))
        self.report.new += counts.new
        self.report.updated += counts.updated
        self.report.seen += counts.seen
        self._note(message for place, message in enumerate(messages) if place not in refused)
        self.batch.clear()
        self.how.progress(self.report.file, self.records.done, self.records.size)

    def _note(self, messages: Iterator[Message]) -> None:
        """Keep the days and categories of what was accepted."""
        for message in messages:
            if self.kind.day:
                self.days.add(self.kind.day(message, self.how.zone))
            if isinstance(message, FlagRow):
                self.categories.add(message.category)

    def _finish(self) -> None:
        """Note what the file as a whole says about its origin."""
        if self.report.read == self.report.refused:
            return
        if self.categories:
            self.report.new_categories = sorted(self.categories - self._known_categories())
        put_origin(self.connection, self.how.origin, "import", self.how.now)
        if self.days and self.kind.feed:
            days = self.days if self.kind.gaps else Window(min(self.days), max(self.days))
            put_coverage(self.connection, self.how.origin, days, self.kind.feed)

    def _known_categories(self) -> set[str]:
        """The categories that the origin had before; of a new origin none is news."""
        here = (dimension_value.c.origin == self.how.origin) & (dimension_value.c.dim == Dim.CATEGORY)
        known = set(self.connection.scalars(select(dimension_value.c.value).where(here)))
        return known or self.categories
