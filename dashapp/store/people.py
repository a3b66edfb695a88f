"""The tables of who may come in: users, their sessions, ways in that work once, and how often somebody tried."""

from sqlalchemy import Boolean, CheckConstraint, Column, Double, ForeignKey, Index, String, Table, Text

from dashapp.store.columns import Instant, key, metadata
from dashapp.store.incidents import NUMBER

user_account = Table(
    "user_account",
    metadata,
    Column("id", NUMBER, primary_key=True),
    key("name", nullable=False),
    Column("role", String(20), nullable=False),
    Column("password", Text),
    Column("issuer", Text),
    Column("subject", Text),
    Column("active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("signed_in_at", Instant),
    CheckConstraint("password IS NULL OR issuer IS NULL", name="one_way_in"),
    CheckConstraint("(issuer IS NULL) = (subject IS NULL)", name="identity"),
    Index("ux_user_account_name", "name", unique=True),
    Index("ux_user_account_identity", "issuer", "subject", unique=True),
)
"""Who may sign in: with a password, of which its Argon2 hash is kept, or as whom an OpenID provider (`issuer`) knows as
`subject`; neither, as long as an invitation waits. Who was here stays as not active, so that the trail knows them.
"""

session = Table(
    "session",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", NUMBER, ForeignKey("user_account.id", name="fk_session_user_id"), nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Index("ix_session_user_id", "user_id"),
)
"""Who is signed in, by the SHA-256 of what their browser holds. `seen_at` is some minutes old at most."""

invitation = Table(
    "invitation",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", NUMBER, ForeignKey("user_account.id", name="fk_invitation_user_id")),
    Column("made_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
)
"""Ways in that work once, by their SHA-256: for a user who is to choose a password, or (null) for the first admin."""

bucket = Table(
    "bucket",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("tokens", Double, nullable=False),
    Column("at", Instant, nullable=False),
)
"""How often somebody may still try something, as token buckets: what was left `at` a moment."""
