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


def upgrade() -> None:
    """Take the store one step forward."""
    _replace(COLUMNS)


def downgrade() -> None:
    """Take the store one step back."""
    _replace(("origin", "flagged_day"))


def _replace(columns: tuple[str, ...]) -> None:
    op.drop_index("ix_flag_open", table_name="flag")
    op.create_index("ix_flag_open", "flag", list(columns), sqlite_where=OPEN, postgresql_where=OPEN)
