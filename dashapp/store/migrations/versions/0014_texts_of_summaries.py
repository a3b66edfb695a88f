"""Summaries keep their text with placeholders, what it took to write it and what was made of it; orders, deliveries."""

import json

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BY_JOB = sa.text("made_by = 'job'")
UNAPPROVED = sa.text("approved_at IS NULL")
OLD = sa.table('summary', *map(sa.column, ('week', 'version', 'complete', 'facts', 'markdown', 'author', 'reason')),
               sa.column('made_at', sa.DateTime()), sa.column('as_of', sa.Date()))


def upgrade() -> None:
    """Take the store one step forward. There is one summary a week: they are read, and written anew."""
    kept = [dict(row._mapping) for row in op.get_bind().execute(sa.select(OLD))]
    op.drop_table('summary')
    made = op.create_table('summary',
    sa.Column('week', sa.String(length=8), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('filters', sa.String(length=2000), nullable=False),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.Column('made_by', KEY, nullable=False),
    sa.Column('as_of', sa.Date(), nullable=True),
    sa.Column('complete', sa.Integer(), nullable=False),
    sa.Column('facts', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('author', KEY, nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('usage', sa.Text(), nullable=True),
    sa.Column('comment', sa.Text(), nullable=True),
    sa.Column('approved_at', sa.DateTime(), nullable=True),
    sa.Column('approved_by', KEY, nullable=True),
    sa.Column('superseded_at', sa.DateTime(), nullable=True),
    sa.Column('superseded', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('week', 'version', name=op.f('pk_summary')),
    )
    op.create_index('uq_summary_job', 'summary', ['week'], unique=True, sqlite_where=BY_JOB, postgresql_where=BY_JOB)
    op.create_table('summary_order',
    sa.Column('id', NUMBER, nullable=False),
    sa.Column('week', sa.String(length=8), nullable=True),
    sa.Column('filters', sa.String(length=2000), nullable=False),
    sa.Column('asked_at', sa.DateTime(), nullable=False),
    sa.Column('asked_by', KEY, nullable=False),
    sa.Column('step', KEY, nullable=True),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('made', sa.String(length=8), nullable=True),
    sa.Column('version', sa.Integer(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_summary_order')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_summary_order_ended_at', 'summary_order', ['ended_at'], unique=False)
    op.create_table('delivery',
    sa.Column('id', NUMBER, nullable=False),
    sa.Column('week', sa.String(length=8), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('approved_at', sa.DateTime(), nullable=True),
    sa.Column('channel', KEY, nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('recipient', KEY, nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('due_at', sa.DateTime(), nullable=False),
    sa.Column('sent_at', sa.DateTime(), nullable=True),
    sa.Column('given_up', sa.Boolean(), nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery')),
    sa.UniqueConstraint('week', 'version', 'approved_at', 'channel', 'digest', name='uq_delivery'),
    sqlite_autoincrement=True
    )
    op.create_index('uq_delivery_unapproved', 'delivery', ['week', 'version', 'channel', 'digest'], unique=True,
                    sqlite_where=UNAPPROVED, postgresql_where=UNAPPROVED)
    rows = [{**row, 'text': _text(row.pop('markdown')), 'filters': '', 'made_by': 'cli'} for row in kept]
    if rows:
        op.bulk_insert(made, rows)


def downgrade() -> None:
    """Take the store one step back. Summaries are of what the later store knows, and go."""
    op.drop_table('delivery')
    op.drop_table('summary_order')
    op.drop_table('summary')
    op.create_table('summary',
    sa.Column('week', sa.String(length=8), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=True),
    sa.Column('complete', sa.Integer(), nullable=False),
    sa.Column('facts', sa.Text(), nullable=False),
    sa.Column('markdown', sa.Text(), nullable=False),
    sa.Column('author', KEY, nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('week', 'version', name=op.f('pk_summary')),
    )


def _text(markdown: str) -> str:
    """A text that was written in Markdown, by its headings; its figures stay words."""
    sections: list[dict[str, object]] = []
    lines: list[dict[str, object]] = []
    for part in filter(None, markdown.splitlines()):
        if part.startswith('#'):
            lines = []
            sections.append({"heading": part.lstrip('# '), "lines": lines})
        else:
            lines.append({"words": part.removeprefix('- '), "item": part.startswith('- ')})
    return json.dumps(sections, ensure_ascii=False)
