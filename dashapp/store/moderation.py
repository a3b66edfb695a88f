"""The tables of reports, decisions and events, and those of what lets events in."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from dashapp.domain.vocabulary import Dim
from dashapp.store.columns import Instant, key, metadata, of_fields, one_of

report = Table(
    "report",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    key("origin", nullable=False),
    key("report_id", nullable=False),
    Column("created_day", Date, nullable=False),
    Column("created_at", Instant, nullable=False),
    key("media_type", nullable=False),
    Column("violation", String(20), nullable=False),
    key("item_id"),
    key("creator"),
    key("source"),
    key("provider"),
    key("decision_id"),
    Column("action", String(30)),
    Column("decided_at", Instant),
    one_of(Dim.VIOLATION, "violation"),
    one_of(Dim.ACTION, "action"),
    Index("ux_report_origin_report_id", "origin", "report_id", unique=True),
    Index("ix_report_origin_created_day", "origin", "created_day"),
)
"""One row per report that a person made. A report with an action is reviewed, any other pending."""

decision = Table(
    "decision",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    key("origin", nullable=False),
    key("decision_id", nullable=False),
    Column("decided_day", Date, nullable=False),
    Column("decided_at", Instant, nullable=False),
    key("media_type", nullable=False),
    Column("action", String(30), nullable=False),
    Column("affected_records", BigInteger, nullable=False),
    Column("automated", Boolean),
    key("appeal_of"),
    key("reverses"),
    one_of(Dim.ACTION, "action"),
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
    key("origin", primary_key=True),
    Column("bin", Instant, primary_key=True),
    *(key(name, primary_key=True) for name in LIVE),
    Column("events", BigInteger, nullable=False),
    Column("affected", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Live counts of reports and decisions by five minutes (`bin` is when they begin) of the moment of the event, added to
in the transaction that accepts it. Nothing else is computed from events; what is computed from facts never reads it."""

event_seen = Table(
    "event_seen",
    metadata,
    key("origin", primary_key=True),
    key("event_id", primary_key=True),
    Column("day", Date, nullable=False),
    Index("ix_event_seen_day", "day"),
    sqlite_with_rowid=False,
)
"""The ids of events taken, by the day on which they were, so that one sent again counts once. Flags need none: a
flag's id is its own."""

ingest_count = Table(
    "ingest_count",
    metadata,
    key("origin", primary_key=True),
    Column("day", Date, primary_key=True),
    Column("outcome", String(20), primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""What became of events (new, seen or refused) by the day on which they were received. Lines of which no origin can be
read are of NOT_GIVEN. Beside these, of the events that came directly: how many say when they happened (timed), and how
many of those say a moment that was still to come (ahead) or long past (late)."""

api_token = Table(
    "api_token",
    metadata,
    Column("digest", String(64), primary_key=True),
    key("name", nullable=False),
    Column("scope", String(20), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("used_at", Instant),
    key("made_by"),
    Index("ux_api_token_name", "name", unique=True),
)
"""Tokens by their SHA-256; the token itself is shown once and kept nowhere. `used_at` is a minute old at most."""

log_offset = Table(
    "log_offset",
    metadata,
    Column("path", Text, primary_key=True),
    Column("file", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
)
"""How far a log has been taken in, from the beginning of the file that is known by `file`."""

dirty_report_day = Table(
    "dirty_report_day", metadata, key("origin", primary_key=True), Column("day", Date, primary_key=True)
)
"""Days whose cubes of reports and decisions no longer match the facts."""

REPORTED: tuple[Dim, ...] = (Dim.MEDIA_TYPE, Dim.VIOLATION, Dim.ACTION, Dim.SOURCE, Dim.PROVIDER)
"""The dimensions of the cube of reports; `action` is the decision's, NOT_GIVEN while a report is pending."""

cube_report = Table(
    "cube_report",
    metadata,
    key("origin", primary_key=True),
    Column("day", Date, primary_key=True),
    *(key(dim, primary_key=True) for dim in REPORTED),
    Column("received", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Reports by the day they came in."""

RULED: tuple[Dim, ...] = (Dim.MEDIA_TYPE, Dim.ACTION, Dim.SCOPE)
"""The dimensions of the cube of decisions."""

cube_decision = Table(
    "cube_decision",
    metadata,
    key("origin", primary_key=True),
    Column("day", Date, primary_key=True),
    *(key(dim, primary_key=True) for dim in RULED),
    Column("taken", BigInteger, nullable=False),
    Column("affected", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Decisions by the day they were taken, and the records they affected."""

report_field = of_fields("report_field")
"""What reports say (violation, by the day they came in) and decisions (action, automated, by the day they were taken),
each field by itself."""

aggregate_day = Table(
    "aggregate_day",
    metadata,
    key("origin", primary_key=True),
    key("dimension", primary_key=True),
    Column("day", Date, primary_key=True),
    key("platform", primary_key=True),
    key("value", primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("mean", BigInteger),
    CheckConstraint("count >= 0", name="count"),
    sqlite_with_rowid=False,
)
"""What platforms counted of a day, from origins that send no rows: in all (the dimension ALL_CASES), and of every other
dimension by its values. `mean` is in whole seconds, so that sums are the same in any order. By dimension first: a
question reads one."""

ALL_CASES = "rows"
"""The dimension of aggregate_day that counts every case once."""

AGGREGATED: tuple[Dim, ...] = (
    Dim.CATEGORY,
    Dim.CONTENT_TYPE,
    Dim.SOURCE_TYPE,
    Dim.DECISION_GROUND,
    Dim.DECISION_VISIBILITY,
    Dim.DECISION_ACCOUNT,
    Dim.AUTOMATED_DECISION,
    Dim.AUTOMATED_DETECTION,
)
"""The dimensions of aggregate_day that questions name."""
