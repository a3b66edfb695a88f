"""The tables of weekly summaries: those that were made, those that are wanted, and where they went."""

from sqlalchemy import Boolean, Column, Date, Index, Integer, String, Table, Text, UniqueConstraint, text

from dashapp.store.columns import Instant, key, metadata
from dashapp.store.incidents import NUMBER

BY_JOB = "job"
"""What made a summary that was due."""

summary = Table(
    "summary",
    metadata,
    Column("week", String(8), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("filters", String(2000), nullable=False),
    Column("made_at", Instant, nullable=False),
    key("made_by", nullable=False),
    Column("as_of", Date),
    Column("complete", Integer, nullable=False),
    Column("facts", Text, nullable=False),
    Column("text", Text, nullable=False),
    key("author", nullable=False),
    Column("reason", Text, nullable=False),
    Column("usage", Text),
    Column("comment", Text),
    Column("approved_at", Instant),
    key("approved_by"),
    Column("superseded_at", Instant),
    Column("superseded", Text),
)
"""Summaries of ISO weeks ("2024-W12"), each with the facts that its figures were taken from, a JSON array, and its
text, a JSON array of sections with placeholders for figures. One made again is the week's next version. `filters` is a
query string, empty for one of everything. `as_of` is the last covered day of all data then, `complete` the number of
the week's days that were covered and over, `author` what wrote the text, and `reason` why that did; `usage` is a JSON
object of what the model took. `made_by` is what asked for it: the job does so once a week. `superseded` are the keys, a
JSON array, of facts that have settled at other values since."""

DUE = text("made_by = 'job'")
Index("uq_summary_job", summary.c.week, unique=True, sqlite_where=DUE, postgresql_where=DUE)

summary_order = Table(
    "summary_order",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("week", String(8)),
    Column("filters", String(2000), nullable=False),
    Column("asked_at", Instant, nullable=False),
    key("asked_by", nullable=False),
    key("step"),
    Column("ended_at", Instant),
    Column("made", String(8)),
    Column("version", Integer),
    Column("error", Text),
    Index("ix_summary_order_ended_at", "ended_at"),
    sqlite_autoincrement=True,  # a page may still ask for one that is gone
)
"""Summaries that somebody wants now: of a week, or of the last complete one. `step` is what is being done about it;
once it has ended there is either the `version` of the week `made`, or an `error` in words."""

delivery = Table(
    "delivery",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("week", String(8), nullable=False),
    Column("version", Integer, nullable=False),
    Column("approved_at", Instant),
    key("channel", nullable=False),
    Column("digest", String(64), nullable=False),
    key("recipient", nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("given_up", Boolean, nullable=False),
    Column("error", Text),
    UniqueConstraint("week", "version", "approved_at", "channel", "digest", name="uq_delivery"),
    sqlite_autoincrement=True,
)
"""Where versions of summaries went or are to go: under each approval, and before there was any, once by each channel to
each recipient, who is told apart by the SHA-256 `digest` of the address and shown with most of it left out. One that
was not sent is tried again at `due_at`, until it is given up."""

UNAPPROVED = text("approved_at IS NULL")
Index(
    "uq_delivery_unapproved",
    delivery.c.week,
    delivery.c.version,
    delivery.c.channel,
    delivery.c.digest,
    unique=True,
    sqlite_where=UNAPPROVED,
    postgresql_where=UNAPPROVED,
)
