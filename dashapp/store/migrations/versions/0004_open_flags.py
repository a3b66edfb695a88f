"""An index that has all that is asked of open flags, so that what waits is found without reading the flags."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPEN = sa.text("routing = 'human_review' AND decided_day IS NULL")
COLUMNS = (
    "routing",
    "decided_day",
    "severity",
    "flagged_day",
    "flagged_at",
    "origin",
    "category",
    "region",
    "media_type",
    "detector",
    "label",
    "model_version",
    "reviewer_id",
)


WAITING = ("severity", "flagged_day", "flagged_at")
"""On PostgreSQL, where an entry of an index may not be longer than 2.7 kB and reading the few flags costs little."""


def upgrade() -> None:
    """Take the store one step forward."""
    op.drop_index("ix_flag_open", table_name="flag")
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_flag_waiting", "flag", list(WAITING), postgresql_where=OPEN, postgresql_include=["origin", "category"]
        )
    else:
        op.create_index("ix_flag_open", "flag", list(COLUMNS), sqlite_where=OPEN)


def downgrade() -> None:
    """Take the store one step back."""
    waiting = op.get_bind().dialect.name == "postgresql"
    op.drop_index("ix_flag_waiting" if waiting else "ix_flag_open", table_name="flag")
    op.create_index("ix_flag_open", "flag", ["origin", "flagged_day"], sqlite_where=OPEN, postgresql_where=OPEN)
