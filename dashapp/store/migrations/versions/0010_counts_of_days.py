"""Counts of days from origins that send no rows."""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")


def upgrade() -> None:
    """Take the store one step forward."""
    op.create_table('aggregate_day',
    sa.Column('origin', KEY, nullable=False),
    sa.Column('dimension', KEY, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('platform', KEY, nullable=False),
    sa.Column('value', KEY, nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.Column('mean', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('count >= 0', name=op.f('ck_aggregate_day_count')),
    sa.PrimaryKeyConstraint('origin', 'dimension', 'day', 'platform', 'value', name=op.f('pk_aggregate_day')),
    sqlite_with_rowid=False
    )


def downgrade() -> None:
    """Take the store one step back."""
    op.drop_table('aggregate_day')
