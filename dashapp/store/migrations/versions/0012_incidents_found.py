"""What detectors expect and find, what analysts make of it, and the trail of changes."""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
SERIES = sa.String(length=500).with_variant(sa.String(length=500, collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Take the store one step forward."""
    op.create_table('expectation',
    sa.Column('origin', KEY, nullable=False),
    sa.Column('metric', KEY, nullable=False),
    sa.Column('detector', KEY, nullable=False),
    sa.Column('series', SERIES, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('observed', sa.Double(), nullable=True),
    sa.Column('expected', sa.Double(), nullable=True),
    sa.Column('low', sa.Double(), nullable=True),
    sa.Column('high', sa.Double(), nullable=True),
    sa.Column('p', sa.Double(), nullable=True),
    sa.Column('p_low', sa.Double(), nullable=True),
    sa.Column('variance', sa.Double(), nullable=True),
    sa.Column('freedom', sa.Double(), nullable=True),
    sa.Column('provisional', sa.Boolean(), nullable=False),
    sa.Column('judged_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('origin', 'metric', 'detector', 'series', 'day', name=op.f('pk_expectation')),
    sqlite_with_rowid=False
    )
    op.create_table('finding',
    sa.Column('id', NUMBER, nullable=False),
    sa.Column('origin', KEY, nullable=False),
    sa.Column('metric', KEY, nullable=False),
    sa.Column('detector', KEY, nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('series', sa.String(length=500), nullable=False),
    sa.Column('kind', KEY, nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('observed', sa.Double(), nullable=True),
    sa.Column('expected', sa.Double(), nullable=True),
    sa.Column('low', sa.Double(), nullable=True),
    sa.Column('high', sa.Double(), nullable=True),
    sa.Column('p', sa.Double(), nullable=True),
    sa.Column('coordination', sa.Double(), nullable=True),
    sa.Column('provisional', sa.Boolean(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('attack', KEY, nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('found_at', sa.DateTime(), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("state IN ('open', 'confirmed', 'dismissed')", name=op.f('ck_finding_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finding')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_finding_origin_until', 'finding', ['origin', 'until'], unique=False)
    op.create_table('audit',
    sa.Column('id', NUMBER, nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('actor', KEY, nullable=False),
    sa.Column('action', KEY, nullable=False),
    sa.Column('subject', KEY, nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit'))
    )
    op.create_index('ix_audit_subject', 'audit', ['subject', 'id'], unique=False)
    op.drop_table('detection')


def downgrade() -> None:
    """Take the store one step back."""
    op.create_table('detection',
    sa.Column('origin', KEY, nullable=False),
    sa.Column('detector', KEY, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('observed', sa.BigInteger(), nullable=False),
    sa.Column('score', sa.Double(), nullable=False),
    sa.Column('found_at', sa.DateTime(), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('origin', 'detector', 'day', name=op.f('pk_detection'))
    )
    op.drop_table('audit')
    op.drop_table('finding')
    op.drop_table('expectation')
