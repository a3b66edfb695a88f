"""The index by the day raised has the moment too, so that a page of flags is read in its order in place of sorted."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the store one step forward."""
    op.create_index("ix_flag_origin_flagged_day_flagged_at", "flag", ["origin", "flagged_day", "flagged_at"])
    op.drop_index("ix_flag_origin_flagged_day", table_name="flag")


def downgrade() -> None:
    """Take the store one step back."""
    op.create_index("ix_flag_origin_flagged_day", "flag", ["origin", "flagged_day"])
    op.drop_index("ix_flag_origin_flagged_day_flagged_at", table_name="flag")
