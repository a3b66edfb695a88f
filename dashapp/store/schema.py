"""The tables. Ids from outside are unique within their `origin`, the system that sent them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

from dashapp.domain.vocabulary import CLOSED, Dim

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC: aware in Python, naive in the database."""

    impl = DateTime
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """For SQLite the text that it keeps, made several times faster than by the type underneath."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        def text(value: datetime | None) -> str | None:
            if value is None:
                return None
            if value.tzinfo is None:
                raise ValueError(f"{value} has no time zone")
            return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]

        return text

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 # the base class names it
        """Aware to naive UTC; a naive value is a mistake of ours."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 # the base class names it
        """Naive UTC to aware."""
        return value and value.replace(tzinfo=UTC)


def _one_of(dim: Dim, column: str) -> CheckConstraint:
    values = ", ".join(f"'{value}'" for value in CLOSED[dim])
    return CheckConstraint(f"{column} IN ({values})", name=column)


def _key(name: str, **options: Any) -> Column[str]:
    return Column(name, String(200), **options)


meta = Table("meta", metadata, _key("key", primary_key=True), Column("value", Text, nullable=False))
"""What the derived tables were built with: reporting time zone, SLA hours."""

origin = Table(
    "origin",
    metadata,
    _key("origin", primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("delivered_at", Instant, nullable=False),
)
"""The feeding systems. `kind` is demo, import or events; `delivered_at` is when it last gave us something."""

coverage = Table(
    "coverage",
    metadata,
    _key("origin", primary_key=True),
    Column("feed", String(20), primary_key=True),
    Column("day", Date, primary_key=True),
)
"""The days of which an origin told us something, if only that they were quiet, by what it told us of (Feed)."""

flag = Table(
    "flag",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    _key("origin", nullable=False),
    _key("flag_id", nullable=False),
    Column("flagged_day", Date, nullable=False),
    Column("flagged_at", Instant),
    _key("detector"),
    _key("media_type"),
    _key("item_id"),
    _key("category", nullable=False),
    Column("severity", String(20), nullable=False),
    _key("region"),
    Column("score", Double),
    _key("model_version"),
    Column("routing", String(20), nullable=False),
    _key("reviewer_id"),
    Column("hours_to_decision", Double),
    Column("decided_at", Instant),
    Column("decided_day", Date),
    _key("decision_id"),
    Column("label", String(20)),
    Column("coordinated", Boolean),
    _key("incident_id"),
    _key("reporter_key"),
    _key("target_key"),
    Column("target_created_at", Instant),
    _key("content_key"),
    _one_of(Dim.SEVERITY, "severity"),
    _one_of(Dim.ROUTING, "routing"),
    _one_of(Dim.LABEL, "label"),
    CheckConstraint("score BETWEEN 0 AND 1", name="score"),
    CheckConstraint("hours_to_decision >= 0", name="hours_to_decision"),
    Index("ux_flag_origin_flag_id", "origin", "flag_id", unique=True),
    Index("ix_flag_origin_flagged_day_flagged_at", "origin", "flagged_day", "flagged_at"),
    Index("ix_flag_origin_decided_day", "origin", "decided_day"),
)
"""One row per concern raised by a classifier, a trusted flagger or own review."""

Index(
    "ix_flag_open",
    flag.c.routing,
    flag.c.decided_day,
    flag.c.severity,
    flag.c.flagged_day,
    flag.c.flagged_at,
    flag.c.origin,
    flag.c.category,
    flag.c.region,
    flag.c.media_type,
    flag.c.detector,
    flag.c.label,
    flag.c.model_version,
    flag.c.reviewer_id,
    sqlite_where=(flag.c.routing == "human_review") & flag.c.decided_day.is_(None),
    postgresql_where=(flag.c.routing == "human_review") & flag.c.decided_day.is_(None),
)

report = Table(
    "report",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    _key("origin", nullable=False),
    _key("report_id", nullable=False),
    Column("created_day", Date, nullable=False),
    Column("created_at", Instant, nullable=False),
    _key("media_type", nullable=False),
    Column("violation", String(20), nullable=False),
    _key("item_id"),
    _key("creator"),
    _key("source"),
    _key("provider"),
    _key("decision_id"),
    Column("action", String(30)),
    Column("decided_at", Instant),
    _one_of(Dim.VIOLATION, "violation"),
    _one_of(Dim.ACTION, "action"),
    Index("ux_report_origin_report_id", "origin", "report_id", unique=True),
    Index("ix_report_origin_created_day", "origin", "created_day"),
)
"""One row per report that a person made. A report with an action is reviewed, any other pending."""

decision = Table(
    "decision",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    _key("origin", nullable=False),
    _key("decision_id", nullable=False),
    Column("decided_day", Date, nullable=False),
    Column("decided_at", Instant, nullable=False),
    _key("media_type", nullable=False),
    Column("action", String(30), nullable=False),
    Column("affected_records", BigInteger, nullable=False),
    Column("automated", Boolean),
    _key("appeal_of"),
    _key("reverses"),
    _one_of(Dim.ACTION, "action"),
    CheckConstraint("affected_records >= 0", name="affected_records"),
    Index("ux_decision_origin_decision_id", "origin", "decision_id", unique=True),
    Index("ix_decision_origin_decided_day", "origin", "decided_day"),
)
"""One row per ruling, whatever number of records it affected."""

LIVE: tuple[str, ...] = ("message_type", "media_type", "event", "violation", "action", "scope")
"""What live counts are kept by; what a message does not have is NOT_GIVEN."""

event_bin = Table(
    "event_bin",
    metadata,
    _key("origin", primary_key=True),
    Column("bin", Instant, primary_key=True),
    *(_key(name, primary_key=True) for name in LIVE),
    Column("events", BigInteger, nullable=False),
    Column("affected", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Live counts of reports and decisions by five minutes (`bin` is when they begin) of the moment of the event, added to
in the transaction that accepts it. Nothing else is computed from events; what is computed from facts never reads it."""

event_seen = Table(
    "event_seen",
    metadata,
    _key("origin", primary_key=True),
    _key("event_id", primary_key=True),
    Column("day", Date, nullable=False),
    Index("ix_event_seen_day", "day"),
    sqlite_with_rowid=False,
)
"""The ids of events taken, by the day on which they were, so that one sent again counts once. Flags need none: a
flag's id is its own."""

ingest_count = Table(
    "ingest_count",
    metadata,
    _key("origin", primary_key=True),
    Column("day", Date, primary_key=True),
    Column("outcome", String(20), primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""What became of events (new, seen or refused) by the day on which they were received. Lines of which no origin can be
read are of NOT_GIVEN."""

api_token = Table(
    "api_token",
    metadata,
    Column("digest", String(64), primary_key=True),
    _key("name", nullable=False),
    Column("scope", String(20), nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("ux_api_token_name", "name", unique=True),
)
"""Tokens by their SHA-256; the token itself is shown once and kept nowhere."""

log_offset = Table(
    "log_offset",
    metadata,
    Column("path", Text, primary_key=True),
    Column("file", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
)
"""How far a log has been taken in, from the beginning of the file that is known by `file`."""

reviewer = Table(
    "reviewer",
    metadata,
    _key("origin", primary_key=True),
    _key("reviewer_id", primary_key=True),
    _key("team", nullable=False),
    Column("capacity_per_day", Integer, nullable=False),
    _key("seniority"),
)
"""Teams and capacity. Names are not kept: nothing shows them."""

incident = Table(
    "incident",
    metadata,
    _key("origin", primary_key=True),
    _key("incident_id", primary_key=True),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    _key("category", nullable=False),
    Column("severity", String(20), nullable=False),
    Column("accounts", Integer),
    Column("pattern", Text),
    _one_of(Dim.SEVERITY, "severity"),
)
"""Known attacks: the ground truth that detectors are held against."""

dimension_value = Table(
    "dimension_value",
    metadata,
    _key("origin", primary_key=True),
    _key("dim", primary_key=True),
    _key("value", primary_key=True),
    Column("first_day", Date, nullable=False),
    Column("position", Integer, nullable=False),
)
"""The values seen of each open dimension. `position` counts a dimension's values in the order in which the store
met them and is the same in every origin, so a value keeps its colour for good."""

dirty_day = Table("dirty_day", metadata, _key("origin", primary_key=True), Column("day", Date, primary_key=True))
"""Days whose cubes and histograms no longer match the facts."""

dirty_report_day = Table(
    "dirty_report_day", metadata, _key("origin", primary_key=True), Column("day", Date, primary_key=True)
)
"""Days whose cubes of reports and decisions no longer match the facts."""

THIN: tuple[Dim, ...] = (Dim.SEVERITY, Dim.ROUTING)
"""The dimensions that metrics themselves go by: every cube has them beside day and origin."""

CORE: tuple[Dim, ...] = (Dim.CATEGORY, *THIN, Dim.MODEL_VERSION)
"""The dimensions of every cube but the thin one. Few days see more than one model version, so it costs hardly a row."""

EXTRA: tuple[Dim, ...] = (Dim.REGION, Dim.MEDIA_TYPE, Dim.TEAM, Dim.DETECTOR, Dim.LABEL)
"""The dimensions that have a cube of their own, beside the core."""

MEASURES = (
    "raised",
    "decided",
    "decided_in_sla",
    "coordinated",
    "marked",
    "confirmed",
    "rejected",
    "scored",
    "score_nano",
)
"""What cubes hold. `decided` counts by the day of the decision, all others by the day raised. `marked` are flags whose
origin says whether they were coordinated; `confirmed` and `rejected` are so labelled. `score_nano` is the sum of scores
in units of 1e-9: whole numbers add up to the same sum in any order and on any engine."""


def _cube(name: str, dims: tuple[Dim, ...]) -> Table:
    return Table(
        f"cube_{name}",
        metadata,
        _key("origin", primary_key=True),
        Column("day", Date, primary_key=True),
        *(_key(dim, primary_key=True) for dim in dims),
        *(Column(name, BigInteger, nullable=False) for name in MEASURES),
        sqlite_with_rowid=False,
    )


CUBES: dict[Dim | None, Table] = {
    None: _cube("core", CORE),
    **{extra: _cube(extra, (*CORE, extra)) for extra in EXTRA},
}
"""The cubes by the one dimension that they have beside the core."""

thin_cube = _cube("thin", THIN)
"""What most figures are read from: a day is sixteen rows of it, whatever is flagged."""

workload = Table(
    "workload",
    metadata,
    _key("origin", primary_key=True),
    Column("day", Date, primary_key=True),
    _key("reviewer_id", primary_key=True),
    Column("decided", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Human-review flags by the day of the decision and who took it."""


def _histogram(name: str, dims: tuple[Dim, ...]) -> Table:
    """A histogram a row: the counts of the bins from `first` on (store.bins.packed), so that reading one costs the same
    however many flags are in it.
    """
    return Table(
        name,
        metadata,
        _key("origin", primary_key=True),
        Column("day", Date, primary_key=True),
        *(_key(dim, primary_key=True) for dim in dims),
        Column("first", Integer, nullable=False),
        Column("counts", LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


score_histogram = _histogram("score_histogram", (Dim.CATEGORY, Dim.MODEL_VERSION, Dim.LABEL))
"""Flags by score in 100 equal bins from 0 to 1 (1 itself in the last), by the day raised."""

HOURS: tuple[Dim, ...] = (Dim.CATEGORY, *THIN)
"""The dimensions of the histogram of hours."""

hours_histogram = _histogram("hours_histogram", HOURS)
"""Decided flags by hours to decision in log-spaced bins (store.bins), by the day raised."""

REPORTED: tuple[Dim, ...] = (Dim.MEDIA_TYPE, Dim.VIOLATION, Dim.ACTION, Dim.SOURCE, Dim.PROVIDER)
"""The dimensions of the cube of reports; `action` is the decision's, NOT_GIVEN while a report is pending."""

cube_report = Table(
    "cube_report",
    metadata,
    _key("origin", primary_key=True),
    Column("day", Date, primary_key=True),
    *(_key(dim, primary_key=True) for dim in REPORTED),
    Column("received", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Reports by the day they came in."""

RULED: tuple[Dim, ...] = (Dim.MEDIA_TYPE, Dim.ACTION, Dim.SCOPE)
"""The dimensions of the cube of decisions."""

cube_decision = Table(
    "cube_decision",
    metadata,
    _key("origin", primary_key=True),
    Column("day", Date, primary_key=True),
    *(_key(dim, primary_key=True) for dim in RULED),
    Column("taken", BigInteger, nullable=False),
    Column("affected", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Decisions by the day they were taken, and the records they affected."""

DERIVED = (*CUBES.values(), thin_cube, workload, score_histogram, hours_histogram)
"""The tables that are rebuilt from the flags."""
