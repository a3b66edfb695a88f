"""Runs of jobs, answers kept ready, and when a detector found what."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")


def upgrade() -> None:
    """Take the store one step forward."""
    op.create_table('job_run',
    sa.Column('job', KEY, nullable=False),
    sa.Column('slot', sa.DateTime(), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('runner', KEY, nullable=False),
    sa.Column('begun_at', sa.DateTime(), nullable=False),
    sa.Column('lease_until', sa.DateTime(), nullable=False),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('seconds', sa.Double(), nullable=True),
    sa.Column('result', sa.Text(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('job', 'slot', name=op.f('pk_job_run'))
    )
    with op.batch_alter_table('job_run', schema=None) as batch_op:
        batch_op.create_index('ix_job_run_begun_at', ['begun_at'], unique=False)

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
    op.create_table('snapshot',
    sa.Column('metric', KEY, nullable=False),
    sa.Column('question', sa.String(length=500), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('computed_at', sa.DateTime(), nullable=False),
    sa.Column('seconds', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('metric', 'question', name=op.f('pk_snapshot'))
    )


def downgrade() -> None:
    """Take the store one step back."""
    op.drop_table('snapshot')
    op.drop_table('detection')
    with op.batch_alter_table('job_run', schema=None) as batch_op:
        batch_op.drop_index('ix_job_run_begun_at')

    op.drop_table('job_run')
