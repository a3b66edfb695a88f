"""What the detection job tells an analyst of real counts: its incidents, by kind."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs

from sqlalchemy import Connection, Engine, func, select

from bench.durability import new_store
from dashapp.domain.vocabulary import IncidentKind
from dashapp.ingest.dsa import import_dsa
from dashapp.ingest.pipeline import How
from dashapp.metrics.detecting import detect
from dashapp.metrics.registry import Policy
from dashapp.settings import Settings
from dashapp.store.engine import reader_engine, writer_engine
from dashapp.store.findings import findings_within
from dashapp.store.incidents import expectation

ORIGIN = "dsa"
WAIT = 600
"""Seconds that a statement may take."""
YEAR = 365.25


@dataclass(frozen=True)
class Told:
    """The incidents of a platform in all of its judged days, over all series."""

    name: str
    years: float
    kinds: Mapping[IncidentKind, int]

    def a_year(self, *kinds: IncidentKind) -> float:
        """Incidents of these kinds in a year, of a series; all but changes of definition where none is given."""
        of = kinds or tuple(kind for kind in self.kinds if kind is not IncidentKind.DEFINITION_CHANGE)
        return sum(self.kinds.get(kind, 0) for kind in of) / self.years


def dsa_told(file: Path, now: datetime) -> list[Told]:
    """What one run over a whole file of daily statistics tells, by platform."""
    settings = Settings(_env_file=None, time_zone="UTC")
    with engines() as (reader, writer):
        import_dsa(writer, [file], How(ORIGIN, now, settings.zone, settings.sla))
        detect(reader, writer, Policy(settings.zone, settings.sla), now)
        with reader.connect() as connection:
            return list(_told(connection))


@contextmanager
def engines() -> Iterator[tuple[Engine, Engine]]:
    """The reader and the writer of an empty store."""
    with new_store() as (url, _):
        reader, writer = reader_engine(url, WAIT), writer_engine(url)
        yield reader, writer
        reader.dispose()
        writer.dispose()


def _told(connection: Connection) -> Iterator[Told]:
    of = expectation.c
    judged = select(of.series, func.count()).where(of.expected.is_not(None)).group_by(of.series)
    days = Counter[str]()
    for series, number in connection.execute(judged):
        days[platform(series)] += number
    kinds = Counter((platform(one.seen.series), one.seen.kind) for one in findings_within(connection, [ORIGIN]))
    for name in sorted(days):
        yield Told(name, days[name] / YEAR, {kind: number for (of_it, kind), number in kinds.items() if of_it == name})


def platform(series: str) -> str:
    """The platform of a series."""
    return parse_qs(series)["platform"][0]
