"""Who may come in, and a trail that nobody changes."""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

KEY = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

KEPT = "the trail is only added to"
ON_SQLITE = [
    f"CREATE TRIGGER audit_no_{word.lower()} BEFORE {word} ON audit BEGIN SELECT RAISE(ABORT, '{KEPT}'); END"
    for word in ("UPDATE", "DELETE")
]
ON_POSTGRESQL = [
    f"""CREATE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{KEPT}'; END $$""",
    """CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_kept()""",
    """CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_kept()""",
]


def upgrade() -> None:
    """Take the store one step forward."""
    op.create_table('user_account',
    sa.Column('id', NUMBER, nullable=False),
    sa.Column('name', KEY, nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('password', sa.Text(), nullable=True),
    sa.Column('issuer', sa.Text(), nullable=True),
    sa.Column('subject', sa.Text(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.Column('signed_in_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint('password IS NULL OR issuer IS NULL', name=op.f('ck_user_account_one_way_in')),
    sa.CheckConstraint('(issuer IS NULL) = (subject IS NULL)', name=op.f('ck_user_account_identity')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_account'))
    )
    op.create_index('ux_user_account_name', 'user_account', ['name'], unique=True)
    op.create_index('ux_user_account_identity', 'user_account', ['issuer', 'subject'], unique=True)
    op.create_table('session',
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('user_id', NUMBER, nullable=False),
    sa.Column('begun_at', sa.DateTime(), nullable=False),
    sa.Column('seen_at', sa.DateTime(), nullable=False),
    sa.Column('ends_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name='fk_session_user_id'),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_session'))
    )
    op.create_index('ix_session_user_id', 'session', ['user_id'], unique=False)
    op.create_table('invitation',
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('user_id', NUMBER, nullable=True),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.Column('ends_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name='fk_invitation_user_id'),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_invitation'))
    )
    op.create_table('bucket',
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('tokens', sa.Double(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_bucket'))
    )
    op.add_column('api_token', sa.Column('expires_at', sa.DateTime(), nullable=True))
    op.add_column('api_token', sa.Column('used_at', sa.DateTime(), nullable=True))
    op.add_column('api_token', sa.Column('made_by', KEY, nullable=True))
    op.create_index('ix_audit_at', 'audit', ['at', 'id'], unique=False)
    for statement in ON_SQLITE if op.get_bind().dialect.name == "sqlite" else ON_POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Take the store one step back."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_no_update")
        op.execute("DROP TRIGGER audit_no_delete")
    else:
        op.execute("DROP TRIGGER audit_no_change ON audit")
        op.execute("DROP TRIGGER audit_no_truncate ON audit")
        op.execute("DROP FUNCTION audit_kept()")
    op.drop_index('ix_audit_at', 'audit')
    for name in ('made_by', 'used_at', 'expires_at'):
        op.drop_column('api_token', name)
    for table in ('bucket', 'invitation', 'session', 'user_account'):
        op.drop_table(table)
