<%def name="tidy(lines)">${"\n".join(line for line in lines.splitlines() if "# ###" not in line).strip() or "pass"}</%def>\
"""${message}."""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the store one step forward."""
    ${tidy(upgrades)}


def downgrade() -> None:
    """Take the store one step back."""
    ${tidy(downgrades)}
