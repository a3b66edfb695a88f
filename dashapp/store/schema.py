"""The tables. Ids from outside are unique within their `origin`, the system that sent them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from dashapp.domain.vocabulary import Dim
from dashapp.store import incidents, moderation, operations, people, writings  # noqa: F401 # so that who knows these tables knows all
from dashapp.store.columns import Instant, key, metadata, of_fields, one_of

meta = Table("meta", metadata, key("key", primary_key=True), Column("value", Text, nullable=False))
"""What the derived tables were built with: reporting time zone, SLA hours."""

origin = Table(
    "origin",
    metadata,
    key("origin", primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("delivered_at", Instant, nullable=False),
)
"""The feeding systems. `kind` is demo, import or events; `delivered_at` is when it last gave us something."""

coverage = Table(
    "coverage",
    metadata,
    key("origin", primary_key=True),
    Column("feed", String(20), primary_key=True),
    Column("day", Date, primary_key=True),
)
"""The days of which an origin told us something, if only that they were quiet, by what it told us of (Feed)."""

flag = Table(
    "flag",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    key("origin", nullable=False),
    key("flag_id", nullable=False),
    Column("flagged_day", Date, nullable=False),
    Column("flagged_at", Instant),
    key("detector"),
    key("media_type"),
    key("item_id"),
    key("category", nullable=False),
    Column("severity", String(20), nullable=False),
    key("region"),
    Column("score", Double),
    key("model_version"),
    Column("routing", String(20), nullable=False),
    key("reviewer_id"),
    Column("hours_to_decision", Double),
    Column("decided_at", Instant),
    Column("decided_day", Date),
    key("decision_id"),
    Column("label", String(20)),
    Column("coordinated", Boolean),
    key("incident_id"),
    key("reporter_key"),
    key("target_key"),
    Column("target_created_at", Instant),
    key("content_key"),
    one_of(Dim.SEVERITY, "severity"),
    one_of(Dim.ROUTING, "routing"),
    one_of(Dim.LABEL, "label"),
    CheckConstraint("score BETWEEN 0 AND 1", name="score"),
    CheckConstraint("hours_to_decision >= 0", name="hours_to_decision"),
    Index("ux_flag_origin_flag_id", "origin", "flag_id", unique=True),
    Index("ix_flag_origin_decided_day", "origin", "decided_day"),
)
"""One row per concern raised by a classifier, a trusted flagger or own review."""

Index("ix_flag_origin_flagged_day_flagged_at", flag.c.origin, flag.c.flagged_day, flag.c.flagged_at).ddl_if("sqlite")
Index("ix_flag_raised", flag.c.origin, flag.c.flagged_day, flag.c.flagged_at.nulls_first()).ddl_if("postgresql")
"""A day's flags in the order in which they are listed, those without a moment first."""

OPEN = (flag.c.routing == "human_review") & flag.c.decided_day.is_(None)

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
    sqlite_where=OPEN,
).ddl_if("sqlite")
"""Has all that is asked of open flags. On PostgreSQL an entry of an index may not be longer than 2.7 kB: there it
has what every page asks, and what else is asked is read from the flags themselves.
"""
_waiting = (flag.c.severity, flag.c.flagged_day, flag.c.flagged_at)
Index("ix_flag_waiting", *_waiting, postgresql_where=OPEN, postgresql_include=["origin", "category"]).ddl_if(
    "postgresql"
)

reviewer = Table(
    "reviewer",
    metadata,
    key("origin", primary_key=True),
    key("reviewer_id", primary_key=True),
    key("team", nullable=False),
    Column("capacity_per_day", Integer, nullable=False),
    key("seniority"),
)
"""Teams and capacity. Names are not kept: nothing shows them."""

incident = Table(
    "incident",
    metadata,
    key("origin", primary_key=True),
    key("incident_id", primary_key=True),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    key("category", nullable=False),
    Column("severity", String(20), nullable=False),
    Column("accounts", Integer),
    Column("pattern", Text),
    one_of(Dim.SEVERITY, "severity"),
)
"""Known attacks: the ground truth that detectors are held against."""

dimension_value = Table(
    "dimension_value",
    metadata,
    key("origin", primary_key=True),
    key("dim", primary_key=True),
    key("value", primary_key=True),
    Column("first_day", Date, nullable=False),
    Column("position", Integer, nullable=False),
)
"""The values seen of each open dimension. `position` counts a dimension's values in the order in which the store
met them and is the same in every origin, so a value keeps its colour for good."""

dirty_day = Table("dirty_day", metadata, key("origin", primary_key=True), Column("day", Date, primary_key=True))
"""Days whose cubes and histograms no longer match the facts."""

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
        key("origin", primary_key=True),
        Column("day", Date, primary_key=True),
        *(key(dim, primary_key=True) for dim in dims),
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
    key("origin", primary_key=True),
    Column("day", Date, primary_key=True),
    key("reviewer_id", primary_key=True),
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
        key("origin", primary_key=True),
        Column("day", Date, primary_key=True),
        *(key(dim, primary_key=True) for dim in dims),
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

flag_field = of_fields("flag_field")
"""What flags say of each of their fields by itself, by the day raised; of labels those given, by the day decided."""

SIGNALS = (
    ("targeted", "target_pairs"),
    ("aged", "young"),
    ("keyed", "copies"),
    ("timed", "burst"),
    ("reported", "reporter_pairs"),
    ("traced", "co_reports"),
)
"""What stats.coordination.Signals is made of: of how many flags, and what was seen of them."""

signal_day = Table(
    "signal_day",
    metadata,
    key("origin", primary_key=True),
    Column("day", Date, primary_key=True),
    key("category", primary_key=True),
    Column("flags", BigInteger, nullable=False),
    *(
        Column(name, BigInteger, nullable=seen)
        for pair in SIGNALS
        for name, seen in zip(pair, (False, True), strict=True)
    ),
    sqlite_with_rowid=False,
)
"""What the flags raised on a day have in common. Null where no flag can tell: without moments there is no burst."""

cube_hour = Table(
    "cube_hour",
    metadata,
    key("origin", primary_key=True),
    Column("day", Date, primary_key=True),
    Column("hour", Instant, primary_key=True),
    key("category", primary_key=True),
    Column("raised", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Flags by the hour in which they were raised, named by its first moment, of those whose moment is known."""

DERIVED = (*CUBES.values(), thin_cube, workload, score_histogram, hours_histogram, flag_field, signal_day, cube_hour)
"""The tables that are rebuilt from the flags."""
