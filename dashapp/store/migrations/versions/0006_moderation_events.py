"""Reports, decisions and live counts; days are covered by what an origin delivers, which so far were flags."""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")

ACTIONS = (
    "action IN ('marked_sensitive', 'deindexed_sensitive', 'deindexed_copyright', 'reversed_mark_sensitive', "
    "'reversed_deindex', 'rejected_reports', 'deduplicated_reports')"
)


def upgrade() -> None:
    """Take the store one step forward."""
    op.create_table('api_token',
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('name', KEY, nullable=False),
    sa.Column('scope', sa.String(length=20), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_api_token')),
    )
    op.create_index("ux_api_token_name", "api_token", ["name"], unique=True)
    op.create_table('cube_decision',
    sa.Column('origin', KEY, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('media_type', KEY, nullable=False),
    sa.Column('action', KEY, nullable=False),
    sa.Column('scope', KEY, nullable=False),
    sa.Column('taken', sa.BigInteger(), nullable=False),
    sa.Column('affected', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('origin', 'day', 'media_type', 'action', 'scope', name=op.f('pk_cube_decision')),
    sqlite_with_rowid=False
    )
    op.create_table('cube_report',
    sa.Column('origin', KEY, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('media_type', KEY, nullable=False),
    sa.Column('violation', KEY, nullable=False),
    sa.Column('action', KEY, nullable=False),
    sa.Column('source', KEY, nullable=False),
    sa.Column('provider', KEY, nullable=False),
    sa.Column('received', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('origin', 'day', 'media_type', 'violation', 'action', 'source', 'provider', name=op.f('pk_cube_report')),
    sqlite_with_rowid=False
    )
    op.create_table('decision',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('origin', KEY, nullable=False),
    sa.Column('decision_id', KEY, nullable=False),
    sa.Column('decided_day', sa.Date(), nullable=False),
    sa.Column('decided_at', sa.DateTime(), nullable=False),
    sa.Column('media_type', KEY, nullable=False),
    sa.Column('action', sa.String(length=30), nullable=False),
    sa.Column('affected_records', sa.BigInteger(), nullable=False),
    sa.Column('automated', sa.Boolean(), nullable=True),
    sa.Column('appeal_of', KEY, nullable=True),
    sa.Column('reverses', KEY, nullable=True),
    sa.CheckConstraint(ACTIONS, name=op.f('ck_decision_action')),
    sa.CheckConstraint('affected_records >= 0', name=op.f('ck_decision_affected_records')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decision'))
    )
    op.create_index('ix_decision_origin_decided_day', 'decision', ['origin', 'decided_day'])
    op.create_index('ux_decision_origin_decision_id', 'decision', ['origin', 'decision_id'], unique=True)

    op.create_table('dirty_report_day',
    sa.Column('origin', KEY, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('origin', 'day', name=op.f('pk_dirty_report_day'))
    )
    op.create_table('event_bin',
    sa.Column('origin', KEY, nullable=False),
    sa.Column('bin', sa.DateTime(), nullable=False),
    sa.Column('message_type', KEY, nullable=False),
    sa.Column('media_type', KEY, nullable=False),
    sa.Column('event', KEY, nullable=False),
    sa.Column('violation', KEY, nullable=False),
    sa.Column('action', KEY, nullable=False),
    sa.Column('scope', KEY, nullable=False),
    sa.Column('events', sa.BigInteger(), nullable=False),
    sa.Column('affected', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('origin', 'bin', 'message_type', 'media_type', 'event', 'violation', 'action', 'scope', name=op.f('pk_event_bin')),
    sqlite_with_rowid=False
    )
    op.create_table('event_seen',
    sa.Column('origin', KEY, nullable=False),
    sa.Column('event_id', KEY, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('origin', 'event_id', name=op.f('pk_event_seen')),
    sqlite_with_rowid=False
    )
    op.create_index('ix_event_seen_day', 'event_seen', ['day'])

    op.create_table('ingest_count',
    sa.Column('origin', KEY, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('outcome', sa.String(length=20), nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('origin', 'day', 'outcome', name=op.f('pk_ingest_count'))
    )
    op.create_table('log_offset',
    sa.Column('path', sa.Text(), nullable=False),
    sa.Column('file', sa.String(length=64), nullable=False),
    sa.Column('bytes', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('path', name=op.f('pk_log_offset'))
    )
    op.create_table('report',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('origin', KEY, nullable=False),
    sa.Column('report_id', KEY, nullable=False),
    sa.Column('created_day', sa.Date(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('media_type', KEY, nullable=False),
    sa.Column('violation', sa.String(length=20), nullable=False),
    sa.Column('item_id', KEY, nullable=True),
    sa.Column('creator', KEY, nullable=True),
    sa.Column('source', KEY, nullable=True),
    sa.Column('provider', KEY, nullable=True),
    sa.Column('decision_id', KEY, nullable=True),
    sa.Column('action', sa.String(length=30), nullable=True),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint(ACTIONS, name=op.f('ck_report_action')),
    sa.CheckConstraint("violation IN ('sensitive', 'copyright', 'other')", name=op.f('ck_report_violation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report'))
    )
    op.create_index('ix_report_origin_created_day', 'report', ['origin', 'created_day'])
    op.create_index('ux_report_origin_report_id', 'report', ['origin', 'report_id'], unique=True)

    op.execute("CREATE TABLE old_coverage AS SELECT origin, day FROM coverage")
    op.drop_table("coverage")
    op.create_table(
        "coverage",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("feed", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "feed", "day", name=op.f("pk_coverage")),
    )
    op.execute("INSERT INTO coverage (origin, feed, day) SELECT origin, 'flags', day FROM old_coverage")
    op.drop_table("old_coverage")


def downgrade() -> None:
    """Take the store one step back."""
    op.execute("CREATE TABLE new_coverage AS SELECT origin, day FROM coverage WHERE feed = 'flags'")
    op.drop_table("coverage")
    op.create_table(
        "coverage",
        sa.Column("origin", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "day", name=op.f("pk_coverage")),
    )
    op.execute("INSERT INTO coverage (origin, day) SELECT origin, day FROM new_coverage")
    op.drop_table("new_coverage")

    op.drop_table('report')
    op.drop_table('log_offset')
    op.drop_table('ingest_count')
    op.drop_table('event_seen')
    op.drop_table('event_bin')
    op.drop_table('dirty_report_day')
    op.drop_table('decision')
    op.drop_table('cube_report')
    op.drop_table('cube_decision')
    op.drop_table('api_token')
