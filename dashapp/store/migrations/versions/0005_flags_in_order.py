"""The index by the day raised has the moment too, so that a page of flags is read in its order in place of sorted."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the store one step forward."""
    if op.get_bind().dialect.name == "postgresql":  # which by itself has what is not given last
        op.create_index("ix_flag_raised", "flag", ["origin", "flagged_day", sa.text("flagged_at NULLS FIRST")])
    else:
        op.create_index("ix_flag_origin_flagged_day_flagged_at", "flag", ["origin", "flagged_day", "flagged_at"])
    op.drop_index("ix_flag_origin_flagged_day", table_name="flag")


def downgrade() -> None:
    """Take the store one step back."""
    op.create_index("ix_flag_origin_flagged_day", "flag", ["origin", "flagged_day"])
    raised = op.get_bind().dialect.name == "postgresql"
    op.drop_index("ix_flag_raised" if raised else "ix_flag_origin_flagged_day_flagged_at", table_name="flag")
