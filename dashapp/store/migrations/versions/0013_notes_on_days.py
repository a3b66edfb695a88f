"""What analysts note of days."""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Take the store one step forward."""
    op.create_table('annotation',
    sa.Column('id', NUMBER, nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('category', KEY, nullable=True),
    sa.Column('text', sa.String(length=500), nullable=False),
    sa.Column('actor', KEY, nullable=False),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.Column('removed_at', sa.DateTime(), nullable=True),
    sa.Column('removed_by', KEY, nullable=True),
    sa.CheckConstraint('since <= until', name=op.f('ck_annotation_days')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_annotation'))
    )


def downgrade() -> None:
    """Take the store one step back."""
    op.drop_table('annotation')
