"""The tables of what detectors found, what analysts noted of days, and the trail of who changed what."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from dashapp.domain.vocabulary import Triage
from dashapp.store.columns import Instant, key, metadata

NUMBER = BigInteger().with_variant(Integer, "sqlite")

expectation = Table(
    "expectation",
    metadata,
    key("origin", primary_key=True),
    key("metric", primary_key=True),
    key("detector", primary_key=True),
    Column("series", String(500).with_variant(String(500, collation="C"), "postgresql"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("observed", Double),
    Column("expected", Double),
    Column("low", Double),
    Column("high", Double),
    Column("p", Double),
    Column("p_low", Double),
    Column("variance", Double),
    Column("freedom", Double),
    Column("provisional", Boolean, nullable=False),
    Column("judged_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
"""What a detector, in its `version`, made of each day of each series: what it saw, the count to be expected and between
which counts the day is no alarm, the chances of a count at least as high and at most as high. `series` is the query
string of the groups ("category=spam"). `variance` and `freedom` are the rest of what was expected
(stats.reference). Numbers are null for a day without data or that could not be judged.
"""

finding = Table(
    "finding",
    metadata,
    Column("id", NUMBER, primary_key=True),
    key("origin", nullable=False),
    key("metric", nullable=False),
    key("detector", nullable=False),
    Column("version", Integer, nullable=False),
    Column("series", String(500), nullable=False),
    key("kind", nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("observed", Double),
    Column("expected", Double),
    Column("low", Double),
    Column("high", Double),
    Column("p", Double),
    Column("coordination", Double),
    Column("provisional", Boolean, nullable=False),
    Column("evidence", Text, nullable=False),
    key("attack"),
    Column("state", String(20), nullable=False),
    Column("note", Text),
    Column("found_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("withdrawn_at", Instant),
    CheckConstraint(f"state IN ({', '.join(repr(str(state)) for state in Triage)})", name="state"),
    Index("ix_finding_origin_until", "origin", "until"),
    sqlite_autoincrement=True,  # the trail goes on naming one that is gone
)
"""Incidents that a detector found, each with what it saw in all of its days: the counts, those to be expected, the
interval of their sum, the smallest chance `p` of the volume and `coordination` of the signals. `evidence` is a
JSON object (metrics.evidence); `attack` the known attack that it is part of. `state` and `note` are an analyst's;
`ended_at` is when it was over, `withdrawn_at` when later data had changed the detector's mind.
"""

annotation = Table(
    "annotation",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    key("category"),
    Column("text", String(500), nullable=False),
    key("actor", nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("removed_at", Instant),
    key("removed_by"),
    CheckConstraint("since <= until", name="days"),
)
"""What analysts noted of days, of a category or of all (null). One that was removed stays, with when and by whom."""

audit = Table(
    "audit",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("at", Instant, nullable=False),
    key("actor", nullable=False),
    key("action", nullable=False),
    key("subject", nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_audit_subject", "subject", "id"),
    Index("ix_audit_at", "at", "id"),
)
"""Who did what: `subject` is what it was done to ("finding 12"), `detail` a JSON object of the values from then on. The
database itself refuses to change or delete a row.
"""
