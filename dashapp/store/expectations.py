"""What a detector expected of each day, kept so that a day that has not changed is not judged again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select

from dashapp.domain.ask import Window
from dashapp.store.findings import Source
from dashapp.store.incidents import expectation

JUDGED = [column for column in expectation.columns if column.name not in (*Source._fields, "judged_at")]
"""What a row says beside whose it is; the moment takes longer to read than all the rest."""
ROWS = 5_000
"""Written at a time."""


def has_judged(connection: Connection, source: Source) -> bool:
    """Whether this version of the detector judged any day of a source."""
    found = select(expectation.c.day).where(*_of(source), expectation.c.version == source.version).limit(1)
    return connection.scalar(found) is not None


def knows_chances(connection: Connection, source: Source, window: Window) -> bool:
    """Whether this version of the detector could say of any day of the window how likely it was."""
    of = expectation.c
    where = [*_of(source), of.version == source.version, of.day.between(window.since, window.until), of.p.is_not(None)]
    return connection.scalar(select(of.day).where(*where).limit(1)) is not None


def expectations(
    connection: Connection, source: Source, window: Window, series: Iterable[str] | None = None
) -> Sequence[RowMapping]:
    """The rows of a source, of its version, by series and day."""
    of = expectation.c
    where = [*_of(source), of.version == source.version, of.day.between(window.since, window.until)]
    if series is not None:
        where.append(of.series.in_(list(series)))
    return connection.execute(select(*JUDGED).where(*where).order_by(of.series, of.day)).mappings().all()


def last_looked(connection: Connection, metric: str, origins: Iterable[str]) -> datetime | None:
    """When any day of a metric of some origins was last judged; None where none was."""
    of = expectation.c
    moments = [
        connection.scalar(select(func.max(of.judged_at)).where(of.origin == origin, of.metric == metric))
        for origin in origins
    ]
    return max((moment for moment in moments if moment), default=None)


def keep_expectations(
    connection: Connection, source: Source, series: Iterable[str], since: date, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Put these rows in place of what there is of some series from a day on, and of any other version."""
    of = expectation.c
    connection.execute(delete(expectation).where(*_of(source), of.version != source.version))
    connection.execute(delete(expectation).where(*_of(source), of.series.in_(list(series)), of.day >= since))
    named = [{**source._asdict(), **row} for row in rows]
    for first in range(0, len(named), ROWS):
        connection.execute(insert(expectation), named[first : first + ROWS])


def _of(source: Source) -> tuple[Any, ...]:
    of = expectation.c
    return of.origin == source.origin, of.metric == source.metric, of.detector == source.detector
